/// What a measurement says of a forecast: measured over forecast, of one request.
package struct ForecastCorrection: Codable, Hashable, Sendable {
  package var latency: Double
  package var energy: Double

  package static let none = ForecastCorrection(latency: 1, energy: 1)

  package init(latency: Double, energy: Double) {
    self.latency = latency
    self.energy = energy
  }
}

/// What a plan is made anew from: the profile's forecasts, corrected by what was measured.
package struct RevisionBasis: Codable, Hashable, Sendable {
  /// Factors on the profile's forecasts of the target's hardware.
  package var correction: ForecastCorrection
  /// Latency of one request that the target allows at the pace of the measurement: the original's in the
  /// same minutes over the speed-up asked for, or the target's; in a rehearsal the target's times the root
  /// of how much slower the original is than in the profile.
  package var latencyLimit: Seconds
  /// The original's request in the same minutes: forecasts on this basis are at that pace.
  package var original: Figure<Seconds>
  /// Rehearsals besides the one that follows: all are part of the compression.
  package var rehearsals: Int

  package init(
    correction: ForecastCorrection, latencyLimit: Seconds, original: Figure<Seconds>,
    rehearsals: Int = 0
  ) {
    self.correction = correction
    self.latencyLimit = latencyLimit
    self.original = original
    self.rehearsals = rehearsals
  }
}

/// Where a repair starts, and what it may take.
package struct RepairStart: Hashable, Sendable {
  /// Of the compressed model: no dimension grows from here.
  package var shape: UniformShape
  /// Index of the first step.
  package var firstIndex: Int
  /// What the limit on the compression's own electricity leaves; nil where there is none.
  package var energy: Joules?

  package init(shape: UniformShape, firstIndex: Int, energy: Joules?) {
    self.shape = shape
    self.firstIndex = firstIndex
    self.energy = energy
  }
}

/// What takes the place of a plan's final shape, or comes after it.
package struct PlanRevision: Codable, Sendable {
  package var basis: RevisionBasis
  package var final: ShapeForecast
  /// After a rehearsal all steps, after the final measurement those that repair the model.
  package var schedule: [PlanStep]
  /// What the schedule is forecast to take.
  package var compression: Expense

  package init(
    basis: RevisionBasis, final: ShapeForecast, schedule: [PlanStep], compression: Expense
  ) {
    self.basis = basis
    self.final = final
    self.schedule = schedule
    self.compression = compression
  }
}

/// A measurement against the target before it is too late, and what it made of the plan.
package struct PlanAdjustment: Codable, Sendable {
  package enum Cause: String, Codable, Sendable {
    /// Models of the planned shapes served requests before the first step.
    case rehearsal
    /// The compressed model served requests before the test split was looked at.
    case finalMeasurement
    /// A step of the repair broke the tolerance: the model before the repair is kept.
    case repairRolledBack
  }

  /// A shape that was served beside the original.
  package struct Trial: Codable, Sendable {
    /// As it stood before the trial.
    package var forecast: ShapeForecast
    package var comparison: RequestComparison
    /// See `RevisionBasis.latencyLimit`.
    package var latencyLimit: Seconds
    /// Of one request; nil where no annual energy was asked for.
    package var energyLimit: Joules?

    package init(
      forecast: ShapeForecast, comparison: RequestComparison, latencyLimit: Seconds,
      energyLimit: Joules?
    ) {
      self.forecast = forecast
      self.comparison = comparison
      self.latencyLimit = latencyLimit
      self.energyLimit = energyLimit
    }
  }

  package var cause: Cause
  /// In the order measured; empty after a repair that was rolled back.
  package var trials: [Trial]
  /// Nil where the plan stays as it is.
  package var revision: PlanRevision?
  /// What was decided, and why, in a sentence for a reader.
  package var conclusion: String
  /// True where another run's journal was followed: the trials are that run's.
  package var isReplayed: Bool?
  /// True where every shape that was rehearsed misses the target by more than its interval: nothing is
  /// distilled for it.
  package var isOutOfReach: Bool?
  /// What measuring took.
  package var expense: Expense

  package init(
    cause: Cause, trials: [Trial], revision: PlanRevision?, conclusion: String,
    isReplayed: Bool? = nil, isOutOfReach: Bool? = nil, expense: Expense
  ) {
    self.cause = cause
    self.trials = trials
    self.revision = revision
    self.conclusion = conclusion
    self.isReplayed = isReplayed
    self.isOutOfReach = isOutOfReach
    self.expense = expense
  }
}
