package import Artifacts
package import Foundation
import Storage

/// Artifacts of a run folder, read back with messages that say which stage to run first.
extension RunFolder {
  /// The profile and the bytes it was read from, for its hash.
  package func readProfile() throws(CommandFailure) -> (record: ProfileRecord, bytes: Data) {
    try read(
      ProfileRecord.self, at: profile, what: "profile", by: "profile",
      version: ProfileRecord.currentVersion, names: checkNames)
  }

  /// The plan and the bytes it was read from, for its hash.
  package func readPlan() throws(CommandFailure) -> (record: PlanRecord, bytes: Data) {
    try read(
      PlanRecord.self, at: plan, what: "plan", by: "plan", version: PlanRecord.currentVersion,
      names: checkNames)
  }

  /// The entries of the journal, oldest first; empty where nothing was executed.
  ///
  /// A last line without its newline is left out: the process died while it was written, and the
  /// step it describes was not committed.
  package func readJournal() throws(CommandFailure) -> [JournalEntry] {
    guard exists(journal) else { return [] }
    return try readJournal(at: journal)
  }

  /// The entries of a journal that may be another run's.
  func readJournal(at journal: String) throws(CommandFailure) -> [JournalEntry] {
    let remedy =
      journal == self.journal
      ? "remove the journal and run `planner execute` again" : "name another journal"
    let lines: [Data]
    do {
      lines = try AppendOnlyLog.read(path: journal).lines
    } catch {
      guard case .malformed(let place, let byte, let reason) = error else {
        throw unreadable(journal, error)
      }
      throw CommandFailure("\(place): not valid JSON at \(byte): \(reason); \(remedy)")
    }
    var entries: [JournalEntry] = []
    for (index, line) in lines.enumerated() {
      do {
        entries.append(try JournalEntry(line: line))
      } catch {
        throw CommandFailure("\(journal), line \(index + 1): \(errorLine(error)); \(remedy)")
      }
    }
    do {
      try entries.checkOrder()
    } catch {
      throw CommandFailure("\(journal), \(error); \(remedy)")
    }
    return entries
  }

  /// The journal of a plan, each of whose entries follows from the ones before.
  package func readJournal(of plan: PlanRecord) throws(CommandFailure) -> [JournalEntry] {
    let entries = try readJournal()
    do {
      try entries.checkOrder(of: plan)
    } catch {
      throw CommandFailure(
        "\(journal), \(error); the journal is not of this plan.json, or one of them was changed: "
          + "remove the journal and run `planner execute` again")
    }
    return entries
  }

  /// Only this field is read first, because a document of another version may lack all others.
  private struct Version: Decodable { var formatVersion: Int }

  private func read<Record: Decodable & FieldChecked>(
    _ type: Record.Type, at file: String, what: String, by command: String, version: Int,
    names: (Record) throws(InvalidField) -> Void
  ) throws(CommandFailure) -> (record: Record, bytes: Data) {
    guard exists(file) else {
      throw CommandFailure("no \(what) in \(path): run `planner \(command)` first")
    }
    let bytes: Data
    do {
      bytes = try RegularFile.contents(of: file)
    } catch {
      throw unreadable(file, error)
    }
    do {
      try checkSyntax(bytes, file)
      let found = try ArtifactCoding.decode(Version.self, from: bytes).formatVersion
      guard found == version else {
        throw CommandFailure("formatVersion is \(found), this planner reads \(version)")
      }
      let record = try ArtifactCoding.decode(type, from: bytes)
      try record.check(FieldCheck())
      try names(record)
      return (record, bytes)
    } catch {
      throw CommandFailure("\(file): \(errorLine(error)); run `planner \(command)` again")
    }
  }
}

/// Foundation's decoder takes one of two equal keys without a word.
private func checkSyntax(_ bytes: Data, _ file: String) throws(CommandFailure) {
  do {
    _ = try JSONValue.parse(bytes, path: file)
  } catch {
    guard case .malformed(_, let byte, let reason) = error else {
      throw CommandFailure("not valid JSON")
    }
    throw CommandFailure("not valid JSON at \(byte): \(reason)")
  }
}

private func unreadable(_ file: String, _ error: StorageError) -> CommandFailure {
  switch error {
  case .notAFile: CommandFailure("cannot read \(file): it is not a regular file")
  case .notReadable(_, let reason): CommandFailure("cannot read \(file): \(reason)")
  default: CommandFailure("\(error)")
  }
}
