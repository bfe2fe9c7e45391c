import Artifacts
import Foundation
package import Storage

/// Damages bytes and JSON values at seeded random places.
package struct Mutator {
  private var random: SeededGenerator

  package init(seed: UInt64, stream: String) {
    random = SeededGenerator(seed: seed, stream: stream)
  }

  /// Structure, numbers at their limits, escapes, names.
  private static let fragments: [[UInt8]] = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "\\udc00", "-", "0", "9", ".",
    "e", "null", "true", "\u{FEFF}", "\0", " ", "\n", "\"a\"", "\"shape\"", "\"dtype\"", "\"F4\"",
    "18446744073709551616", "9223372036854775807", "-1", "1e308", "[[[[[[[[", "\"__metadata__\":",
  ].map { Array($0.utf8) }

  /// A number below `limit`.
  package mutating func integer(below limit: Int) -> Int { random.integer(below: limit) }

  /// One to four changes: bits, bytes, pieces removed or doubled, a tail cut off, a fragment put in.
  package mutating func damage(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0...random.integer(below: 4) {
      let place = random.integer(below: bytes.count + 1)
      let end = min(bytes.count, place + random.integer(below: 9))
      switch random.integer(below: 6) {
      case 0: if place < bytes.count { bytes[place] ^= 1 << UInt8(random.integer(below: 8)) }
      case 1: if place < bytes.count { bytes[place] = UInt8(random.integer(below: 256)) }
      case 2: bytes.removeSubrange(place..<end)
      case 3: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
      case 4: bytes.removeSubrange(place...)
      default:
        bytes.insert(
          contentsOf: Self.fragments[random.integer(below: Self.fragments.count)], at: place)
      }
    }
    return bytes
  }

  private static let values: [JSONValue] = [
    .null, .bool(true), .integer(0), .integer(-1), .integer(1), .integer(3), .integer(1 << 20),
    .integer(1 << 24), .integer(1 << 62), .integer(.max), .integer(.min), .number(0.5),
    .number(-1e300), .number(1e300), .number(.leastNonzeroMagnitude), .string(""), .string("relu"),
    .string("llama"), .array([]), .object([:]),
  ]

  /// A well-formed value with one to three members replaced, renamed or removed.
  package mutating func damage(_ value: JSONValue) -> JSONValue {
    var result = value
    for _ in 0...random.integer(below: 3) { result = damagedOnce(result) }
    return result
  }

  private mutating func damagedOnce(_ value: JSONValue) -> JSONValue {
    let replacement = Self.values[random.integer(below: Self.values.count)]
    switch value {
    case .object(let object) where !object.isEmpty:
      var members = object.map { (key: $0.key, value: $0.value) }
      let place = random.integer(below: members.count)
      switch random.integer(below: 8) {
      case 0: members.remove(at: place)
      case 1: members[place].key += "x"
      case 2, 3, 4: members[place].value = damagedOnce(members[place].value)
      default: members[place].value = replacement
      }
      return JSONObject(members).map { .object($0) } ?? value
    case .array(var elements) where !elements.isEmpty:
      let place = random.integer(below: elements.count)
      switch random.integer(below: 4) {
      case 0: elements.remove(at: place)
      case 1: elements.append(elements[place])
      default: elements[place] = damagedOnce(elements[place])
      }
      return .array(elements)
    default: return replacement
    }
  }
}
