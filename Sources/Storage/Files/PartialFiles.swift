import Foundation
import Glibc
import Synchronization

/// The temporary files of `AtomicFile`, and what killed writers left of them.
///
/// A writer holds a lock on its temporary file until the file has its name. A temporary file that
/// can be locked therefore has no writer any more, whatever process has its number today.
enum PartialFiles {
  /// A new file in the folder, so that the rename never crosses a file system; locked where the
  /// file system knows locks.
  static func make(in folder: String) throws(SystemFailure) -> FileDescriptor {
    for attempt in 0..<10_000 {
      let file: FileDescriptor
      do {
        file = try FileDescriptor(
          path: "\(folder)/.partial-\(getpid())-\(attempt)", flags: O_WRONLY | O_CREAT | O_EXCL,
          mode: 0o666)
      } catch {
        // A leftover of a killed process with the same id, or a write on another thread.
        guard error.code == EEXIST else { throw error }
        continue
      }
      // Between the two calls another process may have taken it for a leftover.
      if file.lock(LOCK_EX) != .held, try file.status().st_nlink > 0 { return file }
    }
    throw SystemFailure(code: EEXIST)
  }

  /// Removes what killed writers left in the folder, once per folder and process: a folder of many
  /// files is listed once, not once for each of them.
  static func sweepOnce(_ folder: String) {
    if swept.withLock({ $0.insert(folder).inserted }) { sweep(folder) }
  }

  private static let swept = Mutex<Set<String>>([])

  /// Failures are silent: leftovers cost space, and the write itself says what is wrong.
  private static func sweep(_ folder: String) {
    guard let stream = opendir(folder) else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if isTemporary(name) { removeIfAbandoned("\(folder)/\(name)") }
    }
  }

  /// Whether the name is ".partial-" PROCESS "-" NUMBER.
  private static func isTemporary(_ name: String) -> Bool {
    guard name.hasPrefix(".partial-") else { return false }
    let numbers = name.dropFirst(9).split(separator: "-", omittingEmptySubsequences: false)
    return numbers.count == 2
      && numbers.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
  }

  private static func removeIfAbandoned(_ path: String) {
    guard
      let file = try? FileDescriptor(path: path, flags: O_RDONLY | O_NONBLOCK | O_NOFOLLOW),
      let opened = try? file.status(), opened.st_mode & S_IFMT == S_IFREG,
      file.lock(LOCK_EX) == .taken
    else { return }
    // Its writer may have renamed it before the lock, and begun another file of the same name.
    var present = stat()
    guard lstat(path, &present) == 0, present.st_ino == opened.st_ino,
      present.st_dev == opened.st_dev
    else { return }
    unlink(path)
  }
}
