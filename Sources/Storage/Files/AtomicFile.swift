package import Foundation
import Glibc

/// Files that appear whole or not at all: temporary file, fsync, rename, fsync of the folder.
///
/// On any error the temporary file is removed and what was at the path stays as it was. (Only a
/// failing fsync of the folder itself is reported after the new file is in place.) What killed
/// writers left in the folder is removed.
package enum AtomicFile {
  package static func write(_ data: Data, to path: String) throws {
    try write(to: path) { try $0.write(data) }
  }

  /// Writes what `body` sends to the sink; rethrows its errors.
  package static func write(to path: String, _ body: (FileSink) throws -> Void) throws {
    // `rename` would see the path only up to a NUL and replace another file.
    guard !path.utf8.contains(0) else {
      throw StorageError.notWritable(path: path, reason: "the path contains NUL")
    }
    let folder = parentFolder(of: path)
    PartialFiles.sweepOnce(folder)
    let descriptor: FileDescriptor
    do {
      descriptor = try PartialFiles.make(in: folder)
    } catch {
      throw error.writing(path)
    }
    do {
      let sink = FileSink(descriptor: descriptor, target: path)
      try body(sink)
      try sink.flush()
      try descriptor.synchronise()
      // Closed, and thereby unlocked, only afterwards: until then it is nobody's leftover.
      guard rename(descriptor.path, path) == 0 else { throw SystemFailure(code: errno) }
      try descriptor.close()
    } catch {
      unlink(descriptor.path)
      throw (error as? SystemFailure)?.writing(path) ?? error
    }
    do { try FileDescriptor.synchronise(folder: folder) } catch { throw error.writing(path) }
  }
}
