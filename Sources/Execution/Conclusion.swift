import Artifacts
import Datasets
import Foundation
import Metering
import Storage
import Training
import Transformers

/// The end of an execution: the compressed checkpoint as a user would load it, measured against its
/// target, repaired once where it misses it, and only then judged on the test split.
struct Conclusion {
  let execution: PlanExecution
  let context: PlanExecution.Context
  /// The unpruned model on validation entries.
  let original: Evaluation

  /// Nil where a repair was journalled instead, whose steps come first.
  func run(
    _ student: Parameters, journal: inout ExecutionJournal
  ) throws -> JournalEntry.Finished? {
    let state = PlanInForce(execution.plan, journal: journal.entries)
    var window = execution.monitor.begin()
    execution.report("final evaluation", fraction: 0.97)
    let written = try write(student)
    let teacher = InferenceModel(execution.model.parameters)
    let compressed = InferenceModel(written.parameters)

    var comparison = state.journalledComparison
    if state.finalAdjustment == nil {
      if let (followed, path) = followed {
        guard followed.revision?.schedule.first?.from == student.layout.languageModel.shape.uniform
        else { throw ExecutionError.otherHistory(journal: path) }
        try append(followed, expense: execution.monitor.end(window), to: &journal)
        return nil
      }
      if case .measuring(let reviser) = execution.adaptation, execution.measuresItsTarget,
        !state.schedule.isEmpty
      {
        let measured = try measure(teacher, compressed, shape: state.final.shape)
        comparison = measured
        let trial = execution.trial(state.final, measured, .finalMeasurement)
        if let judgement = TargetJudgement(
          trial, target: execution.plan.target, reviser: reviser),
          judgement.exceedsMargin, !judgement.isWithinLimits
        {
          let adjustment = repair(
            student, trial, judgement, reviser, state: state, spent: journal.entries.map(\.expense),
            expense: execution.monitor.end(window))
          try append(adjustment, to: &journal)
          if adjustment.revision != nil { return nil }
          window = execution.monitor.begin()
        }
      }
    }
    let outcome = try comparison ?? measure(teacher, compressed, shape: state.final.shape)
    let test = PreparedSplit(
      name: "test", creatives: execution.data.test, tasks: execution.data.tasks,
      processor: execution.processor, model: execution.model.parameters, threads: context.threads)
    let validation = judge(
      compressed, on: context.validation, threads: context.threads, original: original)
    let before = judge(teacher, on: test, threads: context.threads)
    let after = judge(compressed, on: test, threads: context.threads, original: before)
    return JournalEntry.Finished(
      model: written.content, shape: written.parameters.layout.shape,
      originalTest: before.record, compressedTest: after.record, comparison: outcome,
      compressedValidation: validation.record, expense: execution.monitor.end(window))
  }

  /// The repair of the journal to follow, where there is one, and that journal's path.
  private var followed: (PlanAdjustment, path: String)? {
    guard case .following(let entries, let path) = execution.adaptation else { return nil }
    return entries.adjustments.first { $0.cause == .finalMeasurement && $0.revision != nil }
      .map { ($0, path) }
  }

  private func append(
    _ adjustment: PlanAdjustment, expense: Expense? = nil, to journal: inout ExecutionJournal
  ) throws {
    var adjustment = adjustment
    if let expense {
      adjustment.expense = expense
      adjustment.isReplayed = true
    }
    try journal.append(.adjusted(adjustment))
    execution.report("final measurement", fraction: 0.97, message: adjustment.conclusion)
  }

  /// The steps to a smaller shape, or why there are none.
  private func repair(
    _ student: Parameters, _ trial: PlanAdjustment.Trial, _ judgement: TargetJudgement,
    _ reviser: PlanReviser, state: PlanInForce, spent: [Expense], expense: Expense
  ) -> PlanAdjustment {
    var adjustment = PlanAdjustment(
      cause: .finalMeasurement, trials: [trial], revision: nil,
      conclusion: "\(judgement.sentence) in the final measurement.", expense: expense)
    func stay(_ reason: String) {
      adjustment.conclusion += " The model stays as it is: \(reason)."
    }
    guard let shape = student.layout.languageModel.shape.uniform else {
      stay("its blocks differ in shape")
      return adjustment
    }
    var start = RepairStart(
      shape: shape, firstIndex: 1 + (state.schedule.map(\.index).max() ?? 0), energy: nil)
    if let limit = execution.plan.target.compressionEnergy {
      var left = Joules(limit)
      for part in spent + [expense] {
        guard let energy = part.energy.value else {
          stay("what the compression has spent of its limit is not known: \(part.energy.source)")
          return adjustment
        }
        left -= energy
      }
      start.energy = left
    }
    switch execution.revision(
      by: reviser, after: trial, correction: state.revision?.basis.correction ?? .none, from: start)
    {
    case .success(let revision):
      adjustment.revision = revision
      adjustment.conclusion += " It is repaired once, to \(revision.final.shape)."
    case .failure(let none): stay(none.reason)
    }
    return adjustment
  }

  private func measure(
    _ original: InferenceModel, _ compressed: InferenceModel, shape: UniformShape
  ) throws -> RequestComparison {
    try execution.measurement(.finalMeasurement, shape) {
      compareRequests(
        original: RequestServer(model: original, threads: context.threads),
        compressed: RequestServer(model: compressed, threads: context.threads),
        request: context.request, workload: execution.plan.workload,
        repetitions: execution.comparisonRepetitions, monitor: execution.monitor
      ) { execution.report("final measurement", fraction: 0.97 + 0.03 * $0) }
    }
  }

  /// Writes the compressed checkpoint and reads it back as a user would.
  private func write(_ student: Parameters) throws -> LoadedModel {
    let folder = execution.modelFolder
    try Checkpoint.save(
      student, to: folder, format: execution.model.format,
      configuration: execution.model.configuration)
    try Checkpoint.copyCompanions(from: execution.model.folder, to: folder)
    return try Checkpoint.load(folder: folder, name: "model").running(
      in: execution.model.parameters.layout.precision)
  }
}

extension PlanInForce {
  /// The final measurement of the model as it is, where the journal has it: no repair came of it, or
  /// one that was rolled back. A followed one was measured in another run.
  fileprivate var journalledComparison: RequestComparison? {
    guard let finalAdjustment, !isRepairing, finalAdjustment.isReplayed != true else { return nil }
    return finalAdjustment.trials.last?.comparison
  }
}
