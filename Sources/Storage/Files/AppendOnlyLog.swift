package import Foundation
import Glibc

/// A file of JSON lines that only grows; each line is on the disk before `append` returns.
///
/// One process writes at a time (an advisory lock says so); anyone may read.
package final class AppendOnlyLog {
  package let path: String
  private let descriptor: FileDescriptor
  private var count: Int

  /// Opens or creates the file, and cuts off a last line that a killed process left half-written.
  package init(path: String) throws(StorageError) {
    self.path = path
    do throws(SystemFailure) {
      descriptor = try FileDescriptor(
        path: path, flags: O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, mode: 0o666)
      let status = try descriptor.status()
      guard status.st_mode & S_IFMT == S_IFREG else { throw SystemFailure(code: EISDIR) }
      count = Int(status.st_size)
    } catch {
      throw error.code == EISDIR ? .notAFile(path: path) : error.writing(path)
    }
    guard descriptor.lock(LOCK_EX) != .held else {
      throw .notWritable(path: path, reason: "another process is writing it")
    }
    let complete = try Self.split(MappedFile(path: path)).completeCount
    do throws(SystemFailure) {
      if complete < count {
        try descriptor.truncate(to: complete)
        count = complete
      }
      try descriptor.synchronise()
      try FileDescriptor.synchronise(folder: parentFolder(of: path))
    } catch {
      throw error.writing(path)
    }
  }

  /// Adds one line and waits until it is on the disk.
  ///
  /// - Parameter line: one JSON value without line breaks inside; a final line break is optional.
  package func append(_ line: Data) throws {
    var bytes = [UInt8](line)
    if bytes.last == newline { bytes.removeLast() }
    guard !bytes.isEmpty, !bytes.contains(newline) else {
      throw StorageError.malformed(
        path: path, field: "appended line", reason: "a line is one line of text, not empty")
    }
    bytes.append(newline)
    do {
      try bytes.withUnsafeBytes { try descriptor.writeAll($0) }
      try descriptor.synchronise()
      count += bytes.count
    } catch let error as SystemFailure {
      // Half a line in the middle could not be told from a damaged log later.
      try? descriptor.truncate(to: count)
      throw error.writing(path)
    }
  }
}

extension AppendOnlyLog {
  /// What a log holds.
  package struct Contents: Sendable {
    /// Complete lines in order, without their line breaks; each is one strict JSON value.
    package let lines: [Data]
    /// What follows the last line break: a line whose writer was killed.
    package let tornLine: Data?
  }

  /// Every complete line.
  ///
  /// - Throws: `StorageError.malformed` naming the first complete line that is not JSON.
  package static func read(path: String) throws(StorageError) -> Contents {
    let (lines, tornLine, _) = split(try MappedFile(path: path))
    for (number, line) in lines.enumerated() {
      _ = try JSONValue.parse(line, path: "\(path), line \(number + 1)")
    }
    return Contents(lines: lines, tornLine: tornLine)
  }

  private static func split(
    _ file: MappedFile
  ) -> (lines: [Data], tornLine: Data?, completeCount: Int) {
    file.withUnsafeBytes { bytes in
      var lines: [Data] = []
      var start = 0
      for end in bytes.indices where bytes[end] == newline {
        lines.append(Data(bytes[start..<end]))
        start = end + 1
      }
      return (lines, start < bytes.count ? Data(bytes[start...]) : nil, start)
    }
  }
}

private let newline = UInt8(ascii: "\n")
