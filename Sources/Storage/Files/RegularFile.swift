package import Foundation
import Glibc

/// Whole files from outside, small enough for memory.
package enum RegularFile {
  /// A copy of the file, which a writer may change or cut meanwhile without harm.
  ///
  /// - Parameter limit: the most bytes that such a file can sensibly have.
  /// - Throws: `StorageError.missing`; `.notAFile` at once for a folder, named pipe or device;
  ///   `.malformed` for a file beyond the limit, without reading further.
  package static func contents(
    of path: String, limit: Int = 1 << 30
  ) throws(StorageError) -> Data {
    do throws(SystemFailure) {
      // Without O_NONBLOCK a named pipe would block here.
      let file = try FileDescriptor(path: path, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
      let status = try file.status()
      guard status.st_mode & S_IFMT == S_IFREG else { throw SystemFailure(code: EISDIR) }
      var bytes = Data()
      // The announced size saves growing; files of /proc announce none.
      bytes.reserveCapacity(max(0, min(Int(status.st_size), limit)))
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = try file.read(into: &chunk)
        if count == 0 { return bytes }
        guard bytes.count + count <= limit else { throw SystemFailure(code: E2BIG) }
        bytes.append(contentsOf: chunk[..<count])
      }
    } catch {
      throw error.code == E2BIG
        ? .malformed(path: path, field: "size", reason: "more than \(limit) bytes")
        : error.reading(path)
    }
  }
}
