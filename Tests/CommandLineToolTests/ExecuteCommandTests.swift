import Artifacts
import CommandLineTool
import Foundation
import TestSupport
import Testing

@Suite struct ExecuteCommandTests {
  private let temporary: TemporaryFolder
  private let folder: RunFolder

  init() throws {
    temporary = try TemporaryFolder()
    folder = RunFolder(path: temporary.path)
    try SampleRun.write(SampleRun.profile(), to: folder)
    try SampleRun.write(SampleRun.plan(), to: folder)
  }

  private func execute(_ options: String...) -> Outcome {
    Outcome(arguments: ["execute", "--run", folder.path] + options)
  }

  @Test func helpTellsWhatDecidesTheModel() {
    let help = Outcome("execute", "--help").output
    for text in ["--as-planned", "--replay JOURNAL", "rehearsed first", "repaired once"] {
      #expect(help.contains(text), "\(text)")
    }
    #expect(help.contains("One plan and one seed give one compressed model"))
  }

  @Test func asPlannedFollowsNoJournal() {
    let outcome = execute("--as-planned", "--replay", folder.journal)
    #expect(outcome.code == 64)
    #expect(outcome.error.contains("--as-planned follows no journal"))
  }

  @Test func aJournalToReplayMustBeOne() throws {
    let missing = execute("--replay", folder.path + "/nowhere.jsonl")
    #expect(missing.code == 1 && missing.hasOneErrorLine)
    #expect(missing.error.contains("nowhere.jsonl: no such journal"))
    let damaged = folder.path + "/damaged.jsonl"
    try Data("nonsense\n".utf8).write(to: URL(filePath: damaged))
    let outcome = execute("--replay", damaged)
    #expect(outcome.code == 1 && outcome.hasOneErrorLine)
    #expect(outcome.error.contains("damaged.jsonl, line 1: not valid JSON at byte 0: "))
    #expect(outcome.error.contains("; name another journal"))
  }
}
