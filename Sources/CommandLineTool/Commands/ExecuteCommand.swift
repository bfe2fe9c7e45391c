import Artifacts
import Execution
import Metering
import Reporting
import Storage
import Training
import Transformers

/// The plan, carried out: prune, distil, evaluate, step by step, and a compressed checkpoint.
struct ExecuteCommand: Command {
  static let resume = Flag(
    "--resume", help: "Go on after the last committed step of an interrupted execution.")

  static let asPlanned = Flag(
    "--as-planned", help: "Measure nothing against the target before the end, revise nothing.")
  static let replay = Option(
    "--replay", .text("JOURNAL", "a journal.jsonl"),
    help: "Follow the revisions of a journal of the same plan instead of measuring.")

  let name = "execute"
  let summary = "Carry out the plan: prune, distil and judge step by step."
  let discussion = """
    Reads plan.json, and profile.json to revise it; refuses where model, data or profile are
    not the ones it was made from, and an original that cannot answer the data. Every step is
    committed to journal.jsonl; the result lies in model/.
    Where the target is for this machine, the planned shape is rehearsed first: a model of
    it serves the request. If it misses the target or leaves room, the plan is revised, and
    a compressed model that misses the target is repaired once; the journal tells both.
    One plan and one seed give one compressed model with --as-planned or --replay.
    Exits with 3 where the compressed model misses a target or loses more accuracy than the
    plan allows, and with 2 where the rehearsal shows that no shape comes near the target.
    """
  var options: [any ArgumentDeclaration] {
    [
      Self.resume, Self.asPlanned, Self.replay, CommonOptions.model, CommonOptions.data,
      CommonOptions.run, CommonOptions.json,
    ]
  }

  func run(_ context: CommandContext) throws {
    if context.arguments[Self.asPlanned] && context.arguments[Self.replay] != nil {
      throw UsageError("--as-planned follows no journal; give it or --replay")
    }
    let folder = context.runFolder
    // A folder without a plan is named as such before anything is written into it.
    _ = try folder.readPlan()
    try folder.create()
    let lock = try FolderLock(folder: folder.path, purpose: name)
    defer { lock.release() }
    let run = try folder.readRun()
    guard let plan = run.plan, let planReference = run.planReference else {
      throw CommandFailure("no plan in \(folder.path): run `planner plan` first")
    }
    let adaptation = try adaptation(to: plan, in: folder, context.arguments)
    guard let data = plan.data else { throw ExecutionError.noData }
    let modelName = context.arguments[CommonOptions.model] ?? plan.model.content.name
    guard !Checkpoint.isSameFolder(RunInputs.folder(of: modelName), folder.model) else {
      throw CommandFailure(
        "\(folder.model) is the model to compress, and the compressed one would take its place: name "
          + "another --run, or move the model")
    }
    let inputs = try RunInputs(
      model: modelName,
      data: context.arguments[CommonOptions.data] ?? data.content.name, workload: plan.workload,
      prompt: plan.prompt ?? .plain, stage: \.execution)
    let profileHash = folder.exists(folder.profile) ? try sha256(ofFile: folder.profile) : nil
    try verify(
      plan, model: inputs.model, companions: inputs.companions, data: inputs.data,
      profileHash: profileHash)
    var execution = PlanExecution(
      plan: plan,
      planReference: planReference,
      model: inputs.model, data: inputs.data, processor: inputs.processor, machine: .current(),
      monitor: .best(), journalPath: folder.journal, checkpointFolder: folder.checkpoints,
      modelFolder: folder.model, progress: context.console.progress)
    execution.adaptation = adaptation
    let finished = try carryOut(execution, resume: context.arguments[Self.resume])
    context.console.clearBar()
    let journal = try folder.readJournal()
    let lines = journal.adjustments.map { "\($0.cause.title): \($0.conclusion)" } + [finished.text]
    try context.present(
      json: finished, text: lines.joined(separator: "\n") + "\n\nmodel: \(folder.model)")
    guard let profile = run.profile else { return }
    try makeReport(profile: profile, plan: plan, journal: journal).headline.requireAllMet()
  }

  /// The outcome, or the error with the exit code that says what kind it is.
  private func carryOut(
    _ execution: PlanExecution, resume: Bool
  ) throws -> JournalEntry.Finished {
    do {
      return try execution.run(resume: resume)
    } catch let error as ExecutionError {
      switch error {
      case .toleranceExceeded: throw CommandFailure(error.description, exitCode: .missed)
      case .targetOutOfReach: throw CommandFailure(error.description, exitCode: .infeasible)
      default: throw error
      }
    }
  }

  private func adaptation(
    to plan: PlanRecord, in folder: RunFolder, _ arguments: ParsedArguments
  ) throws -> Adaptation {
    if arguments[Self.asPlanned] { return .asPlanned }
    if let journal = arguments[Self.replay] {
      guard folder.exists(journal) else {
        throw CommandFailure("--replay \(journal): no such journal")
      }
      return .following(try folder.readJournal(at: journal), path: journal)
    }
    return .measuring(PlanReviser(plan) { try folder.readProfile().record })
  }
}

extension JournalEntry.Finished {
  /// The line that is not there in journals from before losses were measured.
  private var losses: String {
    guard let before = originalTest.answerLoss, let after = compressedTest.answerLoss else {
      return ""
    }
    let agreement = compressedTest.agreement.map {
      "; the same answer as the original to \(fixed($0.value * 100, 1)) %"
    }
    return
      "\nloss of the right answers: \(fixed(before.value, 4)) → \(fixed(after.value, 4)) nats per "
      + "token" + (agreement ?? "")
  }

  /// The outcome in a few lines.
  var text: String {
    func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
    func milliseconds(_ figure: Figure<Seconds>) -> String {
      figure.value.map { "\(($0.milliseconds * 10).rounded() / 10) ms" } ?? "unavailable"
    }
    return """
      one request: \(milliseconds(comparison.original.median)) → \
      \(milliseconds(comparison.compressed.median)) (measured), \
      \((comparison.speedUp * 100).rounded() / 100) times as fast
      accuracy on \(compressedTest.total) test entries: \(rounded(originalTest.overall.value)) → \
      \(rounded(compressedTest.overall.value))\(losses)
      """
  }
}

extension Headline {
  /// Throws, with the exit code of a missed target, what was asked and not shown to hold.
  func requireAllMet() throws(CommandFailure) {
    guard !misses.isEmpty else { return }
    throw CommandFailure("not met: " + misses.joined(separator: "; "), exitCode: .missed)
  }
}
