import Artifacts

/// A run, told from its journal; works while another process executes.
struct StatusCommand: Command {
  let name = "status"
  let summary = "Tell how far a run has come, from its journal."
  let discussion = """
    Reads the run folder only, so it may run beside `planner execute`.
    """
  let options: [any ArgumentDeclaration] = [CommonOptions.run, CommonOptions.json]

  func run(_ context: CommandContext) throws {
    let folder = context.runFolder
    let profile = folder.exists(folder.profile) ? try folder.readProfile().record : nil
    let plan = folder.exists(folder.plan) ? try folder.readPlan().record : nil
    let status = RunStatus(profile: profile, plan: plan, journal: try folder.readJournal())
    try context.present(json: status, text: status.text(folder: folder.path))
  }
}
