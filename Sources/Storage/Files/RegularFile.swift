package import Foundation
import Glibc

/// A regular file, read whole into memory. What blocks or has no end is refused: pipes and devices.
package enum RegularFile {
  /// More than any file of JSON that is read has.
  package static let sizeLimit = 1 << 30

  /// - Throws: `StorageError` where there is none, where it cannot be read, or where it is larger than
  ///   `sizeLimit`.
  package static func read(_ path: String) throws(StorageError) -> Data {
    do throws(SystemFailure) {
      // Without O_NONBLOCK a named pipe would block here.
      let descriptor = try FileDescriptor(path: path, flags: O_RDONLY | O_NONBLOCK)
      let status = try descriptor.status()
      guard status.st_mode & S_IFMT == S_IFREG else { throw SystemFailure(code: EISDIR) }
      guard status.st_size <= sizeLimit else { throw SystemFailure(code: EFBIG) }
      var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
      var count = 0
      while count < bytes.count {
        let result = bytes.withUnsafeMutableBytes { buffer in
          Result { () throws(SystemFailure) in
            try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
          }
        }
        let read = try result.get()
        // Another process has just shortened it.
        if read == 0 { break }
        count += read
      }
      return Data(bytes[..<count])
    } catch {
      throw error.reading(path)
    }
  }
}
