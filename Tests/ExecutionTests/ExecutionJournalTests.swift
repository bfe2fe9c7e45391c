import Artifacts
import Execution
import Foundation
import Metering
import Storage
import TestSupport
import Testing

@Suite struct ExecutionJournalTests {
  private let folder: TemporaryFolder
  private var path: String { "\(folder.path)/journal.jsonl" }

  init() throws { folder = try TemporaryFolder() }

  /// Any number of starts is a journal.
  private func entry(_ name: String) -> JournalEntry {
    let none = Expense(time: .unavailable("not measured"), energy: .unavailable("not measured"))
    return .started(
      JournalEntry.Started(
        plan: ContentReference(name: name, sha256: "0"), machine: .current(),
        accuracy: AccuracyRecord(split: "validation", tasks: []), expense: none))
  }

  private func journal(_ conclusions: String...) throws -> ExecutionJournal {
    var journal = try ExecutionJournal(path: path)
    for conclusion in conclusions { try journal.append(entry(conclusion)) }
    return journal
  }

  private func bytes() throws -> Data { try RegularFile.contents(of: path) }

  private func write(_ data: Data) throws { try data.write(to: URL(filePath: path)) }

  /// What the three lines are when nobody disturbs them.
  private func undisturbed() throws -> Data {
    let other = try TemporaryFolder()
    var journal = try ExecutionJournal(path: "\(other.path)/journal.jsonl")
    for conclusion in ["one", "two", "three"] { try journal.append(entry(conclusion)) }
    return try RegularFile.contents(of: journal.path)
  }

  @Test func aDeletedJournalIsWrittenWhole() throws {
    var journal = try journal("one", "two")
    try FileManager.default.removeItem(atPath: path)
    try journal.append(entry("three"))
    #expect(try bytes() == undisturbed())
    #expect(journal.entries.count == 3)
  }

  @Test(arguments: [0, 1, 100]) func aCutJournalIsWrittenWhole(_ kept: Int) throws {
    var journal = try journal("one", "two")
    try write(try bytes().prefix(kept))
    try journal.append(entry("three"))
    #expect(try bytes() == undisturbed())
  }

  @Test func aJournalReadFromTheDiskIsGuardedToo() throws {
    _ = try journal("one", "two")
    var again = try ExecutionJournal(path: path)
    try FileManager.default.removeItem(atPath: path)
    try again.append(entry("three"))
    #expect(try bytes() == undisturbed())
  }

  @Test func aCopyInItsPlaceIsTheSameJournal() throws {
    var journal = try journal("one", "two")
    try AtomicFile.write(try bytes(), to: path)
    try journal.append(entry("three"))
    #expect(try bytes() == undisturbed())
  }

  @Test func linesOfSomebodyElseAreNeverOverwritten() throws {
    var journal = try journal("one", "two")
    _ = try self.journal("elsewhere")
    let foreign = try bytes()
    #expect {
      try journal.append(entry("three"))
    } throws: {
      String(describing: $0).contains("\(path): cannot be written (another process wrote")
    }
    #expect(try bytes() == foreign)
    try write(Data("{}\n".utf8))
    #expect(throws: StorageError.self) { try journal.append(entry("three")) }
    #expect(try bytes() == Data("{}\n".utf8))
  }

  @Test func aPipeInItsPlaceIsRefused() throws {
    var journal = try journal("one")
    try FileManager.default.removeItem(atPath: path)
    #expect(mkfifo(path, 0o600) == 0)
    #expect(throws: StorageError.notAFile(path: path)) { try journal.append(entry("two")) }
    #expect(throws: StorageError.notAFile(path: path)) { try ExecutionJournal(path: path) }
  }
}
