import Artifacts
import Datasets
import EmbeddedModel
import Foundation
import HardwareModels
import Metering
import Profiling
import Storage
import Training
import Transformers

// cost-study RESULT.json
// Profiles the embedded model's costs on this machine, predicts 64 shapes that were not sampled, writes
// the predictions, and only then measures the shapes.

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

func summary(_ outcomes: [HeldOutStudy.Outcome]) -> Study.Summary {
  let errors = SampleSummary(outcomes.map { abs($0.error) })
  return Study.Summary(
    shapes: outcomes.count, medianError: errors.median, percentile95Error: errors.quantile(0.95),
    coverage: Double(outcomes.filter(\.isCovered).count) / Double(outcomes.count),
    bias: SampleSummary(outcomes.map(\.error)).median)
}

guard CommandLine.arguments.count > 1 else {
  print("usage: cost-study RESULT.json [SEED [--thorough]]")
  exit(64)
}
let path = CommandLine.arguments[1]
let seed = CommandLine.arguments.dropFirst(2).first.flatMap { UInt64($0) } ?? 1
let model = try Checkpoint.load(folder: EmbeddedModel.folder, name: "embedded")
let workload = try ArtifactCoding.decode(
  Workload.self,
  from: Data(contentsOf: URL(filePath: EmbeddedModel.folder + "/workload.json")))
var session = ProfileSession(
  model: model, data: EmbeddedData.dataset(),
  tokenizer: try BytePairTokenizer(folder: EmbeddedModel.folder), workload: workload,
  machine: .current(), monitor: .best(), modelled: [], seed: seed, progress: nil)
if CommandLine.arguments.contains("--thorough") { session.sampling = .thorough }

let start = Date()
let machine = try session.measureCosts()
let profileSeconds = Date().timeIntervalSince(start)
guard let original = model.parameters.layout.languageModel.shape.uniform else { exit(1) }
let harness = HeldOutStudy(session: session, machine: machine)
let predictions = try harness.predictions(
  HeldOutStudy.shapes(of: original, count: 64, seed: seed) + [HeldOutStudy.shape(original)])
var study = Study(
  machine: .current(), workload: workload, profileSeconds: profileSeconds,
  samples: machine.costs.blocks.map(Study.Sample.init), load: machine.load,
  warnings: machine.warnings, original: predictions[64],
  wholeRequestError: 1
    / (try MeasuredCostTable(costs: machine.costs, original: original).timeCalibration) - 1,
  all: nil, uniform: nil, perBlock: nil, outcomes: Array(predictions.dropLast()))
try AtomicFile.write(ArtifactCoding.document(study), to: path)

print("profiled in \(Int(profileSeconds)) s, predictions written; measuring")

var outcomes = try harness.measure(predictions, steady: 3, mostRounds: 8) { _, _ in }
study.original = outcomes.removeLast()
study.outcomes = outcomes
study.all = summary(outcomes)
study.uniform = summary(outcomes.filter(\.shape.isUniform))
study.perBlock = summary(outcomes.filter { !$0.shape.isUniform })
try AtomicFile.write(ArtifactCoding.document(study), to: path)
func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
print("whole model from its parts: original \(percent(study.original.error)) off")
print("whole request by the wall clock: \(percent(study.wholeRequestError)) off")
for (name, part) in [("all", study.all), ("uniform", study.uniform), ("per block", study.perBlock)]
{
  guard let part else { continue }
  print(
    "\(name): \(part.shapes) shapes, median error \(percent(part.medianError)), 95th percentile "
      + "\(percent(part.percentile95Error)), bias \(percent(part.bias)), "
      + "\(percent(part.coverage)) inside the 80 % interval")
}
