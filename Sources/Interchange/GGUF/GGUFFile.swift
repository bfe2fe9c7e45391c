import Foundation
import Storage

/// A GGUF file under construction: metadata and tensors in 32-bit floats.
///
/// Source: the GGUF specification, version 3
/// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
struct GGUFFile {
  enum Value {
    case text(String)
    case count(Int)
    case counts([Int])
    case number(Float)
    case flag(Bool)
    case texts([String])
    /// Signed, of 32 bits.
    case integers([Int32])
  }

  private struct Tensor {
    var name: String
    var shape: [Int]
    var values: () -> [Float]
    var byteCount: Int { 4 * shape.reduce(1, *) }
  }

  private static let alignment = 32
  private var metadata: [(key: String, value: Value)] = []
  private var tensors: [Tensor] = []

  mutating func set(_ key: String, _ value: Value) { metadata.append((key, value)) }

  /// Adds a row-major tensor; `values` is called when the file is written.
  mutating func add(_ name: String, _ shape: [Int], _ values: @escaping () -> [Float]) {
    tensors.append(Tensor(name: name, shape: shape, values: values))
  }

  private static func aligned(_ count: Int) -> Int {
    (count + alignment - 1) / alignment * alignment
  }

  func write(to path: String) throws {
    var header = LittleEndianBytes()
    header.append(text: "GGUF")
    header.append(UInt32(3))
    header.append(UInt64(tensors.count))
    header.append(UInt64(metadata.count))
    for (key, value) in metadata {
      header.append(string: key)
      switch value {
      case .text(let text):
        header.append(UInt32(8))
        header.append(string: text)
      case .count(let count):
        header.append(UInt32(4))
        header.append(UInt32(count))
      case .counts(let counts):
        header.append(UInt32(9))
        header.append(UInt32(4))
        header.append(UInt64(counts.count))
        for count in counts { header.append(UInt32(count)) }
      case .number(let number):
        header.append(UInt32(6))
        header.append(number.bitPattern)
      case .flag(let flag):
        header.append(UInt32(7))
        header.append(UInt8(flag ? 1 : 0))
      case .texts(let texts):
        header.append(UInt32(9))
        header.append(UInt32(8))
        header.append(UInt64(texts.count))
        for text in texts { header.append(string: text) }
      case .integers(let integers):
        header.append(UInt32(9))
        header.append(UInt32(5))
        header.append(UInt64(integers.count))
        for integer in integers { header.append(integer) }
      }
    }
    var offset = 0
    for tensor in tensors {
      header.append(string: tensor.name)
      header.append(UInt32(tensor.shape.count))
      // Innermost dimension first.
      for size in tensor.shape.reversed() { header.append(UInt64(size)) }
      header.append(UInt32(0))
      header.append(UInt64(offset))
      offset += Self.aligned(tensor.byteCount)
    }
    try AtomicFile.write(to: path) { sink in
      try sink.write(header.bytes)
      for tensor in tensors {
        try pad(sink)
        try tensor.values().withUnsafeBytes { try sink.write($0) }
      }
      try pad(sink)
    }
  }

  private func pad(_ sink: FileSink) throws {
    try sink.write([UInt8](repeating: 0, count: Self.aligned(sink.count) - sink.count))
  }
}

/// Numbers and texts as GGUF stores them.
private struct LittleEndianBytes {
  var bytes: [UInt8] = []

  mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func append(string: String) {
    append(UInt64(string.utf8.count))
    append(text: string)
  }
}
