import Foundation

/// The metadata of a GGUF file of version 3, read by the specification.
struct GGUFReader {
  enum Value: Equatable {
    case integer(Int)
    case number(Float)
    case flag(Bool)
    case text(String)
    case list([Value])

    var texts: [String]? {
      guard case .list(let values) = self else { return nil }
      return values.compactMap { if case .text(let text) = $0 { text } else { nil } }
    }

    var integers: [Int]? {
      guard case .list(let values) = self else { return nil }
      return values.compactMap { if case .integer(let integer) = $0 { integer } else { nil } }
    }
  }

  struct Malformed: Error {}

  private(set) var metadata: [String: Value] = [:]
  /// Dimensions as they are stored, the innermost first.
  private(set) var tensors: [String: [Int]] = [:]
  private let bytes: [UInt8]
  private var place = 0

  init(_ data: Data) throws {
    bytes = [UInt8](data)
    guard bytes.starts(with: Array("GGUF".utf8)) else { throw Malformed() }
    place = 4
    guard try integer(4) == 3 else { throw Malformed() }
    let (tensorCount, count) = (try integer(8), try integer(8))
    for _ in 0..<count {
      let key = try text()
      guard metadata.updateValue(try value(of: try integer(4)), forKey: key) == nil else {
        throw Malformed()
      }
    }
    for _ in 0..<tensorCount {
      let name = try text()
      let dimensions = try (0..<(try integer(4))).map { _ in try integer(8) }
      _ = (try integer(4), try integer(8))
      tensors[name] = dimensions
    }
  }

  private mutating func integer(_ size: Int) throws -> Int {
    guard place + size <= bytes.count else { throw Malformed() }
    defer { place += size }
    return (0..<size).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
  }

  private mutating func text() throws -> String {
    let count = try integer(8)
    guard count >= 0, place + count <= bytes.count else { throw Malformed() }
    defer { place += count }
    return String(decoding: bytes[place..<(place + count)], as: UTF8.self)
  }

  private mutating func value(of type: Int) throws -> Value {
    switch type {
    case 4: return .integer(try integer(4))
    case 5: return .integer(Int(Int32(truncatingIfNeeded: try integer(4))))
    case 6: return .number(Float(bitPattern: UInt32(try integer(4))))
    case 7: return .flag(try integer(1) == 1)
    case 8: return .text(try text())
    case 9:
      let element = try integer(4)
      return .list(try (0..<(try integer(8))).map { _ in try value(of: element) })
    default: throw Malformed()
    }
  }
}
