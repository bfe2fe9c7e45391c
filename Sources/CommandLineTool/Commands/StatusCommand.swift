import Artifacts
import Storage

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
    let run = try folder.readRun()
    var status = RunStatus(profile: run.profile, plan: run.plan, journal: run.journal)
    status.worker = FolderLock.holder(of: folder.path)?.description
    try context.present(json: status, text: status.text(folder: folder.path))
  }
}
