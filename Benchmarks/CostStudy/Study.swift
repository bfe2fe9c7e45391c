import Artifacts
import HardwareModels
import Profiling

/// What one profile predicted, and what was measured then.
struct Study: Codable {
  struct Summary: Codable {
    var shapes: Int
    var medianError: Double
    var percentile95Error: Double
    /// Share of the measurements inside their 80 % intervals.
    var coverage: Double
    /// Median of predicted / measured − 1.
    var bias: Double
  }

  /// Milliseconds at one sampled shape, prefill and decode: of one more block, and of a model of one.
  struct Sample: Codable {
    var hiddenSize: Int
    var heads: Int
    var headSize: Int
    var feedForwardWidth: Int
    var block: [Double]
    var first: [Double]

    init(_ sample: BlockCostSample) {
      hiddenSize = sample.hiddenSize
      heads = sample.heads
      headSize = sample.headSize
      feedForwardWidth = sample.feedForwardWidth
      func milliseconds(_ costs: Expense...) -> [Double] {
        costs.map { $0.time.value?.milliseconds ?? .nan }
      }
      block = milliseconds(sample.prefill, sample.decode)
      first = milliseconds(sample.firstPrefill, sample.firstDecode)
    }
  }

  var machine: MachineReference
  var workload: Workload
  /// Wall seconds of the profile's cost tables.
  var profileSeconds: Double
  var samples: [Sample]
  /// Wall time over computing time of the samples.
  var load: Double
  var warnings: [String]
  /// The original's whole language model, from its parts.
  var original: HeldOutStudy.Outcome
  /// The original's whole request: sum of its phases and blocks over the wall clock's time of a few
  /// requests, less 1.
  var wholeRequestError: Double
  var all: Summary?
  var uniform: Summary?
  var perBlock: Summary?
  var outcomes: [HeldOutStudy.Outcome]
}

/// The shapes of several profiles together. Errors of one profile go together, for they have its
/// noise: what share its intervals contain says less than what share those of several do.
struct PooledStudy: Codable {
  var seeds: [UInt64]
  var machine: MachineReference
  var all: Study.Summary
  var uniform: Study.Summary
  var perBlock: Study.Summary
  /// Predicted over measured time of the original's whole language model less 1, of every profile.
  var originals: [Double]
}
