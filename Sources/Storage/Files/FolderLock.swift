package import Foundation
import Glibc
import Synchronization

/// One process at a time works in a folder: an exclusive lock on its file `.lock`.
///
/// The kernel releases the lock when its owner dies, so that what the file says counts only while
/// it is locked. Where the file system knows no locks, nobody is kept out. The owner keeps the value
/// alive with `release` at the end, or uses `holding`.
package final class FolderLock: Sendable {
  /// Who works in a folder.
  package struct Holder: Hashable, Sendable, CustomStringConvertible {
    /// The number of the process, as it sees it itself.
    package let process: Int?
    /// What it does there: the name of its command.
    package let purpose: String?
    package let since: Date?

    /// "process 1234 (execute, since 2026-12-01 12:03)".
    package var description: String {
      let facts = [purpose, since.map { "since \(localTime($0))" }].compactMap { $0 }
      return (process.map { "process \($0)" } ?? "another process")
        + (facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))")
    }
  }

  package let folder: String
  private let descriptor: Mutex<FileDescriptor?>

  /// Takes the lock at once or not at all.
  ///
  /// - Parameter purpose: the name of the command, one word, for those who are kept out.
  /// - Throws: `StorageError.inUse` with the holder, `.notWritable` where no file can be made there.
  package init(folder: String, purpose: String) throws(StorageError) {
    self.folder = folder
    let path = Self.path(in: folder)
    do throws(SystemFailure) {
      // Without O_NONBLOCK a named pipe would block here; a link could lead to another folder.
      let file = try FileDescriptor(
        path: path, flags: O_RDWR | O_CREAT | O_NONBLOCK | O_NOFOLLOW, mode: 0o666)
      guard try file.isRegular() else { throw SystemFailure(code: EISDIR) }
      switch Self.lock(file) {
      case .taken:
        let text = "\(getpid())\n\(purpose)\n\(Int(Date().timeIntervalSince1970))\n"
        // For people only: a full disk must not keep the owner out.
        try? file.truncate(to: 0)
        try? Array(text.utf8).withUnsafeBytes { try file.writeAll($0) }
      case .held: throw SystemFailure(code: EWOULDBLOCK)
      case .unsupported: break
      }
      descriptor = Mutex(file)
    } catch {
      switch error.code {
      case EWOULDBLOCK: throw .inUse(path: folder, holder: Self.read(path).description)
      case EISDIR: throw .notAFile(path: path)
      default: throw error.writing(path)
      }
    }
  }

  /// Lets others in; again is harmless.
  package func release() {
    descriptor.withLock { file in
      try? file?.truncate(to: 0)
      file = nil
    }
  }

  deinit { release() }

  /// Carries out `body` while nobody else can lock the folder.
  package static func holding<Result>(
    _ folder: String, purpose: String, _ body: () throws -> Result
  ) throws -> Result {
    let lock = try FolderLock(folder: folder, purpose: purpose)
    defer { lock.release() }
    return try body()
  }

  /// Who works in the folder now; nil where nobody does, or where it cannot be known.
  ///
  /// Writes nothing, and does not keep an owner out for longer than it tries.
  package static func holder(of folder: String) -> Holder? {
    let path = path(in: folder)
    guard
      let file = try? FileDescriptor(
        path: path, flags: O_RDONLY | O_NONBLOCK | O_NOFOLLOW),
      (try? file.isRegular()) == true
    else { return nil }
    return file.lock(LOCK_SH) == .held ? read(path) : nil
  }

  private static func path(in folder: String) -> String {
    folder.hasSuffix("/") ? folder + ".lock" : folder + "/.lock"
  }

  /// Several tries, because `holder` of another process holds the lock for a moment.
  private static func lock(_ file: FileDescriptor) -> FileDescriptor.LockResult {
    for _ in 0..<20 {
      let result = file.lock(LOCK_EX)
      if result != .held { return result }
      usleep(5_000)
    }
    return file.lock(LOCK_EX)
  }

  /// What the holder wrote; what is missing or not of that form is nil.
  private static func read(_ path: String) -> Holder {
    var buffer = [UInt8](repeating: 0, count: 256)
    let file = try? FileDescriptor(path: path, flags: O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
    let count = buffer.withUnsafeMutableBytes { (try? file?.read(into: $0)) ?? 0 }
    let lines = String(decoding: buffer[..<count], as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count == 4 else { return Holder(process: nil, purpose: nil, since: nil) }
    let seconds = Double(lines[2]).flatMap { abs($0) < 1e12 ? $0 : nil }
    return Holder(
      process: Int(lines[0]), purpose: lines[1],
      since: seconds.map(Date.init(timeIntervalSince1970:)))
  }
}

/// "2026-12-01 12:03" on the clock of this machine.
private func localTime(_ date: Date) -> String {
  var seconds = time_t(date.timeIntervalSince1970)
  var parts = tm()
  guard localtime_r(&seconds, &parts) != nil else { return "an unknown time" }
  var text = [CChar](repeating: 0, count: 64)
  let count = strftime(&text, text.count, "%Y-%m-%d %H:%M", &parts)
  return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}
