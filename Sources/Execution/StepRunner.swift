import Artifacts
import Dispatch
import Foundation
import Metering
import Pruning
import Training
import Transformers

/// One step of a plan: prune → distil → evaluate → commit, or roll back and retry smaller.
struct StepRunner {
  let execution: PlanExecution
  let context: PlanExecution.Context
  /// The unpruned model on validation entries; the tolerance counts from here.
  let original: Evaluation
  /// The schedule in force, for the progress bar.
  var schedule: [PlanStep]
  private let start = DispatchTime.now().uptimeNanoseconds

  init(
    execution: PlanExecution, context: PlanExecution.Context, original: Evaluation,
    schedule: [PlanStep]
  ) {
    self.execution = execution
    self.context = context
    self.original = original
    self.schedule = schedule
  }

  /// Work of a step in arbitrary units: epochs times the size of the student's blocks.
  static func weight(_ step: PlanStep) -> Double {
    Double(step.epochs) * (2e5 + Double(step.to.blocks * step.to.parametersPerBlock))
  }

  private enum Outcome {
    case committed(Parameters)
    case rolledBack(AccuracyRecord, isDivergence: Bool)
  }

  /// Runs the step from `model`; a step that breaks the tolerance is tried again in two halves. A half
  /// that an interruption left over is not of the schedule and is not halved again.
  func run(_ step: PlanStep, from model: Parameters, journal: inout ExecutionJournal) throws
    -> Parameters
  {
    switch try attempt(step, from: model, journal: &journal) {
    case .committed(let result): return result
    case .rolledBack(let accuracy, let isDivergence):
      guard schedule.contains(step) else { throw failure(step, accuracy, isDivergence) }
      var first = step
      var second = step
      first.to = StepRunner.middle(
        step.from, step.to,
        headMultiple: model.layout.languageModel.shape.blocks.first?.attention.queryHeadMultiple
          ?? 1)
      second.from = first.to
      guard first.to != step.from, first.to != step.to else {
        throw failure(step, accuracy, isDivergence)
      }
      var current = model
      for half in [first, second] {
        switch try attempt(half, from: current, journal: &journal) {
        case .committed(let result): current = result
        case .rolledBack(let accuracy, let isDivergence):
          throw failure(half, accuracy, isDivergence)
        }
      }
      return current
    }
  }

  private func failure(
    _ step: PlanStep, _ accuracy: AccuracyRecord, _ isDivergence: Bool
  ) -> ExecutionError {
    isDivergence ? .diverged(step: step) : exceeded(step, accuracy)
  }

  private func exceeded(_ step: PlanStep, _ accuracy: AccuracyRecord) -> ExecutionError {
    .toleranceExceeded(
      step: step, accuracy: accuracy.overall, original: original.record.overall,
      tolerance: execution.plan.settings.tolerance)
  }

  /// The shape half-way between two, with hidden = heads · head size where both ends have it.
  /// Heads go in multiples of `headMultiple`.
  static func middle(_ from: UniformShape, _ to: UniformShape, headMultiple: Int) -> UniformShape {
    func half(_ a: Int, _ b: Int, multiple: Int = 1) -> Int {
      max(min(a, b), (a + b) / 2 / multiple * multiple)
    }
    return UniformShape(
      blocks: half(from.blocks, to.blocks),
      feedForwardWidth: half(from.feedForwardWidth, to.feedForwardWidth, multiple: 16),
      heads: half(from.heads, to.heads, multiple: headMultiple),
      headSize: half(from.headSize, to.headSize, multiple: 2),
      hiddenSize: half(from.hiddenSize, to.hiddenSize, multiple: 8))
  }

  private func attempt(_ step: PlanStep, from model: Parameters, journal: inout ExecutionJournal)
    throws -> Outcome
  {
    let settings = execution.plan.settings
    let newTokens = execution.plan.workload.newTokens
    let window = execution.monitor.begin()
    let name = "\(step.stage.rawValue) step \(step.index) to \(step.to)"
    report(step, "importance", done: 0)
    let student = try prune(
      model, to: step.to, over: context.train,
      settings: PruneSettings(
        criterion: settings.criterion, miniBatchCreatives: settings.importanceMiniBatchCreatives,
        workers: context.threads),
      generator: SeededGenerator(seed: settings.seed, stream: "importance, \(name)"))
    let afterPruning = judge(student)
    let distiller = Distiller(
      loss: DistillationLoss(
        pairwiseWeight: Float(settings.pairwiseWeight), reading: context.reading),
      teacher: context.teacher.outputs, split: context.teacher.split,
      batchCreatives: settings.batchCreatives,
      workers: context.threads, weightDecay: Float(settings.weightDecay),
      queryNoise: Float(settings.queryNoise))
    var generator = SeededGenerator(seed: settings.seed, stream: "distillation, \(name)")
    let losses = distiller.train(
      student, steps: step.epochs * distiller.stepsPerEpoch, learningRate: step.learningRate,
      generator: &generator
    ) { done, steps, loss in
      report(step, "distil", done: Double(done) / Double(steps), loss: loss)
    }
    let accuracy = judge(student)
    if let reason = reasonToRollBack(accuracy, losses) {
      try journal.append(
        .stepRolledBack(
          JournalEntry.StepRolledBack(
            step: step, accuracy: accuracy, reason: reason,
            expense: execution.monitor.end(window))))
      execution.report(
        "rolled back", fraction: 0, step: step.index, steps: schedule.count,
        message: "rolled back: \(name)")
      return .rolledBack(accuracy, isDivergence: losses.contains { !$0.isFinite })
    }
    let file = "step-\(step.index)-\(journal.entries.count).safetensors"
    let checkpoint = try StepCheckpoint.save(
      student, to: (execution.checkpointFolder as NSString).appendingPathComponent(file))
    let request = measureRequest(
      RequestServer(model: InferenceModel(student), threads: context.threads),
      request: context.request, newTokens: newTokens, repetitions: 5, monitor: execution.monitor)
    try journal.append(
      .stepCommitted(
        JournalEntry.StepCommitted(
          step: step, checkpoint: checkpoint,
          languageModelParameters: student.layout.languageModelParameters,
          accuracyAfterPruning: afterPruning, accuracy: accuracy, losses: losses, request: request,
          expense: execution.monitor.end(window))))
    report(
      step, "distil", done: 1, accuracy: accuracy.overall.value,
      message:
        "\(name): accuracy \(percent(afterPruning)) after pruning, \(percent(accuracy)) after distillation"
    )
    return .committed(student)
  }

  /// Nil where the step is to be committed.
  private func reasonToRollBack(_ accuracy: AccuracyRecord, _ losses: [Double]) -> String? {
    if losses.contains(where: { !$0.isFinite }) {
      return "the distillation diverged: its loss is not a finite number"
    }
    let tolerance = execution.plan.settings.tolerance
    // A fall of just the tolerance is within it, however the difference is rounded.
    return accuracy.overall.value < original.record.overall.value - tolerance - Accuracy.slack
      ? "accuracy fell by more than the tolerance of \(tolerance) after distillation" : nil
  }

  private func judge(_ model: Parameters) -> AccuracyRecord {
    Training.judge(
      InferenceModel(model), on: context.validation, threads: context.threads, original: original
    ).record
  }

  private func percent(_ record: AccuracyRecord) -> String {
    "\((record.overall.value * 1000).rounded() / 10) %"
  }

  private func report(
    _ step: PlanStep, _ what: String, done: Double, loss: Double? = nil, accuracy: Double? = nil,
    message: String? = nil
  ) {
    func weight(_ steps: some Sequence<PlanStep>) -> Double {
      steps.reduce(0) { $0 + StepRunner.weight($1) }
    }
    let before = weight(schedule.lazy.filter { $0.index < step.index })
    let total = weight(schedule)
    let fraction = (before + done * StepRunner.weight(step)) / max(1, total)
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    execution.report(
      "\(step.stage.rawValue): \(what)", fraction: 0.03 + 0.94 * fraction, step: step.index,
      steps: schedule.count, loss: loss, accuracy: accuracy, message: message,
      remaining: fraction > 0.02 ? Seconds(elapsed * (1 - fraction) / fraction) : nil)
  }
}
