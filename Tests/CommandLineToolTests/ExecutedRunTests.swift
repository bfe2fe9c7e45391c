import Artifacts
import CommandLineTool
import Foundation
import Storage
import TestSupport
import Testing

/// A run folder holds one run.
@Suite struct ExecutedRunTests {
  private let temporary: TemporaryFolder
  private let folder: RunFolder

  init() throws {
    temporary = try TemporaryFolder()
    folder = RunFolder(path: temporary.path)
    try SampleRun.write(SampleRun.profile(), to: folder)
  }

  private func plan(_ arguments: String...) -> Outcome {
    Outcome(arguments: ["plan", "--run", folder.path] + arguments)
  }

  private func started() throws -> JournalEntry {
    try SampleRun.started(of: try folder.readPlan().record)
  }

  @Test func aPlanThatWasCarriedOutIsNotOverwritten() throws {
    #expect(plan("--target-ms", "650").code == 0)
    try SampleRun.write([try started(), SampleRun.committed], to: folder)
    let before = try Data(contentsOf: URL(filePath: folder.plan))
    let refused = plan("--target-ms", "600")
    #expect(refused.code == 1 && refused.hasOneErrorLine)
    #expect(refused.error.contains("holds an execution of its plan"))
    #expect(try Data(contentsOf: URL(filePath: folder.plan)) == before)
    // The same plan again changes nothing.
    #expect(plan("--target-ms", "650").code == 0)
    #expect(Outcome("profile", "--hardware", "a10", "--run", folder.path).code == 1)
  }

  /// A rehearsal alone is no work that could be lost, and its journal is kept.
  @Test func aJournalOfMeasurementsIsMovedAside() throws {
    #expect(plan("--target-ms", "650").code == 0)
    try SampleRun.write([try started()], to: folder)
    let outcome = plan("--target-ms", "600")
    #expect(outcome.code == 0)
    #expect(outcome.error.contains("journal-1.jsonl"))
    #expect(folder.exists(folder.file("journal-1.jsonl")) && !folder.exists(folder.journal))
  }

  /// A profile that fails leaves the journal where it is.
  @Test func aFailedProfileMovesNothing() throws {
    #expect(plan("--target-ms", "650").code == 0)
    try SampleRun.write([try started()], to: folder)
    #expect(Outcome("profile", "--model", "/nowhere", "--run", folder.path).code == 1)
    #expect(folder.exists(folder.journal) && !folder.exists(folder.file("journal-1.jsonl")))
  }

  /// The compressed model would take the original's place.
  @Test func theModelToCompressIsNotWrittenOver() throws {
    var plan = SampleRun.plan()
    plan.model.content.name = folder.model + "/"
    plan.data = DataReference(
      content: ContentReference(name: "data", sha256: "00"), trainEntries: 1, validationEntries: 1,
      testEntries: 1, tasks: ["logo"])
    try FileManager.default.createDirectory(
      atPath: folder.model, withIntermediateDirectories: true)
    try SampleRun.write(plan, to: folder)
    let outcome = Outcome("execute", "--run", folder.path)
    #expect(outcome.code == 1 && outcome.hasOneErrorLine)
    #expect(outcome.error.contains("is the model to compress"))
  }

  @Test func nobodyPlansWhereSomebodyWorks() throws {
    let lock = try FolderLock(folder: folder.path, purpose: "execute")
    defer { lock.release() }
    let outcome = plan("--target-ms", "650")
    #expect(outcome.code == 1 && outcome.hasOneErrorLine)
    #expect(outcome.error.contains("process \(getpid()) (execute"))
    #expect(!folder.exists(folder.plan))
  }
}
