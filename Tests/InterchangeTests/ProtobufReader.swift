import Foundation

/// Fields of a protocol buffer message, as far as the tests of ONNX files look at them.
struct ProtobufReader {
  private var fields: [(number: Int, integer: Int, bytes: [UInt8])] = []

  struct Malformed: Error {}

  init(_ data: Data) throws { try self.init([UInt8](data)) }

  init(_ bytes: [UInt8]) throws {
    var place = 0
    func varint() throws -> Int {
      var result = 0
      var shift = 0
      while true {
        guard place < bytes.count, shift < 64 else { throw Malformed() }
        let byte = bytes[place]
        place += 1
        result |= Int(byte & 127) << shift
        shift += 7
        if byte < 128 { return result }
      }
    }
    while place < bytes.count {
      let tag = try varint()
      switch tag & 7 {
      case 0: fields.append((tag >> 3, try varint(), []))
      case 2:
        let count = try varint()
        guard count >= 0, place + count <= bytes.count else { throw Malformed() }
        fields.append((tag >> 3, 0, Array(bytes[place..<(place + count)])))
        place += count
      case 5:
        fields.append((tag >> 3, 0, Array(bytes[place..<(place + 4)])))
        place += 4
      default: throw Malformed()
      }
    }
  }

  func integers(_ number: Int) -> [Int] {
    fields.filter { $0.number == number }.map(\.integer)
  }

  func raw(_ number: Int) -> [[UInt8]] { fields.filter { $0.number == number }.map(\.bytes) }

  func strings(_ number: Int) -> [String] {
    raw(number).map { String(decoding: $0, as: UTF8.self) }
  }

  func messages(_ number: Int) -> [ProtobufReader] {
    raw(number).compactMap { try? ProtobufReader($0) }
  }
}
