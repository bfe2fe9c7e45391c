import Foundation
import Storage
import TestSupport
import Testing

@Suite struct SafetensorsRoundTripTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func floatsComeBackBitForBit() throws {
    let path = "\(folder.path)/model.safetensors"
    let values: [Float] = [0, -0.0, 1.5, -.infinity, .leastNonzeroMagnitude, 3.4e38]
    try values.withUnsafeBufferPointer { buffer in
      try SafetensorsWriter.write(
        [
          .init(name: "w", shape: [2, 3], pointer: try #require(buffer.baseAddress)),
          .init(name: "scalar \"é\"", shape: []) { [7] },
          .init(name: "empty", shape: [0, 4]) { [] },
        ], to: path)
    }
    let file = try SafetensorsFile(path: path)
    #expect(file.names == ["w", "scalar \"é\"", "empty"])
    #expect(file.metadata == ["format": "pt"])
    #expect(try file.floats("w", shape: [2, 3]).map(\.bitPattern) == values.map(\.bitPattern))
    #expect(try file.floats("scalar \"é\"", shape: []) == [7])
    #expect(try file.floats("empty") == [])
    #expect(try file.tensor("w").byteRange.lowerBound % 8 == 0)
  }

  @Test func bfloatsRoundToNearestEven() throws {
    let path = "\(folder.path)/bf16.safetensors"
    // 1 + 2⁻⁸ lies half-way between 1 and 1 + 2⁻⁷; 1 + 3·2⁻⁸ between 1 + 2⁻⁷ and 1 + 2⁻⁶.
    let values: [Float] = [1, 1.00390625, 1.01171875, 1.0051, 3.4e38, -2, .nan]
    try SafetensorsWriter.write(
      [.init(name: "w", dtype: .bf16, shape: [7]) { values }], to: path)
    let read = try SafetensorsFile(path: path).floats("w")
    let expected: [Float] = [1, 1, 1.015625, 1.0078125, .infinity, -2]
    #expect(Array(read[0..<6]) == expected)
    #expect(read[6].isNaN)
  }

  @Test func everyHalfSurvives() throws {
    let path = "\(folder.path)/f16.safetensors"
    let values = (0...UInt16.max).map { Float(Float16(bitPattern: $0)) }
    try SafetensorsWriter.write(
      [.init(name: "w", dtype: .f16, shape: [65_536]) { values }], to: path)
    let read = try SafetensorsFile(path: path).floats("w")
    for (left, right) in zip(read, values) where left.bitPattern != right.bitPattern {
      #expect(left.isNaN && right.isNaN)
    }
  }

  @Test func equalTensorsGiveEqualBytes() throws {
    for name in ["one", "two"] {
      try SafetensorsWriter.write(
        [.init(name: "w", shape: [2]) { [1, 2] }], metadata: ["b": "1", "a": "2"],
        to: "\(folder.path)/\(name)")
    }
    #expect(
      try sha256(ofFile: "\(folder.path)/one") == sha256(ofFile: "\(folder.path)/two"))
  }

  @Test func whatCannotBeReadBackIsNotWritten() throws {
    let path = "\(folder.path)/bad.safetensors"
    let good = SafetensorsWriter.Entry(name: "w", shape: [1]) { [1] }
    let bad: [[SafetensorsWriter.Entry]] = [
      [good, good],
      [.init(name: "", shape: [1]) { [1] }],
      [.init(name: "__metadata__", shape: [1]) { [1] }],
      [.init(name: "w", shape: [-1]) { [] }],
      [.init(name: "w", shape: [.max, 2]) { [] }],
      [.init(name: "w", dtype: .i64, shape: [1]) { [1] }],
      [good, .init(name: "short", shape: [2]) { [1] }],
    ]
    for entries in bad {
      #expect(throws: StorageError.self) { try SafetensorsWriter.write(entries, to: path) }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }

  @Test func integersOfEveryWidth() throws {
    let path = "\(folder.path)/integers.safetensors"
    let header =
      #"{"l":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"#
      + #""i":{"dtype":"I32","shape":[1],"data_offsets":[8,12]},"#
      + #""b":{"dtype":"BOOL","shape":[2],"data_offsets":[12,14]},"#
      + #""f":{"dtype":"F64","shape":[1],"data_offsets":[14,22]}}"#
    var bytes: [UInt8] = [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0]
    bytes += Array(header.utf8)
    bytes += [0xFE] + [UInt8](repeating: 0xFF, count: 7) + [5, 0, 0, 0] + [1, 0]
    bytes += [0, 0, 0, 0, 0, 0, 0xE0, 0xBF]
    try AtomicFile.write(Data(bytes), to: path)
    let file = try SafetensorsFile(path: path)
    #expect(try file.readIntegers("l") == [-2])
    #expect(try file.readIntegers("i", shape: [1]) == [5])
    #expect(try file.readIntegers("b") == [1, 0])
    #expect(try file.floats("f") == [-0.5])
    #expect(throws: StorageError.self) { try file.readIntegers("f") }
    #expect(throws: StorageError.self) { try file.floats("l") }
  }
}
