import Foundation
import Storage
import TestSupport
import Testing

@Suite struct AppendOnlyLogTests {
  private let folder: TemporaryFolder
  private var path: String { "\(folder.path)/journal.jsonl" }

  init() throws { folder = try TemporaryFolder() }

  private func append(_ lines: String...) throws {
    let log = try AppendOnlyLog(path: path)
    for line in lines { try log.append(Data(line.utf8)) }
  }

  private func lines() throws -> [String] {
    try AppendOnlyLog.read(path: path).lines.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func linesComeBackInOrder() throws {
    try append("{\"a\":1}", "{\"a\":2}\n")
    try append("3")
    #expect(try lines() == ["{\"a\":1}", "{\"a\":2}", "3"])
    #expect(try AppendOnlyLog.read(path: path).tornLine == nil)
  }

  @Test func aHalfWrittenLastLineIsReportedThenCutOff() throws {
    try AtomicFile.write(Data("{\"a\":1}\n{\"a\":".utf8), to: path)
    #expect(try lines() == ["{\"a\":1}"])
    #expect(try AppendOnlyLog.read(path: path).tornLine == Data("{\"a\":".utf8))
    try append("{\"a\":2}")
    #expect(try lines() == ["{\"a\":1}", "{\"a\":2}"])
  }

  @Test func aDamagedLineInTheMiddleIsNamed() throws {
    try AtomicFile.write(Data("{\"a\":1}\n{\"a\":{\"a\":2}\n{\"a\":3}\n".utf8), to: path)
    #expect {
      try AppendOnlyLog.read(path: path)
    } throws: {
      String(describing: $0).contains("\(path), line 2")
    }
  }

  @Test(arguments: ["", "\n", "1\n2", "1\n\n"]) func onlyWholeLinesAreAppended(_ line: String)
    throws
  {
    try append("1")
    #expect(throws: StorageError.self) { try append(line) }
    #expect(try lines() == ["1"])
  }

  @Test func aSecondWriterIsRefused() throws {
    let first = try AppendOnlyLog(path: path)
    #expect(throws: StorageError.self) { try AppendOnlyLog(path: path) }
    try first.append(Data("1".utf8))
  }

  @Test func placesThatCannotHoldALogAreNamed() throws {
    #expect(throws: StorageError.self) { try AppendOnlyLog(path: "\(folder.path)/no/log") }
    #expect(throws: StorageError.self) { try AppendOnlyLog(path: folder.path) }
    #expect(throws: StorageError.missing(path: path)) { try AppendOnlyLog.read(path: path) }
  }
}
