import Foundation
import Storage
import TestSupport
import Testing

@Suite struct RegularFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [0, 1, 1 << 16, (1 << 16) + 1, 300_000]) func aFileComesBack(_ count: Int)
    throws
  {
    let path = "\(folder.path)/file"
    let data = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try data.write(to: URL(filePath: path))
    #expect(try RegularFile.contents(of: path) == data)
    #expect(try RegularFile.contents(of: path, limit: count) == data)
    guard count > 0 else { return }
    #expect {
      try RegularFile.contents(of: path, limit: count - 1)
    } throws: {
      String(describing: $0).contains("size: more than \(count - 1) bytes")
    }
  }

  /// A file of /proc says that its size is 0.
  @Test func filesWithoutASizeAreRead() throws {
    #expect(try RegularFile.contents(of: "/proc/self/status").count > 100)
  }

  @Test func onlyRegularFilesAreRead() throws {
    let pipe = "\(folder.path)/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    for path in [pipe, folder.path, "/dev/zero", "/dev/null", "/dev/tty0"]
    where access(path, F_OK) == 0 {
      #expect(throws: StorageError.notAFile(path: path)) { try RegularFile.contents(of: path) }
    }
    let missing = "\(folder.path)/missing"
    #expect(throws: StorageError.missing(path: missing)) {
      try RegularFile.contents(of: missing)
    }
    #expect(throws: StorageError.self) { try RegularFile.contents(of: "\(pipe)\0") }
  }
}
