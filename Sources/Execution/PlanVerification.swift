package import Artifacts
package import Datasets
package import Transformers

/// A run that cannot go on.
package enum ExecutionError: Error, CustomStringConvertible {
  /// What differs from the plan, one sentence each.
  case changed([String])
  case toleranceExceeded(step: PlanStep, accuracy: Accuracy, original: Accuracy, tolerance: Double)
  case alreadyFinished(journal: String)
  case unfinishedRun(journal: String)
  case unknownReading(String, known: [String])
  case unknownPrecision(String)
  case notLoadable(UniformShape)
  /// A journal to follow that tells of another plan.
  case otherPlan(journal: String)
  /// A journal to follow in which no execution started.
  case noRun(journal: String)
  /// A journal to follow that went another way than the execution to go on with.
  case otherHistory(journal: String)
  /// An execution that followed another journal, resumed without one.
  case followedAnother(journal: String)
  /// An execution that revised its plan, resumed as planned.
  case revised(journal: String)
  /// Prompt and new tokens of a request beyond the model's positions.
  case requestTooLong(prompt: Int, newTokens: Int, positions: Int)
  case noData
  /// The original's answers show nothing that a compression could lose.
  case originalCannotAnswer(String)
  /// What the rehearsal found, and what would fit.
  case targetOutOfReach(String)
  /// A distillation whose loss is no number, also in smaller steps.
  case diverged(step: PlanStep)

  package var description: String {
    switch self {
    case .changed(let differences):
      "the plan was made for other inputs: " + differences.joined(separator: "; ")
        + "; run `planner profile` and `planner plan` again"
    case .toleranceExceeded(let step, let accuracy, let original, let tolerance):
      """
      step \(step.index) to \(step.to) left an accuracy of \(rounded(accuracy.value)) on validation \
      entries, more than the tolerance of \(tolerance) below the original's \
      \(rounded(original.value)), also in smaller steps; the last committed step is kept
      """
    case .alreadyFinished(let journal):
      "\(journal): this plan has been executed; remove the journal to execute it again"
    case .unfinishedRun(let journal):
      "\(journal): an execution was interrupted; go on with --resume, or remove the journal"
    case .unknownReading(let name, let known):
      "plan.json: settings.pairwiseReading: unknown reading \"\(name)\" (known: \(known.joined(separator: ", ")))"
    case .unknownPrecision(let name):
      "plan.json: settings.precision: unknown precision \"\(name)\" (known: \(Precision.names.joined(separator: ", ")))"
    case .notLoadable(let shape):
      "\(shape): the stock class of this family cannot load it (hidden size ≠ heads × head size)"
    case .otherPlan(let journal):
      "\(journal): this journal is of another plan; --replay follows a journal of the same plan.json"
    case .noRun(let journal):
      "\(journal): no execution has started in this journal, so that --replay has nothing to follow"
    case .otherHistory(let journal):
      """
      \(journal): the execution to go on with has decided otherwise than this journal; --replay \
      follows only a journal that agrees with it so far
      """
    case .followedAnother(let journal):
      """
      \(journal): this execution follows another journal; go on with --resume and --replay, naming \
      the same one
      """
    case .revised(let journal):
      "\(journal): this execution has revised its plan; go on with --resume, without --as-planned"
    case .requestTooLong(let prompt, let newTokens, let positions):
      "plan.json: workload.newTokens: a prompt of \(prompt) tokens and \(newTokens) new ones need more "
        + "than the model's \(positions) positions"
    case .originalCannotAnswer(let reason):
      "the original cannot answer this data: \(reason); look at the prompt, the data and the tokenizer, "
        + "then profile and plan again, or accept it with `planner plan --allow-failing-original`"
    case .targetOutOfReach(let conclusion):
      "\(conclusion) Nothing was distilled: plan again, or distil all the same with --resume --as-planned"
    case .diverged(let step):
      "step \(step.index) to \(step.to) diverged: its loss is not a finite number, also in smaller steps; the "
        + "last committed step is kept"
    case .noData: "plan.json: data: this plan was made without data and cannot be executed"
    }
  }

  private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}

/// Compares everything that a plan was made from with what is there now.
///
/// - Parameters:
///   - companions: SHA-256 of the files beside the weights.
///   - profileHash: SHA-256 of profile.json as it lies in the run folder; nil when missing.
/// - Throws: `ExecutionError.changed` naming every difference.
package func verify(
  _ plan: PlanRecord, model: LoadedModel, companions: String? = nil, data: Dataset,
  profileHash: String?
) throws(ExecutionError) {
  var differences: [String] = []
  func compare(_ what: String, _ planned: String, _ found: String?) {
    guard let found else { return differences.append("\(what) is missing") }
    if planned != found {
      differences.append(
        "\(what) has changed (SHA-256 \(planned.prefix(12))… in the plan, \(found.prefix(12))… now)"
      )
    }
  }
  compare("the model \(plan.model.content.name)", plan.model.content.sha256, model.content.sha256)
  if let planned = plan.companions {
    compare("the tokenizer or preprocessor of \(plan.model.content.name)", planned, companions)
  }
  guard let planned = plan.data else { throw .noData }
  compare("the data \(planned.content.name)", planned.content.sha256, data.reference.content.sha256)
  compare("the profile \(plan.profile.name)", plan.profile.sha256, profileHash)
  if !differences.isEmpty { throw .changed(differences) }
}
