import Foundation
import Storage
import TestSupport
import Testing

@Suite struct PartialFilesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  private func make(_ name: String) throws -> String {
    let path = "\(folder.path)/\(name)"
    try Data("half a model".utf8).write(to: URL(filePath: path))
    return path
  }

  @Test func leftoversOfKilledWritersGoWithTheNextWrite() throws {
    _ = try make(".partial-1-0")
    _ = try make(".partial-\(getpid())-3")
    _ = try make(".partial-4194999-12")
    try AtomicFile.write(Data("x".utf8), to: "\(folder.path)/file")
    #expect(try names() == ["file"])
  }

  @Test func whatOnlyLooksLikeOneStays() throws {
    for name in [".partial-1", ".partial-1-", ".partial-1-2-3", ".partial-x-1", "partial-1-1"] {
      _ = try make(name)
    }
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/.partial-1-1", withIntermediateDirectories: false)
    #expect(mkfifo("\(folder.path)/.partial-1-2", 0o600) == 0)
    let target = try make("target")
    #expect(symlink(target, "\(folder.path)/.partial-1-3") == 0)
    let before = try names()
    try AtomicFile.write(Data("x".utf8), to: "\(folder.path)/file")
    #expect(try names() == (before + ["file"]).sorted())
  }

  @Test func theFileOfALivingWriterStays() throws {
    let living = try make(".partial-1-0")
    let descriptor = open(living, O_RDONLY | O_CLOEXEC)
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    defer { close(descriptor) }
    try AtomicFile.write(Data("x".utf8), to: "\(folder.path)/file")
    #expect(try names() == [".partial-1-0", "file"])
  }

  /// What `theFileOfALivingWriterStays` relies on: a writer's own file is locked to the end.
  @Test func aWriterHoldsItsFileUntilItHasItsName() throws {
    try AtomicFile.write(to: "\(folder.path)/file") { sink in
      try sink.write("half")
      let name = try #require(try names().first { $0.hasPrefix(".partial-") })
      let descriptor = open("\(folder.path)/\(name)", O_RDONLY | O_CLOEXEC)
      defer { close(descriptor) }
      #expect(flock(descriptor, LOCK_EX | LOCK_NB) == -1)
      #expect(errno == EWOULDBLOCK)
    }
    #expect(try names() == ["file"])
  }

  @Test func manyWritersAtOnceLoseNothing() async throws {
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<8 {
        group.addTask {
          for index in 0..<20 {
            try? AtomicFile.write(
              Data("\(writer) \(index)".utf8), to: "\(folder.path)/\(writer)-\(index)")
          }
        }
      }
    }
    #expect(try names().count == 160)
  }
}
