import Artifacts
import Execution
import Metering
import Storage

/// The plan, carried out: prune, distil, evaluate, step by step, and a compressed checkpoint.
struct ExecuteCommand: Command {
  static let resume = Flag(
    "--resume", help: "Go on after the last committed step of an interrupted execution.")

  let name = "execute"
  let summary = "Carry out the plan: prune, distil and judge step by step."
  let discussion = """
    Reads plan.json alone and refuses where model, data or profile are not the ones it was made
    from. Every step is committed to journal.jsonl; the result lies in model/.
    """
  var options: [any ArgumentDeclaration] {
    [
      Self.resume, CommonOptions.model, CommonOptions.data, CommonOptions.run, CommonOptions.json,
    ]
  }

  func run(_ context: CommandContext) throws {
    let folder = context.runFolder
    let (plan, bytes) = try folder.readPlan()
    try folder.create()
    guard let data = plan.data else { throw ExecutionError.noData }
    let inputs = try RunInputs(
      model: context.arguments[CommonOptions.model] ?? plan.model.content.name,
      data: context.arguments[CommonOptions.data] ?? data.content.name, workload: plan.workload)
    let profileHash = folder.exists(folder.profile) ? try sha256(ofFile: folder.profile) : nil
    try verify(plan, model: inputs.model, data: inputs.data, profileHash: profileHash)
    let execution = PlanExecution(
      plan: plan,
      planReference: ContentReference(name: "plan.json", sha256: sha256(of: bytes)),
      model: inputs.model, data: inputs.data, tokenizer: inputs.tokenizer, machine: .current(),
      monitor: .best(), journalPath: folder.journal, checkpointFolder: folder.checkpoints,
      modelFolder: folder.model, progress: context.console.progress)
    let finished = try execution.run(resume: context.arguments[Self.resume])
    context.console.clearBar()
    try context.present(json: finished, text: finished.text + "\n\nmodel: \(folder.model)")
  }
}

extension JournalEntry.Finished {
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
      \(rounded(compressedTest.overall.value))
      """
  }
}
