import Foundation
import Storage
import TestSupport
import Testing

@Suite struct FileTests {
  private let folder: TemporaryFolder
  private struct Interruption: Error {}

  init() throws { folder = try TemporaryFolder() }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test func writesReplaceTheWholeFile() throws {
    let path = "\(folder.path)/file"
    try AtomicFile.write(Data("a longer text".utf8), to: path)
    try AtomicFile.write(Data("short".utf8), to: path)
    #expect(try MappedFile(path: path).bytes(0..<5) == Array("short".utf8))
    #expect(try names() == ["file"])
  }

  @Test func streamsOfAnyPieceSizeKeepTheirBytes() throws {
    let path = "\(folder.path)/stream"
    let large = [UInt8](repeating: 7, count: 3 << 20)
    try AtomicFile.write(to: path) { sink in
      for count in [1, 1 << 20, 5, large.count, 0, (1 << 20) - 1] {
        try sink.write(Array(large[..<count]))
      }
      try sink.write("end")
      #expect(sink.count == (5 << 20) + 8)
    }
    let file = try MappedFile(path: path)
    #expect(file.count == (5 << 20) + 8)
    #expect(try file.bytes(file.count - 4..<file.count) == [7] + Array("end".utf8))
  }

  @Test func anInterruptedWriteLeavesTheOldFileAndNothingElse() throws {
    let path = "\(folder.path)/file"
    try AtomicFile.write(Data("old".utf8), to: path)
    #expect(throws: Interruption.self) {
      try AtomicFile.write(to: path) { sink in
        try sink.write([UInt8](repeating: 1, count: 2 << 20))
        throw Interruption()
      }
    }
    #expect(try MappedFile(path: path).bytes(0..<3) == Array("old".utf8))
    #expect(try names() == ["file"])
  }

  @Test func unwritablePlacesAreNamed() throws {
    try AtomicFile.write(Data(), to: "\(folder.path)/file")
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/folder/inside", withIntermediateDirectories: true)
    for path in ["\(folder.path)/file/below", "\(folder.path)/folder", "/proc/planner", "a\0b"] {
      #expect {
        try AtomicFile.write(Data("x".utf8), to: path)
      } throws: { error in
        guard case StorageError.notWritable(path, _) = error else { return false }
        return error.localizedDescription.hasPrefix(path)
      }
    }
    #expect(try names() == ["file", "folder"])
  }

  @Test func mappingKnowsWhatItMayMap() throws {
    let empty = "\(folder.path)/empty"
    try AtomicFile.write(Data(), to: empty)
    let file = try MappedFile(path: empty)
    #expect(file.count == 0)
    #expect(file.withUnsafeBytes { $0.count } == 0)
    #expect(try file.bytes(0..<0) == [])
    #expect(throws: StorageError.truncated(path: empty, expected: 1, actual: 0)) {
      try file.bytes(0..<1)
    }
    #expect(throws: StorageError.self) { try file.bytes(-1..<0) }
    let missing = "\(folder.path)/missing"
    #expect(throws: StorageError.missing(path: missing)) { try MappedFile(path: missing) }
    #expect(throws: StorageError.notAFile(path: folder.path)) { try MappedFile(path: folder.path) }
    #expect(throws: StorageError.notAFile(path: "/dev/null")) { try MappedFile(path: "/dev/null") }
  }
}
