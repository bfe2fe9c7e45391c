import Foundation
import Storage
import TestSupport
import Testing

@Suite struct MalformedSafetensorsTests {
  private static let folder = fixtures(#filePath).appending(path: "malformed").path

  private static func verdicts() throws -> [(file: String, accept: Bool)] {
    try JSONDocument(file: "\(folder)/expect.json").members.map {
      ($0.key, try $0.value.string("strict_reader") == "accept")
    }
  }

  @Test func everyVerdictIsTheStrictReaders() throws {
    let verdicts = try Self.verdicts()
    #expect(verdicts.count > 80)
    for (name, accept) in verdicts {
      let path = "\(Self.folder)/\(name)"
      do {
        let file = try SafetensorsFile(path: path)
        #expect(accept, "\(name) was accepted")
        for tensor in file.tensors {
          let count = try file.withUnsafeBytes(of: tensor.name) { $0.count }
          #expect(count == tensor.byteRange.count)
        }
      } catch {
        #expect(!accept, "\(name): \(error)")
        #expect(String(describing: error).hasPrefix(path))
      }
    }
  }

  @Test func everyFixtureHasAVerdict() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
      .filter { $0.hasSuffix(".safetensors") }
    #expect(Set(files) == Set(try Self.verdicts().map(\.file)))
  }

  @Test func unalignedFloatsAreRead() throws {
    let file = try SafetensorsFile(
      path: "\(Self.folder)/ok_unaligned_data_F32_at_odd_offset.safetensors")
    let tensor = try #require(file.tensors.first { $0.dtype == .f32 })
    #expect(tensor.byteRange.lowerBound % 4 != 0)
    #expect(try file.floats(tensor.name).count == tensor.elementCount)
  }

  @Test func aSparseFileOfEightGibibytesOpensAtOnce() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/sparse.safetensors"
    let size = 8 << 30
    var header = Data(#"{"a":{"dtype":"U8","shape":[\#(size)],"data_offsets":[0,\#(size)]}}"#.utf8)
    while header.count % 8 != 0 { header.append(0x20) }
    var length = UInt64(header.count).littleEndian
    try AtomicFile.write(withUnsafeBytes(of: &length) { Data($0) } + header, to: path)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: UInt64(8 + header.count + size))
    try handle.close()
    let clock = ContinuousClock()
    let time = try clock.measure {
      let file = try SafetensorsFile(path: path)
      #expect(try file.tensor("a").elementCount == size)
    }
    #expect(time < .milliseconds(100))
  }

  @Test func aNarrowerShapeIsRefusedByNameAndFile() throws {
    let path = "\(Self.folder)/ok_minimal.safetensors"
    let file = try SafetensorsFile(path: path)
    #expect {
      try file.floats("a", shape: [3])
    } throws: {
      let text = String(describing: $0)
      return text.contains(path) && text.contains("a") && text.contains("[3]")
    }
    #expect(throws: StorageError.missingTensor(path: path, name: "b")) { try file.floats("b") }
  }
}
