package import Artifacts
package import Foundation

/// Artifacts of a run folder, read back with messages that say which stage to run first.
extension RunFolder {
  /// The profile and the bytes it was read from, for its hash.
  package func readProfile() throws(CommandFailure) -> (record: ProfileRecord, bytes: Data) {
    try read(
      ProfileRecord.self, at: profile, what: "profile", by: "profile",
      version: ProfileRecord.currentVersion)
  }

  /// The plan and the bytes it was read from, for its hash.
  package func readPlan() throws(CommandFailure) -> (record: PlanRecord, bytes: Data) {
    try read(
      PlanRecord.self, at: plan, what: "plan", by: "plan", version: PlanRecord.currentVersion)
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
    let bytes = try bytes(at: journal)
    guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let lines = bytes[...end].split(separator: UInt8(ascii: "\n"))
    var entries: [JournalEntry] = []
    for (number, line) in lines.enumerated() {
      do {
        entries.append(try ArtifactCoding.decode(JournalEntry.self, from: Data(line)))
      } catch {
        throw CommandFailure(
          "\(journal), line \(number + 1): \(errorLine(error)); "
            + (journal == self.journal
              ? "remove the journal and run `planner execute` again" : "name another journal"))
      }
    }
    return entries
  }

  /// Only this field is read first, because a document of another version may lack all others.
  private struct Version: Decodable { var formatVersion: Int }

  private func read<Record: Decodable>(
    _ type: Record.Type, at file: String, what: String, by command: String, version: Int
  ) throws(CommandFailure) -> (record: Record, bytes: Data) {
    guard exists(file) else {
      throw CommandFailure("no \(what) in \(path): run `planner \(command)` first")
    }
    let bytes = try bytes(at: file)
    do {
      let found = try ArtifactCoding.decode(Version.self, from: bytes).formatVersion
      guard found == version else {
        throw CommandFailure("formatVersion is \(found), this planner reads \(version)")
      }
      return (try ArtifactCoding.decode(type, from: bytes), bytes)
    } catch {
      throw CommandFailure("\(file): \(errorLine(error)); run `planner \(command)` again")
    }
  }

  private func bytes(at file: String) throws(CommandFailure) -> Data {
    let descriptor = open(file, O_RDONLY)
    guard descriptor >= 0 else {
      throw CommandFailure("cannot read \(file): \(systemReason())")
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      // Nil stands for an empty file.
      return try handle.readToEnd() ?? Data()
    } catch {
      throw CommandFailure("cannot read \(file): it is not a readable file")
    }
  }
}
