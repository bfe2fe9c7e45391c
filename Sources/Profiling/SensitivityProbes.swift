import Artifacts
import Dispatch
import Metering
import Pruning
import Training
import Transformers

/// Measures what shapes are worth: prune the original, distil for a few steps, evaluate on validation
/// entries.
struct SensitivityProber {
  let teacher: Parameters
  /// Entries to distil on: the head of the training split.
  let train: PreparedSplit
  /// Entries to measure importance on.
  let importanceSplit: PreparedSplit
  let validation: PreparedSplit
  /// The teacher on `validation`.
  let original: Evaluation
  /// Memory for the teacher's logits on `train`; beyond it the teacher runs in every update.
  let teacherCacheBytes: Double
  let threads: Int
  let steps: Int
  let seed: UInt64
  let monitor: EnergyMonitor
  let power: Figure<Watts>
  let request: [ServingItem]
  let newTokens: Int
  /// Wall seconds after which no further probe starts, once `leastProbes` are done.
  let secondsLimit: Double
  /// So many carry the fit: the shallow depths, the whole depth, and one of twice the size.
  static let leastProbes = 6

  func run(progress: (Int, Int, Accuracy?) throws -> Void) throws -> SensitivityRecord {
    guard let originalShape = teacher.layout.languageModel.shape.uniform else {
      throw ProfilingError.notUniform
    }
    let clock = { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
    let start = clock()
    let evaluationTime = original.answerTime.value / Double(max(1, validation.entryCount))
    let teacherStart = clock()
    let outputs = TeacherOutputs(
      teacher: teacher, split: train, memoryLimit: teacherCacheBytes, threads: threads)
    let teacherTime = (clock() - teacherStart) / Double(max(1, train.entryCount))

    let shapes = probeShapes(of: teacher.layout.languageModel.shape)
    // One importance pass over the original serves all probes.
    let importance = try structureImportance(
      of: teacher, over: importanceSplit,
      settings: PruneSettings(criterion: "taylor", miniBatchCreatives: 32, workers: threads),
      generator: SeededGenerator(seed: seed, stream: "probe importance"))
    let distiller = Distiller(
      loss: DistillationLoss(), teacher: outputs, split: train, batchCreatives: 16,
      workers: threads, weightDecay: 0.01)
    let entriesPerStep = 16 * Double(train.entryCount) / Double(max(1, train.creativeCount))
    var timings: [(megaparameters: Double, seconds: Double)] = []
    func distil(_ student: Parameters, _ shape: UniformShape, steps: Int, stream: String) {
      var generator = SeededGenerator(seed: seed, stream: stream)
      let start = clock()
      _ = distiller.train(
        student, steps: steps, learningRate: 1e-3, warmup: steps / 10, generator: &generator)
      timings.append(
        (
          Double(shape.blocks * shape.parametersPerBlock) / 1e6,
          (clock() - start) / (Double(steps) * entriesPerStep)
        ))
    }
    let originalServer = RequestServer(model: InferenceModel(teacher), threads: threads)
    // The full size, for the cost of distillation alone.
    distil(teacher.copy(), originalShape, steps: 4, stream: "timing")
    var probes: [SensitivityRecord.Probe] = []
    let firstProbe = clock()
    for (index, shape) in shapes.enumerated() {
      if index >= SensitivityProber.leastProbes {
        let average = (clock() - firstProbe) / Double(index)
        if clock() - start + average > secondsLimit { break }
      }
      try progress(index, shapes.count, probes.last?.accuracy.overall)
      let selection = try importance.selection(
        from: teacher.layout.languageModel.shape, to: shape)
      let student = removeStructures(from: teacher, keeping: selection)
      let (accuracy, expense) = monitor.measure { () -> AccuracyRecord in
        distil(student, shape, steps: steps, stream: "probe \(index)")
        return evaluate(
          InferenceModel(student), on: validation, threads: threads)
      }
      let check = check(
        RequestServer(model: InferenceModel(student), threads: threads), against: originalServer)
      probes.append(
        SensitivityRecord.Probe(
          shape: shape, accuracy: accuracy, steps: steps, expense: expense, request: check))
    }
    try progress(shapes.count, shapes.count, probes.last?.accuracy.overall)
    let (fixed, slope) = SensitivityProber.line(timings)
    let source = "wall clock of the probes' distillation, least squares"
    return SensitivityRecord(
      original: original.record, probes: probes,
      distillation: DistillationCost(
        fixed: .measured(Seconds(fixed), source: source),
        perMegaparameter: .measured(Seconds(slope), source: source),
        teacher: .measured(Seconds(teacherTime), source: "wall clock"),
        evaluation: .measured(Seconds(evaluationTime), source: "wall clock"), power: power))
  }

  /// Requests of a probe before and after one of the original: a linear drift of the machine cancels.
  private func check(_ server: RequestServer, against original: RequestServer)
    -> SensitivityRecord.RequestCheck
  {
    func warm() -> [Double] {
      _ = server.serve(request, newTokens: newTokens)
      return (0..<3).map { _ in server.serve(request, newTokens: newTokens).1.total.value }
    }
    let before = warm()
    let reference = original.serve(request, newTokens: newTokens).1.total.value
    let times = before + warm()
    return SensitivityRecord.RequestCheck(
      time: SampleSummary(times).measured(source: "wall clock, \(times.count) warm requests"),
      original: .measured(Seconds(reference), source: "wall clock, 1 request between them"))
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
