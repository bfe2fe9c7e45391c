import Foundation
import Glibc

/// An open file descriptor, closed when its owner lets go of it.
final class FileDescriptor {
  let number: Int32
  let path: String
  private var isOpen = true

  /// - Throws: the errno of `open` as a `SystemFailure`.
  init(path: String, flags: Int32, mode: mode_t = 0) throws(SystemFailure) {
    // A NUL would silently cut the path that the system sees.
    guard !path.utf8.contains(0) else { throw SystemFailure(code: EINVAL) }
    var number: Int32
    repeat { number = open(path, flags | O_CLOEXEC, mode) } while number < 0 && errno == EINTR
    guard number >= 0 else { throw SystemFailure(code: errno) }
    self.number = number
    self.path = path
  }

  deinit {
    if isOpen { Glibc.close(number) }
  }

  /// Closes and reports what the file system had kept back until now.
  func close() throws(SystemFailure) {
    guard isOpen else { return }
    isOpen = false
    // After EINTR Linux has closed the descriptor all the same.
    if Glibc.close(number) != 0 && errno != EINTR { throw SystemFailure(code: errno) }
  }

  func status() throws(SystemFailure) -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw SystemFailure(code: errno) }
    return status
  }

  func isRegular() throws(SystemFailure) -> Bool { try status().st_mode & S_IFMT == S_IFREG }

  enum LockResult {
    case taken
    /// By another opening of the file, in this process or another one.
    case held
    /// The file system knows no locks.
    case unsupported
  }

  /// Takes an advisory lock on the open file without waiting; closing releases it.
  ///
  /// `kind` is `LOCK_EX` or `LOCK_SH`.
  func lock(_ kind: Int32) -> LockResult {
    while flock(number, kind | LOCK_NB) != 0 {
      if errno == EWOULDBLOCK { return .held }
      if errno != EINTR { return .unsupported }
    }
    return .taken
  }

  func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemFailure) {
    guard let base = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let written = write(number, base + done, bytes.count - done)
      if written > 0 {
        done += written
      } else if written == 0 || errno != EINTR {
        throw SystemFailure(code: written == 0 ? EIO : errno)
      }
    }
  }

  /// Bytes read into the array, at most as many as it has; 0 at the end of the file.
  func read(into bytes: inout [UInt8]) throws(SystemFailure) -> Int {
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(SystemFailure) in try read(into: buffer) }
    }
    return try result.get()
  }

  /// Bytes read into the buffer; 0 at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemFailure) -> Int {
    while true {
      let count = Glibc.read(number, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw SystemFailure(code: errno) }
    }
  }

  /// Waits until the file's bytes are on the disk.
  func synchronise() throws(SystemFailure) {
    while fsync(number) != 0 {
      // EINVAL and EROFS: a special file that has nothing to flush.
      if errno == EINVAL || errno == EROFS { return }
      if errno != EINTR { throw SystemFailure(code: errno) }
    }
  }

  func truncate(to count: Int) throws(SystemFailure) {
    while ftruncate(number, count) != 0 {
      if errno != EINTR { throw SystemFailure(code: errno) }
    }
  }

  /// Makes a rename or a new file in the folder last through a power cut.
  static func synchronise(folder: String) throws(SystemFailure) {
    let descriptor = try FileDescriptor(path: folder, flags: O_RDONLY | O_DIRECTORY)
    try descriptor.synchronise()
  }
}

/// An errno, before it is known which path and verb it belongs to.
struct SystemFailure: Error {
  let code: Int32

  var reason: String {
    switch code {
    case EFBIG: "the limit on the size of a file is reached; see `ulimit -f`"
    default: String(cString: strerror(code))
    }
  }

  func reading(_ path: String) -> StorageError {
    switch code {
    case ENOENT, ENOTDIR: .missing(path: path)
    case EISDIR: .notAFile(path: path)
    default: .notReadable(path: path, reason: reason)
    }
  }

  func writing(_ path: String) -> StorageError { .notWritable(path: path, reason: reason) }
}

/// The folder that holds a path: "." for a bare name.
func parentFolder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
