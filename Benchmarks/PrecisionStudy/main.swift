import Artifacts
import Datasets
import EmbeddedModel
import Foundation
import Metering
import Pruning
import Storage
import Training
import Transformers

// precision-study RESULT.json
// Does bf16 training end where f32 training ends? The embedded model is pruned to one shape and distilled
// in each precision, three seeds each, with nothing else changed; accuracies are compared entry by
// entry. A processor without bf16 products computes the same roundings, slower.

struct PrecisionStudy: Codable {
  struct Run: Codable {
    var precision: String
    var seed: UInt64
    /// Mean loss per answer token of the last epoch.
    var loss: Double
    var validation: AccuracyRecord
    var test: AccuracyRecord
  }

  /// bf16 minus f32 over the entries of both splits.
  struct Difference: Codable {
    var seed: UInt64
    var entries: Int
    var difference: Double
  }

  var command = "make precision-study"
  var machine: MachineReference
  var shape: UniformShape
  var steps: Int
  var batchCreatives: Int
  var runs: [Run] = []
  var differences: [Difference] = []
  var mean: Double?
  /// 95 % interval of the mean, from the spread over creatives and seeds.
  var low: Double?
  var high: Double?
}

guard CommandLine.arguments.count == 2 else {
  print("usage: precision-study RESULT.json")
  exit(64)
}
let path = CommandLine.arguments[1]
let threads = 2
let seeds: [UInt64] = [1, 2, 3]
let loaded = try Checkpoint.load(folder: EmbeddedModel.folder, name: "embedded")
guard let original = loaded.parameters.layout.languageModel.shape.uniform else { exit(1) }
let data = EmbeddedData.dataset()
let tokenizer = try BytePairTokenizer(folder: EmbeddedModel.folder)
let shape = UniformShape(
  blocks: max(1, original.blocks / 4), feedForwardWidth: original.feedForwardWidth * 9 / 16,
  heads: original.heads, headSize: original.headSize * 5 / 8,
  hiddenSize: original.heads * (original.headSize * 5 / 8))
var study = PrecisionStudy(
  machine: .current(), shape: shape, steps: 1_200, batchCreatives: 16)

/// Whether each entry was answered right, validation before test, by creative.
typealias Outcomes = [[Bool]]

@MainActor func run(_ precision: Precision, seed: UInt64) throws -> (PrecisionStudy.Run, Outcomes) {
  let teacher = loaded.parameters.running(in: precision)
  func split(_ name: String, _ creatives: some Collection<Creative>) -> PreparedSplit {
    PreparedSplit(
      name: name, creatives: Array(creatives), tasks: data.tasks,
      processor: InputProcessor(tokenizer),
      model: teacher, threads: threads)
  }
  let train = split("train", data.train)
  let importance = try structureImportance(
    of: teacher, over: split("train", data.train.prefix(320)),
    settings: PruneSettings(criterion: "taylor", miniBatchCreatives: 32, workers: threads),
    generator: SeededGenerator(seed: seed, stream: "importance"))
  let student = removeStructures(
    from: teacher,
    keeping: try importance.selection(from: teacher.layout.languageModel.shape, to: shape))
  let distiller = Distiller(
    loss: DistillationLoss(),
    teacher: TeacherOutputs(teacher: teacher, split: train, threads: threads), split: train,
    batchCreatives: study.batchCreatives, workers: threads, weightDecay: 0.1, queryNoise: 0.3)
  var generator = SeededGenerator(seed: seed, stream: "distillation")
  let losses = distiller.train(
    student, steps: study.steps, learningRate: 1e-3, generator: &generator)
  var outcomes: Outcomes = []
  func record(_ split: PreparedSplit) -> AccuracyRecord {
    let matches = answerOutcomes(InferenceModel(student), on: split, threads: threads)
    outcomes += matches
    return accuracyRecord(of: matches, on: split)
  }
  let validation = record(split("validation", data.validation))
  let test = record(split("test", data.test))
  return (
    PrecisionStudy.Run(
      precision: precision.rawValue, seed: seed, loss: losses.last ?? .nan,
      validation: validation, test: test), outcomes
  )
}

// One difference per creative, averaged over the seeds: seeds share their creatives.
var perCreative: [Double] = []
for seed in seeds {
  var pair: [Outcomes] = []
  for precision in [Precision.f32, .bf16] {
    let (result, outcomes) = try run(precision, seed: seed)
    study.runs.append(result)
    pair.append(outcomes)
    print(
      "seed \(seed), \(precision.rawValue): validation \(result.validation.overall.value), "
        + "test \(result.test.overall.value), loss \(result.loss)")
    fflush(nil)
    try AtomicFile.write(ArtifactCoding.document(study), to: path)
  }
  let differences = zip(pair[1], pair[0]).map { bf16, f32 -> Double in
    let right = Double(bf16.count { $0 }) - Double(f32.count { $0 })
    return right / Double(max(1, f32.count))
  }
  if perCreative.isEmpty { perCreative = differences.map { _ in 0 } }
  for i in differences.indices { perCreative[i] += differences[i] / Double(seeds.count) }
  study.differences.append(
    PrecisionStudy.Difference(
      seed: seed, entries: pair[0].reduce(0) { $0 + $1.count },
      difference: differences.reduce(0, +) / Double(differences.count)))
}
let count = Double(perCreative.count)
let mean = perCreative.reduce(0, +) / count
let variance = perCreative.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, count - 1)
let margin = 1.96 * (variance / count).squareRoot()
study.mean = mean
study.low = mean - margin
study.high = mean + margin
try AtomicFile.write(ArtifactCoding.document(study), to: path)
print("bf16 − f32: \(mean) [\(mean - margin) – \(mean + margin)] over \(seeds.count) seeds")
