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

// cost-study FOLDER [--thorough] SEED...
// For every seed, profiles the embedded model's costs on this machine, predicts 64 shapes that were not
// sampled, writes the predictions, and only then measures the shapes.

func summary(_ outcomes: [HeldOutStudy.Outcome]) -> Study.Summary {
  let errors = SampleSummary(outcomes.map { abs($0.error) })
  return Study.Summary(
    shapes: outcomes.count, medianError: errors.median, percentile95Error: errors.quantile(0.95),
    coverage: Double(outcomes.filter(\.isCovered).count) / Double(outcomes.count),
    bias: SampleSummary(outcomes.map(\.error)).median)
}

/// At once, also into a file.
func say(_ line: String) {
  FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }

func describe(_ name: String, _ part: Study.Summary) {
  say(
    "\(name): \(part.shapes) shapes, median error \(percent(part.medianError)), 95th percentile "
      + "\(percent(part.percentile95Error)), bias \(percent(part.bias)), "
      + "\(percent(part.coverage)) inside the 80 % interval")
}

/// Whole numbers are seeds.
func seeds(_ arguments: [String]) -> [UInt64]? {
  let seeds = arguments.compactMap(UInt64.init)
  return seeds.isEmpty || seeds.count < arguments.count ? nil : seeds
}

/// Predicts, writes to `path`, measures, and writes again.
func study(seed: UInt64, thorough: Bool, path: String) throws -> Study {
  let model = try Checkpoint.load(folder: EmbeddedModel.folder, name: "embedded")
  let workload = try ArtifactCoding.decode(
    Workload.self,
    from: Data(contentsOf: URL(filePath: EmbeddedModel.folder + "/workload.json")))
  var session = ProfileSession(
    model: model, data: EmbeddedData.dataset(),
    processor: InputProcessor(try BytePairTokenizer(folder: EmbeddedModel.folder)),
    workload: workload,
    machine: .current(), monitor: .best(), modelled: [], seed: seed, progress: nil)
  if thorough { session.sampling = .thorough }

  let start = Date()
  let machine = try session.measureCosts()
  let profileSeconds = Date().timeIntervalSince(start)
  guard let original = model.parameters.layout.languageModel.shape.uniform else {
    throw ProfilingError.notUniform
  }
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
  say("seed \(seed): profiled in \(Int(profileSeconds)) s, predictions written; measuring")

  var outcomes = try harness.measure(predictions, steady: 3, mostRounds: 8) { _, _ in }
  study.original = outcomes.removeLast()
  study.outcomes = outcomes
  let (all, uniform, perBlock) = (
    summary(outcomes), summary(outcomes.filter(\.shape.isUniform)),
    summary(outcomes.filter { !$0.shape.isUniform })
  )
  study.all = all
  study.uniform = uniform
  study.perBlock = perBlock
  try AtomicFile.write(ArtifactCoding.document(study), to: path)
  say("whole model from its parts: original \(percent(study.original.error)) off")
  say("whole request by the wall clock: \(percent(study.wholeRequestError)) off")
  describe("all", all)
  describe("uniform", uniform)
  describe("per block", perBlock)
  return study
}

var arguments = Array(CommandLine.arguments.dropFirst())
let thorough = arguments.contains("--thorough")
arguments.removeAll { $0 == "--thorough" }
guard let folder = arguments.first, let seeds = seeds(Array(arguments.dropFirst())) else {
  print("usage: cost-study FOLDER [--thorough] SEED...")
  exit(64)
}
do {
  let studies = try seeds.map {
    try study(seed: $0, thorough: thorough, path: "\(folder)/cost-study-\($0).json")
  }
  let outcomes = studies.flatMap(\.outcomes)
  let pooled = PooledStudy(
    seeds: seeds, machine: .current(), all: summary(outcomes),
    uniform: summary(outcomes.filter(\.shape.isUniform)),
    perBlock: summary(outcomes.filter { !$0.shape.isUniform }),
    originals: studies.map(\.original.error))
  try AtomicFile.write(ArtifactCoding.document(pooled), to: "\(folder)/cost-study.json")
  say("\(seeds.count) profiles together:")
  describe("all", pooled.all)
  describe("uniform", pooled.uniform)
  describe("per block", pooled.perBlock)
} catch {
  FileHandle.standardError.write(Data("cost-study: \(error)\n".utf8))
  exit(1)
}
