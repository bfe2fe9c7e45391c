package import Foundation

/// Order of the members when a value is written.
package enum JSONKeyOrder: Sendable {
  /// As the object holds them.
  case kept
  /// By the bytes of the keys.
  case sorted
}

extension JSONValue {
  /// UTF-8 text that parses to the same value; equal values give equal bytes.
  ///
  /// - Parameter indented: one member or element per line, two spaces per level, a final line break.
  /// - Throws: `StorageError.malformed` if a number is infinite or not a number; `path` names it.
  package func serialized(
    keys: JSONKeyOrder = .kept, indented: Bool = false, path: String = "JSON"
  ) throws(StorageError) -> Data {
    var writer = JSONWriter(order: keys, indented: indented, path: path)
    try writer.write(self, level: 0)
    if indented { writer.bytes.append(UInt8(ascii: "\n")) }
    return Data(writer.bytes)
  }

  /// An object from distinct keys.
  ///
  /// - Precondition: no key occurs twice.
  package static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    guard let object = JSONObject(members.map { ($0.key, $0.value) }) else {
      preconditionFailure("a key occurs twice")
    }
    return .object(object)
  }
}

private struct JSONWriter {
  let order: JSONKeyOrder
  let indented: Bool
  let path: String
  var bytes: [UInt8] = []

  mutating func write(_ value: JSONValue, level: Int) throws(StorageError) {
    switch value {
    case .null: append("null")
    case .bool(let bool): append(bool ? "true" : "false")
    case .integer(let integer): append(String(integer))
    case .number(let number):
      guard number.isFinite else {
        throw .malformed(path: path, field: "number", reason: "JSON has no \(number)")
      }
      // The shortest text that reads back as the same double.
      append(number.description)
    case .string(let string): appendQuoted(string)
    case .array(let elements):
      try group("[", "]", elements, level) { (writer, element) throws(StorageError) in
        try writer.write(element, level: level + 1)
      }
    case .object(let object):
      let members =
        order == .kept ? Array(object) : object.sorted { ExactText.precedes($0.key, $1.key) }
      try group("{", "}", members, level) { (writer, member) throws(StorageError) in
        writer.appendQuoted(member.key)
        writer.append(writer.indented ? ": " : ":")
        try writer.write(member.value, level: level + 1)
      }
    }
  }

  private mutating func group<Item>(
    _ open: String, _ close: String, _ items: [Item], _ level: Int,
    _ write: (inout JSONWriter, Item) throws(StorageError) -> Void
  ) throws(StorageError) {
    append(open)
    for (position, item) in items.enumerated() {
      if position > 0 { append(",") }
      breakLine(level + 1)
      try write(&self, item)
    }
    if !items.isEmpty { breakLine(level) }
    append(close)
  }

  private mutating func breakLine(_ level: Int) {
    guard indented else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func appendQuoted(_ text: String) {
    bytes.append(contentsOf: JSONText.quoted(text))
  }
}

/// Quoting of strings, shared with writers that build JSON by hand.
enum JSONText {
  static func quoted(_ text: String) -> [UInt8] {
    var bytes = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20:
        let hexadecimal = String(byte, radix: 16)
        bytes.append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
        bytes.append(contentsOf: hexadecimal.utf8)
      default:
        bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
    return bytes
  }
}
