package import Artifacts

/// What an execution does where a measurement contradicts its plan.
package enum Adaptation: Sendable {
  /// Nothing: one plan and one seed give one compressed model.
  case asPlanned
  /// What another journal of the same plan says: the same steps, and so the same model.
  case following([JournalEntry], path: String)
  /// Measures against the target, and revises.
  case measuring(PlanReviser)
}

/// The planner, as an execution may ask it, and the planner's margins.
package struct PlanReviser: Sendable {
  /// Shapes are planned below this share of the latency limit.
  package var latencyMargin: Double
  /// A rehearsal below this share of the limit looks for a better shape.
  package var roomShare: Double
  /// Forecast accuracy that such a shape must gain.
  package var worthwhileGain: Double
  /// Shapes that are rehearsed, at most.
  package var mostRehearsals: Int
  /// The plan made again on a basis, from the original or, where a repair is asked for, from the
  /// compressed model. Throws what a reader should know of why there is none.
  package var revise: @Sendable (RevisionBasis, RepairStart?) throws -> PlanRevision

  package init(
    latencyMargin: Double, roomShare: Double, worthwhileGain: Double, mostRehearsals: Int,
    revise: @escaping @Sendable (RevisionBasis, RepairStart?) throws -> PlanRevision
  ) {
    self.latencyMargin = latencyMargin
    self.roomShare = roomShare
    self.worthwhileGain = worthwhileGain
    self.mostRehearsals = mostRehearsals
    self.revise = revise
  }
}

/// Stands between a measurement and its use: gets what is measured and why, and the measurement itself.
/// Tests fix its outcome.
package typealias MeasurementFilter = (
  PlanAdjustment.Cause, UniformShape, () -> RequestComparison
) throws -> RequestComparison

extension PlanExecution {
  /// Asks for a revision of what a trial contradicts; a reason in words where there is none.
  ///
  /// - Parameters:
  ///   - correction: What the trial's forecast was corrected by already.
  ///   - rehearsals: Those that came before.
  func revision(
    by reviser: PlanReviser, after trial: PlanAdjustment.Trial, correction: ForecastCorrection,
    rehearsals: Int = 0, from start: RepairStart? = nil
  ) -> Result<PlanRevision, NoRevision> {
    guard var basis = basis(trial, correction: correction) else {
      return .failure(
        NoRevision(reason: "the plan has no forecast of this machine that could be corrected"))
    }
    basis.rehearsals = rehearsals
    do {
      return .success(try reviser.revise(basis, start))
    } catch {
      return .failure(NoRevision(reason: "\(error)"))
    }
  }

  /// Nil where there is no forecast to correct.
  private func basis(
    _ trial: PlanAdjustment.Trial, correction: ForecastCorrection
  ) -> RevisionBasis? {
    guard
      let forecast = trial.forecast.costs.first(where: { $0.hardware == plan.target.hardware })?
        .request,
      let expected = forecast.time.value, expected.value > 0,
      let measured = trial.comparison.compressed.median.value
    else { return nil }
    let latency = measured / expected
    var energy = latency
    if let expected = forecast.energy.value, expected.value > 0,
      let measured = trial.comparison.compressed.energy.value
    {
      energy = measured / expected
    }
    return RevisionBasis(
      correction: ForecastCorrection(
        latency: correction.latency * latency, energy: correction.energy * energy),
      latencyLimit: trial.latencyLimit, original: trial.comparison.original.median)
  }

  func trial(
    _ forecast: ShapeForecast, _ comparison: RequestComparison, _ cause: PlanAdjustment.Cause
  ) -> PlanAdjustment.Trial {
    let target = plan.target
    var limit = target.latency
    if let speedUp = target.speedUp, let original = comparison.original.median.value {
      limit = original / speedUp
    } else if cause == .rehearsal {
      limit = limit * lastingPace(comparison)
    }
    return PlanAdjustment.Trial(
      forecast: forecast, comparison: comparison, latencyLimit: limit,
      energyLimit: target.annualEnergy.map {
        Joules($0) / (target.requestsPerYear * target.powerUsageEffectiveness)
      })
  }

  /// How much of the machine's change of pace since the profile a limit in milliseconds gives way for: the
  /// root of it.
  ///
  /// Where others share a machine its pace comes and goes. A profile watches minutes of it, a rehearsal
  /// seconds, so that neither tells the pace that will be; half of what they differ by, in logarithms, is
  /// taken to last. What that misses the final measurement sees.
  private func lastingPace(_ comparison: RequestComparison) -> Double {
    guard
      let profiled = plan.original.costs.first(where: { $0.hardware == plan.target.hardware })?
        .request.time.value, profiled.value > 0,
      let measured = comparison.original.median.value, measured.value > 0
    else { return 1 }
    return (measured / profiled).squareRoot()
  }

  /// Targets of hardware that does not execute are judged by its model: nothing can be measured.
  var measuresItsTarget: Bool { plan.target.hardware == buildMachine }
}

/// Why a plan stays as it is.
struct NoRevision: Error {
  var reason: String
}
