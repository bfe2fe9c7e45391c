package import Artifacts

/// A finished run in one value: what was asked, what was reached, what it cost, and where every
/// number comes from. Encoded, it is `report.json`; its views are HTML and Markdown.
package struct Report: Codable, Sendable {
  package static let currentVersion = 2

  package var formatVersion: Int
  package var assumptions: Assumptions
  package var model: ModelReference
  package var workload: Workload
  package var headline: Headline
  package var tasks: [TaskComparison]
  package var stages: StageHistory
  package var plan: PlanSummary
  package var costs: [HardwareCostSummary]
  package var energy: EnergySummary
  package var origin: Origin
}

/// The answer in a few numbers.
package struct Headline: Codable, Sendable {
  package var latencyTarget: TargetOutcome<Seconds>
  package var annualEnergyTarget: TargetOutcome<KilowattHours>?
  package var compressionEnergyTarget: TargetOutcome<KilowattHours>?
  /// Nil where the plan limits no loss of accuracy.
  package var accuracyFloor: FloorOutcome?
  /// Forecast of the final shape on the hardware that the target names.
  package var forecastLatency: Figure<Seconds>
  package var latencyBefore: Figure<Seconds>
  package var latencyAfter: Figure<Seconds>
  package var percentile95Before: Figure<Seconds>
  package var percentile95After: Figure<Seconds>
  package var speedUp: Figure<Ratio>
  /// On the test split.
  package var accuracyBefore: Figure<Accuracy>
  package var accuracyAfter: Figure<Accuracy>
  package var accuracyChange: Figure<AccuracyChange>
  /// Cross-entropy of the right answers on the test split.
  package var lossBefore: Figure<NatsPerToken>
  package var lossAfter: Figure<NatsPerToken>
  /// Share of test entries to which both models answer the same, right or wrong.
  package var agreement: Figure<Accuracy>
  /// What a reader must know of the original; nil where its answers are accepted as they are.
  package var originalNote: String?
  package var energyBefore: Figure<Joules>
  package var energyAfter: Figure<Joules>
}

/// A constraint that the user named, and whether it holds.
package struct TargetOutcome<Q: Quantity>: Codable, Sendable {
  package var name: String
  package var limit: Q
  package var reached: Figure<Q>
  package var verdict: Verdict

  init(name: String, limit: Q, reached: Figure<Q>) {
    self.name = name
    self.limit = limit
    self.reached = reached
    verdict = Verdict(limit: limit, reached: reached)
  }
}

/// The least accuracy that the plan allows, and whether it holds on validation entries.
package struct FloorOutcome: Codable, Sendable {
  package var name: String
  package var floor: Accuracy
  package var reached: Figure<Accuracy>
  package var verdict: Verdict

  init(name: String, floor: Accuracy, reached: Figure<Accuracy>) {
    self.name = name
    self.floor = floor
    self.reached = reached
    verdict = Verdict(floor: floor, reached: reached)
  }
}

package enum Verdict: String, Codable, Sendable {
  /// The whole interval is within the limit.
  case met
  /// The value is within the limit, the upper end of its interval is not.
  case metWithinUncertainty
  /// The value is beyond the limit, the lower end of its interval is not.
  case missedWithinUncertainty
  /// The whole interval is beyond the limit.
  case missed
  /// Nothing was measured or modelled that could be compared.
  case unknown

  init<Q: Quantity>(limit: Q, reached: Figure<Q>) {
    guard let value = reached.value, let low = reached.low, let high = reached.high else {
      self = .unknown
      return
    }
    self =
      if high <= limit {
        .met
      } else if value <= limit {
        .metWithinUncertainty
      } else if low <= limit {
        .missedWithinUncertainty
      } else {
        .missed
      }
  }

  /// Of a limit that is not to be fallen below.
  init<Q: Quantity>(floor: Q, reached: Figure<Q>) {
    guard let value = reached.value, let low = reached.low, let high = reached.high else {
      self = .unknown
      return
    }
    self =
      if low >= floor {
        .met
      } else if value >= floor {
        .metWithinUncertainty
      } else if high >= floor {
        .missedWithinUncertainty
      } else {
        .missed
      }
  }

  /// Whether the value itself is within the limit.
  package var isMet: Bool { self == .met || self == .metWithinUncertainty }
}

/// One task of the data on the test split.
package struct TaskComparison: Codable, Sendable {
  package var name: String
  package var before: Figure<Accuracy>
  package var after: Figure<Accuracy>
  package var change: Figure<AccuracyChange>
}

/// The way from the original to the final shape.
package struct StageHistory: Codable, Sendable {
  /// One attempt in the order of the plan; `stage` is nil for the original.
  package struct Row: Codable, Sendable {
    package var index: Int
    package var stage: PruningStage?
    package var shape: UniformShape
    package var languageModelParameters: Int
    /// On validation entries.
    package var accuracyAfterPruning: Figure<Accuracy>?
    package var accuracy: Figure<Accuracy>
    /// Cross-entropy of the right answers on validation entries.
    package var loss: Figure<NatsPerToken>
    /// Share of validation entries with the original's answer; nil for the original.
    package var agreement: Figure<Accuracy>?
    package var latency: Figure<Seconds>
    package var energy: Figure<Joules>
    /// True for steps after a final measurement that missed the target.
    package var isRepair: Bool
  }

  package var rows: [Row]
  package var rolledBack: [RolledBack]

  package struct RolledBack: Codable, Sendable {
    package var step: PlanStep
    package var accuracy: Figure<Accuracy>
    package var reason: String
    package var expense: Expense
  }
}

/// What was planned, against what, and how well the forecasts held.
package struct PlanSummary: Codable, Sendable {
  package var strategy: String
  package var provenOptimal: Bool
  package var candidatesCompared: Int
  /// Original and final first, then the alternatives of the plan.
  package var candidates: [ShapeForecast]
  package var notes: [String]
  /// What the profile learned about each dimension; empty where nothing was probed.
  package var probes: [Probe]
  package var schedule: [PlanStep]
  /// Measurements against the target before it was too late, and what the plan became by them; empty
  /// where there were none.
  package var adjustments: [Adjustment]
  /// True where the plan ends in another shape than it was made for.
  package var isRevised: Bool
  /// The shape that the plan as it stands ends in.
  package var finalShape: UniformShape
  package var latency: Comparison<Seconds>
  /// Time of the original's request in the final measurement over its time when the forecast was made,
  /// in the profile or in the measurement that corrected it: how much slower the machine itself had
  /// become, as shared machines do.
  package var machinePace: Figure<Ratio>
  /// The forecast times the pace, beside the measurement: what is left is the planner's own error.
  package var latencyAtPace: Comparison<Seconds>
  package var energy: Comparison<Joules>
  package var accuracy: Comparison<Accuracy>
  package var compressionTime: Comparison<Seconds>
  package var compressionEnergy: Comparison<Joules>

  /// One of the journal's measurements against the target.
  package struct Adjustment: Codable, Sendable {
    package struct Trial: Codable, Sendable {
      package var shape: UniformShape
      package var latency: Comparison<Seconds>
      package var limit: Seconds
      package var speedUp: Figure<Ratio>
    }

    package var title: String
    package var trials: [Trial]
    package var conclusion: String
  }

  /// The original with one change, distilled briefly.
  package struct Probe: Codable, Sendable {
    package var shape: UniformShape
    package var optimiserSteps: Int
    /// On validation entries.
    package var accuracy: Figure<Accuracy>
    /// Against the original on the same entries.
    package var change: Figure<AccuracyChange>
    package var expense: Expense
  }

  /// A forecast beside its measurement.
  package struct Comparison<Q: Quantity>: Codable, Sendable {
    package var forecast: Figure<Q>
    package var measured: Figure<Q>
    package var error: Figure<RelativeError>

    init(forecast: Figure<Q>, measured: Figure<Q>) {
      self.forecast = forecast
      self.measured = measured
      error =
        forecast.value.map { $0.value == 0 } ?? false
        ? .unavailable("the forecast is 0")
        : combine(forecast, measured, source: "(measured − forecast) / forecast") {
          ($1 - $0) / $0
        }
    }
  }
}

/// Where a request's time goes on one hardware, before and after.
package struct HardwareCostSummary: Codable, Sendable {
  package struct Phase: Codable, Sendable {
    package var phase: RequestPhase
    package var original: Expense
    package var final: Expense
  }

  package var name: String
  package var description: String
  package var original: Expense
  package var forecastFinal: Expense?
  package var phases: [Phase]
  /// Samples that differ from the original's block in at most one dimension.
  package var blocks: [BlockCostSample]
  package var blockSampleCount: Int
  package var activePower: Figure<Watts>
  package var idlePower: Figure<Watts>
  package var reservedMemoryPower: Figure<Watts>?
  package var explanation: BlockExplanation?
}

/// Energy of a request, of a year, of the compression.
package struct EnergySummary: Codable, Sendable {
  /// The hardware that the projections are of: the target's.
  package var hardware: String
  /// The power that stays on when a machine serves nothing.
  package var idlePower: Figure<Watts>
  package var scenarios: [EnergyScenario]
  package var compression: CompressionExpense
  /// True where energies come from a power model driven by CPU time: both savings are then one.
  package var savingIsCPUTime: Bool
}

/// What the run was made from.
package struct Origin: Codable, Sendable {
  package var data: DataReference?
  package var profile: ContentReference
  package var plan: ContentReference
  package var compressedModel: ContentReference
  package var profiledOn: MachineReference
  package var executedOn: [MachineReference]
  /// Starts and resumptions of `execute`.
  package var starts: Int
  package var settings: CompressionSettings
  package var learningRates: [Double]
  /// How questions were put, as a template.
  package var prompt: String
  package var warnings: [String]
}
