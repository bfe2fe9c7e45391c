import Foundation
import Glibc

/// A regular file seen through memory, read-only; pages load when they are touched.
///
/// The bytes have no alignment. A file that another process shortens while it is mapped ends this
/// process (SIGBUS), so files are replaced by renaming, as `AtomicFile` does, never cut in place.
///
/// `@unchecked Sendable`: the mapping is read-only and lives until `deinit`.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  /// Size in bytes when the file was opened.
  package let count: Int
  private let base: UnsafeMutableRawPointer?

  package init(path: String) throws(StorageError) {
    do throws(SystemFailure) {
      // Without O_NONBLOCK a named pipe would block here.
      let descriptor = try FileDescriptor(path: path, flags: O_RDONLY | O_NONBLOCK)
      let status = try descriptor.status()
      guard status.st_mode & S_IFMT == S_IFREG else { throw SystemFailure(code: EISDIR) }
      self.path = path
      count = Int(status.st_size)
      guard count > 0 else {
        base = nil
        return
      }
      let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor.number, 0)
      guard let address, address != MAP_FAILED else { throw SystemFailure(code: errno) }
      base = address
    } catch {
      throw error.reading(path)
    }
  }

  deinit {
    if let base { munmap(base, count) }
  }

  /// The whole file; the pointer is valid only inside `body`.
  package func withUnsafeBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try body(UnsafeRawBufferPointer(start: base, count: count))
  }

  /// One range of the file; the pointer is valid only inside `body`.
  ///
  /// - Throws: `StorageError.truncated` if the range leaves the file, and what `body` throws.
  package func withUnsafeBytes<Result>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw StorageError.truncated(path: path, expected: range.upperBound, actual: count)
    }
    return try withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// A copy of one range.
  ///
  /// - Throws: `StorageError.truncated` if the range leaves the file.
  package func bytes(_ range: Range<Int>) throws -> [UInt8] {
    try withUnsafeBytes(in: range) { [UInt8]($0) }
  }
}
