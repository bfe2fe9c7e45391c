import CommandLineTool
import Foundation
import TestSupport
import Testing

@Suite struct RunFolderTests {
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  private func failure(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func paths() {
    #expect(RunFolder(path: "reports/demo").profile == "reports/demo/profile.json")
    #expect(RunFolder(path: "reports/demo/").plan == "reports/demo/plan.json")
  }

  @Test func createsParents() throws {
    let folder = RunFolder(path: temporary.path + "/a/b/c")
    try folder.create()
    try folder.create()
    #expect(folder.exists(folder.path))
  }

  @Test func fileInTheWay() throws {
    let path = temporary.path + "/file"
    try Data().write(to: URL(filePath: path))
    #expect(
      failure { try RunFolder(path: path).create() }
        == "cannot create the run folder \(path): a file of that name exists; "
        + "name another folder with --run")
    let below = path + "/below"
    #expect(
      failure { try RunFolder(path: below).create() }
        == "cannot create the run folder \(below): Not a directory; name another folder with --run")
  }

  @Test func missingArtifactsNameTheStage() {
    let folder = RunFolder(path: temporary.path)
    #expect(
      failure { _ = try folder.readProfile() }
        == "no profile in \(temporary.path): run `planner profile` first")
    #expect(
      failure { _ = try folder.readPlan() }
        == "no plan in \(temporary.path): run `planner plan` first")
  }

  @Test(arguments: [
    ("", "not valid JSON at byte 0: ends where a value or a digit is expected"),
    ("{", "not valid JSON at byte 1: ends where '\"' is expected"),
    (
      #"{"formatVersion": 2, "formatVersion": 2}"#,
      #"not valid JSON at byte 0: an object has the key "formatVersion" twice"#
    ),
    ("[]", "a value of another type is expected"),
    ("{}", "field \"formatVersion\" is missing"),
    ("{\"formatVersion\": 7}", "formatVersion is 7, this planner reads 2"),
    ("{\"formatVersion\": 2}", "field \"model\" is missing"),
    ("{\"formatVersion\": 2, \"model\": 3}", "field model: a value of another type is expected"),
  ])
  func damagedProfile(content: String, reason: String) throws {
    let folder = RunFolder(path: temporary.path)
    try Data(content.utf8).write(to: URL(filePath: folder.profile))
    #expect(
      failure { _ = try folder.readProfile() }
        == "\(folder.profile): \(reason); run `planner profile` again")
  }

  @Test func artifactThatIsAFolder() throws {
    let folder = RunFolder(path: temporary.path)
    try FileManager.default.createDirectory(
      atPath: folder.plan, withIntermediateDirectories: false)
    let message = try #require(failure { _ = try folder.readPlan() })
    #expect(message.hasPrefix("cannot read \(folder.plan): "))
    #expect(!message.contains("\n") && !message.contains("Domain"))
  }

  @Test func journalWithoutItsLastNewlineLosesOnlyThatLine() throws {
    let folder = RunFolder(path: temporary.path)
    #expect(try folder.readJournal().isEmpty)
    try Data("{\"started\":{\"_0\":{".utf8).write(to: URL(filePath: folder.journal))
    #expect(try folder.readJournal().isEmpty)
  }

  @Test func damagedJournalNamesTheLine() throws {
    let folder = RunFolder(path: temporary.path)
    try Data("nonsense\n".utf8).write(to: URL(filePath: folder.journal))
    #expect(
      failure { _ = try folder.readJournal() }
        == "\(folder.journal), line 1: not valid JSON at byte 0: expected 'null'; "
        + "remove the journal and run `planner execute` again")
  }
}
