package import Foundation
import Glibc

/// SHA-256 of the bytes as 64 lower-case hexadecimal digits.
package func sha256(of data: Data) -> String {
  var hash = SHA256()
  hash.update(data)
  return hash.finish()
}

/// SHA-256 of a file's content as 64 lower-case hexadecimal digits, read in pieces of 1 MiB.
package func sha256(ofFile path: String) throws -> String {
  do {
    let descriptor = try FileDescriptor(path: path, flags: O_RDONLY | O_NONBLOCK)
    guard try descriptor.status().st_mode & S_IFMT == S_IFREG else {
      throw SystemFailure(code: EISDIR)
    }
    var hash = SHA256()
    try withUnsafeTemporaryAllocation(byteCount: 1 << 20, alignment: 16) { buffer in
      while case let count = try descriptor.read(into: buffer), count > 0 {
        hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
    return hash.finish()
  } catch let error as SystemFailure {
    throw error.reading(path)
  }
}
