import Artifacts
import Datasets
import EmbeddedModel
import Foundation
import Storage
import Training
import Transformers

/// One trained control on the test split, beside the compressed model.
struct ControlResult: Codable {
  var arm: String
  var learningRate: Double
  var epochs: Int
  var validation: AccuracyRecord
  var test: AccuracyRecord
  /// Compressed minus control, paired over test entries, with its 95 % interval.
  var advantage: Double
  var advantageLow: Double
  var advantageHigh: Double
}

struct ControlReport: Codable {
  var command = "make controls"
  var machine: String
  var shape: UniformShape
  var compute: Double
  var teacherTest: AccuracyRecord
  var compressedTest: AccuracyRecord
  var results: [ControlResult] = []
}

/// Runs every arm at every learning rate; results are written as they come, and what is already in
/// the result file is not run again.
struct Controls {
  let folder: String
  let result: String
  private let threads = 2

  func run() throws {
    let plan = try ArtifactCoding.decode(
      PlanRecord.self, from: Data(contentsOf: URL(filePath: folder + "/plan.json")))
    let profile = try ArtifactCoding.decode(
      ProfileRecord.self, from: Data(contentsOf: URL(filePath: folder + "/profile.json")))
    let teacher = try Checkpoint.load(folder: EmbeddedModel.folder)
    let compressed = try Checkpoint.load(folder: folder + "/model")
    let tokenizer = try BytePairTokenizer(folder: EmbeddedModel.folder)
    let data = EmbeddedData.dataset()
    func split(_ name: String, _ creatives: [Creative], _ model: Parameters) -> PreparedSplit {
      PreparedSplit(
        name: name, creatives: creatives, tasks: data.tasks, processor: InputProcessor(tokenizer),
        model: model,
        threads: threads)
    }
    let train = split("train", data.train, teacher.parameters)
    let validation = split("validation", data.validation, teacher.parameters)
    let test = split("test", data.test, teacher.parameters)
    func outcomes(_ model: Parameters, _ split: PreparedSplit) -> [[Bool]] {
      answerOutcomes(InferenceModel(model), on: split, threads: threads)
    }
    let reference = outcomes(compressed.parameters, test)
    let shape = compressed.parameters.layout.shape
    let rows = train.questions.reduce(0) { sum, questions in
      sum + (shape.queryFormer?.queryCount ?? 0)
        + questions.reduce(0) { $0 + $1.prompt.count + $1.answer.count - 1 }
    }
    let outputs = train.questions.reduce(0) { $0 + $1.reduce(0) { $0 + $1.answer.count } }
    let compute = ComputeCount(
      rowsPerCreative: Double(rows) / Double(train.creativeCount),
      outputsPerCreative: Double(outputs) / Double(train.creativeCount),
      creatives: Double(train.creativeCount), shape: shape)
    let budget = compute.compression(plan)
    var report = ControlReport(
      machine: "\(profile.machine.processor), \(profile.machine.logicalCores) logical cores",
      shape: plan.final.shape,
      compute: budget,
      teacherTest: accuracyRecord(of: outcomes(teacher.parameters, test), on: test),
      compressedTest: accuracyRecord(of: reference, on: test))
    if let bytes = FileManager.default.contents(atPath: result),
      let earlier = try? ArtifactCoding.decode(ControlReport.self, from: bytes),
      earlier.compressedTest == report.compressedTest, earlier.compute == report.compute
    {
      report.results = earlier.results
    }
    print(
      "compressed: \(report.compressedTest.overall.value) on test; budget \(budget / 1e12) TFLOP")
    // The same views as in the compression: same seed, same stream.
    var views = SeededGenerator(seed: plan.settings.seed, stream: "views")
    let distillation = TeacherViews(
      of: train, creatives: data.train, count: plan.settings.teacherViews,
      teacher: teacher.parameters, threads: threads, generator: &views)
    for rate in ControlArm.learningRates {
      for arm in ControlArm.allCases
      where !report.results.contains(where: { $0.arm == arm.rawValue && $0.learningRate == rate }) {
        let model = Parameters(layout: compressed.parameters.layout)
        var generator = SeededGenerator(seed: plan.settings.seed, stream: arm.rawValue)
        model.initialize(using: &generator)
        var epochCompute = compute.languageEpoch(plan.final.shape)
        if arm == .scratch { epochCompute += compute.encoderEpoch }
        // The arm that asks the teacher pays for its answers.
        let own = arm == .distilled ? budget - compute.teacher(plan) : budget
        let epochs = max(1, Int((own / epochCompute).rounded()))
        announce("\(arm.rawValue), learning rate \(rate), \(epochs) epochs …")
        var judged = (validation: validation, test: test)
        switch arm {
        case .scratch:
          EndToEndTrainer(
            creatives: data.train, questions: train.questions,
            batch: plan.settings.batchCreatives, workers: threads
          ).train(model, epochs: epochs, learningRate: rate, seed: plan.settings.seed)
          judged = (split("validation", data.validation, model), split("test", data.test, model))
        case .inherited, .distilled:
          model.pointer.update(
            from: teacher.parameters.pointer,
            count: teacher.parameters.layout.languageRange.lowerBound)
          let loss: any TokenLoss =
            arm == .inherited
            ? HardLabelLoss()
            : DistillationLoss(pairwiseWeight: Float(plan.settings.pairwiseWeight))
          let distiller = Distiller(
            loss: loss, teacher: distillation.outputs,
            split: arm == .inherited ? train : distillation.split,
            batchCreatives: plan.settings.batchCreatives, workers: threads,
            weightDecay: Float(plan.settings.weightDecay),
            queryNoise: Float(plan.settings.queryNoise))
          _ = distiller.train(
            model, steps: epochs * distiller.stepsPerEpoch, learningRate: rate,
            generator: &generator)
        }
        let answers = outcomes(model, judged.test)
        let difference = pairedDifference(reference, answers)
        report.results.append(
          ControlResult(
            arm: arm.rawValue, learningRate: rate, epochs: epochs,
            validation: accuracyRecord(
              of: outcomes(model, judged.validation), on: judged.validation),
            test: accuracyRecord(of: answers, on: judged.test), advantage: difference.mean,
            advantageLow: difference.low, advantageHigh: difference.high))
        try AtomicFile.write(try ArtifactCoding.document(report), to: result)
        announce("  \(report.results.last?.test.overall.value ?? 0) on test")
      }
    }
    summarize(report)
  }

  /// A line that is seen at once, also in a file.
  private func announce(_ line: String) {
    print(line)
    fflush(nil)
  }

  /// Mean of the paired differences with a normal 95 % interval; creatives are the sampling unit,
  /// because five entries share an image.
  private func pairedDifference(_ first: [[Bool]], _ second: [[Bool]])
    -> (mean: Double, low: Double, high: Double)
  {
    func share(_ outcomes: [Bool]) -> Double {
      Double(outcomes.count { $0 }) / Double(max(1, outcomes.count))
    }
    let differences: [Double] = zip(first, second).map { share($0) - share($1) }
    let n = Double(max(2, differences.count))
    let mean = differences.reduce(0, +) / n
    let squares: Double = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let half = 1.96 * (squares / (n - 1) / n).squareRoot()
    return (mean, mean - half, mean + half)
  }

  /// The best learning rate of every arm, chosen on validation entries.
  private func summarize(_ report: ControlReport) {
    print(
      "teacher \(report.teacherTest.overall.value), compressed \(report.compressedTest.overall.value)"
    )
    for arm in ControlArm.allCases {
      let best = report.results.filter { $0.arm == arm.rawValue }
        .max { $0.validation.overall < $1.validation.overall }
      guard let best else { continue }
      print(
        "\(arm.rawValue): \(best.test.overall.value); compressed − control = \(best.advantage) [\(best.advantageLow), \(best.advantageHigh)]"
      )
    }
  }
}
