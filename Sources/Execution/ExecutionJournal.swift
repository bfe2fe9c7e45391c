package import Artifacts
import Foundation
import Storage

/// The journal of a run: read whole, appended line by line, each line on disk before work goes on.
package struct ExecutionJournal {
  package let path: String
  package private(set) var entries: [JournalEntry]

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
    }
    do {
      try entries.checkOrder()
    } catch {
      throw StorageError.malformed(
        path: path, field: "line \(error.line)", reason: error.reason)
    }
    if contents.tornLine != nil {
      try AtomicFile.write(
        contents.lines.reduce(into: Data()) { $0 += $1 + Data("\n".utf8) }, to: path)
    }
  }

  package mutating func append(_ entry: JournalEntry) throws {
    let log = try AppendOnlyLog(path: path)
    try log.append(try ArtifactCoding.line(entry))
    entries.append(entry)
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
