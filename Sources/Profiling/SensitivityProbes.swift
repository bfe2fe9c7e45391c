import Artifacts
import Dispatch
import Metering
import Pruning
import Training
import Transformers

/// Measures how much accuracy each dimension carries: prune the original in one dimension, distil
/// for a few steps, evaluate on validation entries.
struct SensitivityProber {
  let teacher: Parameters
  /// Entries to distil on: the head of the training split.
  let train: PreparedSplit
  let validation: PreparedSplit
  let newTokens: Int
  let threads: Int
  let steps: Int
  let seed: UInt64
  let monitor: EnergyMonitor
  let power: Figure<Watts>

  /// One dimension at a time, moderate and strong; blocks most, because depth decides most.
  static func shapes(of original: UniformShape) -> [UniformShape] {
    func changed(_ change: (inout UniformShape) -> Void) -> UniformShape {
      var shape = original
      change(&shape)
      return shape
    }
    let headSize = { (eighths: Int) in max(4, original.headSize * eighths / 8 / 4 * 4) }
    let candidates = [
      changed { $0.blocks = max(1, original.blocks / 2) },
      changed { $0.blocks = max(1, original.blocks / 4) },
      changed { $0.blocks = max(1, original.blocks / 6) },
      changed { $0.feedForwardWidth = max(16, original.feedForwardWidth / 4) },
      changed { $0.headSize = headSize(4) },
      changed { $0.hiddenSize = max(8, original.hiddenSize * 5 / 8 / 4 * 4) },
    ]
    var seen: Set<UniformShape> = [original]
    return candidates.filter { seen.insert($0).inserted }
  }

  func run(progress: (Int, Int, Accuracy?) throws -> Void) throws -> SensitivityRecord {
    guard let originalShape = teacher.layout.languageModel.shape.uniform else {
      throw ProfilingError.notUniform
    }
    let clock = { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
    let evaluationStart = clock()
    let original = evaluate(
      InferenceModel(teacher), on: validation, newTokens: newTokens, threads: threads)
    let evaluationTime = (clock() - evaluationStart) / Double(max(1, validation.entryCount))
    let teacherStart = clock()
    let outputs = TeacherOutputs(teacher: teacher, split: train, threads: threads)
    let teacherTime = (clock() - teacherStart) / Double(max(1, train.entryCount))

    let shapes = SensitivityProber.shapes(of: originalShape)
    var probes: [SensitivityRecord.Probe] = []
    var timings: [(megaparameters: Double, seconds: Double)] = []
    for (index, shape) in shapes.enumerated() {
      try progress(index, shapes.count, probes.last?.accuracy.overall)
      let (probe, expense) = try monitor.measure {
        () -> (accuracy: AccuracyRecord, perEntry: Double) in
        let student = try prune(
          teacher, to: shape, over: train,
          settings: PruneSettings(criterion: "taylor", miniBatchCreatives: 32, workers: threads),
          generator: SeededGenerator(seed: seed, stream: "probe importance"))
        let distiller = Distiller(
          loss: DistillationLoss(), teacher: outputs, split: train, batchCreatives: 16,
          workers: threads, weightDecay: 0.01)
        var generator = SeededGenerator(seed: seed, stream: "probe \(index)")
        let start = clock()
        _ = distiller.train(
          student, steps: steps, learningRate: 8e-4, warmup: 4, generator: &generator)
        let entries = Double(steps * 16 * train.entryCount) / Double(max(1, train.creativeCount))
        let perEntry = (clock() - start) / entries
        let accuracy = evaluate(
          InferenceModel(student), on: validation, newTokens: newTokens, threads: threads)
        return (accuracy, perEntry)
      }
      timings.append((Double(shape.blocks * shape.parametersPerBlock) / 1e6, probe.perEntry))
      probes.append(
        SensitivityRecord.Probe(
          shape: shape, accuracy: probe.accuracy, steps: steps, expense: expense))
    }
    try progress(shapes.count, shapes.count, probes.last?.accuracy.overall)
    let (fixed, slope) = SensitivityProber.line(timings)
    let source = "wall clock of the probes' distillation, least squares"
    return SensitivityRecord(
      original: original, probes: probes,
      distillation: DistillationCost(
        fixed: .measured(Seconds(fixed), source: source),
        perMegaparameter: .measured(Seconds(slope), source: source),
        teacher: .measured(Seconds(teacherTime), source: "wall clock"),
        evaluation: .measured(Seconds(evaluationTime), source: "wall clock"), power: power))
  }

  /// Least squares through (x, y), both coefficients at least 0.
  static func line(_ points: [(megaparameters: Double, seconds: Double)]) -> (Double, Double) {
    let n = Double(max(1, points.count))
    let meanX = points.reduce(0) { $0 + $1.megaparameters } / n
    let meanY = points.reduce(0) { $0 + $1.seconds } / n
    let sxx = points.reduce(0) { $0 + ($1.megaparameters - meanX) * ($1.megaparameters - meanX) }
    let sxy = points.reduce(0) { $0 + ($1.megaparameters - meanX) * ($1.seconds - meanY) }
    let slope = sxx > 0 ? max(0, sxy / sxx) : 0
    return (max(0, meanY - slope * meanX), slope)
  }
}

/// A profile that cannot be made.
package enum ProfilingError: Error, CustomStringConvertible {
  case notUniform
  case promptsTooLong(positions: Int, needed: Int)
  case emptySplit(String)

  package var description: String {
    switch self {
    case .notUniform:
      "the language model's blocks differ in shape: only uniform models can be profiled"
    case .promptsTooLong(let positions, let needed):
      "image, prompt and answer need \(needed) positions but the model has \(positions)"
    case .emptySplit(let name): "the data has no \(name) entries"
    }
  }
}
