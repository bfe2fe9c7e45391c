package import Artifacts
import Foundation
import Storage

/// The journal of a run: read whole, appended line by line, each line on disk before work goes on.
package struct ExecutionJournal {
  package let path: String
  package private(set) var entries: [JournalEntry]
  /// The complete lines that the file must hold, each with its line break.
  private var bytes = Data()

  /// Reads what is there. A last line that was cut off by a crash is dropped: its step is redone.
  package init(path: String) throws {
    self.path = path
    entries = []
    guard FileManager.default.fileExists(atPath: path) else { return }
    let contents = try AppendOnlyLog.read(path: path)
    for (index, line) in contents.lines.enumerated() {
      do {
        entries.append(try JournalEntry(line: line))
      } catch {
        throw StorageError.malformed(
          path: path, field: "line \(index + 1)",
          reason: (error as? DecodingError)?.placeAndReason ?? "\(error)")
      }
      bytes += line + Data("\n".utf8)
    }
    do {
      try entries.checkOrder()
    } catch {
      throw StorageError.malformed(
        path: path, field: "line \(error.line)", reason: error.reason)
    }
    if contents.tornLine != nil { try AtomicFile.write(bytes, to: path) }
  }

  /// Adds one line. A journal that was deleted or cut since its last line is written whole again, so
  /// that no line of it is lost.
  ///
  /// - Throws: `StorageError.notWritable` where somebody else wrote into it.
  package mutating func append(_ entry: JournalEntry) throws {
    let line = try ArtifactCoding.line(entry)
    let present = try contents()
    if present == bytes {
      try AppendOnlyLog(path: path).append(line)
    } else if bytes.starts(with: present) {
      try AtomicFile.write(bytes + line, to: path)
    } else {
      throw StorageError.notWritable(
        path: path, reason: "another process wrote into it since this one began")
    }
    bytes += line
    entries.append(entry)
  }

  /// What the file holds now; nothing where there is none.
  private func contents() throws -> Data {
    do {
      return try RegularFile.contents(of: path)
    } catch StorageError.missing {
      return Data()
    }
  }

  package var started: JournalEntry.Started? {
    entries.lazy.compactMap { if case .started(let entry) = $0 { entry } else { nil } }.last
  }

  package var lastCommitted: JournalEntry.StepCommitted? {
    entries.lazy.compactMap { if case .stepCommitted(let entry) = $0 { entry } else { nil } }.last
  }

  package var finished: JournalEntry.Finished? {
    entries.lazy.compactMap { if case .finished(let entry) = $0 { entry } else { nil } }.last
  }
}
