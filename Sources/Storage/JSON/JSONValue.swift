package import Foundation

/// A JSON value as it was written: integers exact, members in order, no key twice.
package enum JSONValue: Sendable {
  case null
  case bool(Bool)
  /// A number without fraction or exponent that fits 64 bits.
  case integer(Int)
  /// Any other number; finite.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// The members of a JSON object in the order of the file, found by key in constant time.
package struct JSONObject: Sendable, RandomAccessCollection {
  package typealias Member = (key: String, value: JSONValue)

  private let members: [Member]
  /// Absent for small objects, where looking at each key is faster.
  private let positions: [ExactText: Int]?
  private static let smallCount = 8

  /// Nil if a key occurs twice.
  package init?(_ members: [(key: String, value: JSONValue)]) {
    self.members = members
    if members.count <= Self.smallCount {
      positions = nil
      for (position, member) in members.enumerated() {
        let key = ExactText(member.key)
        if members[..<position].contains(where: { ExactText($0.key) == key }) { return nil }
      }
    } else {
      var positions: [ExactText: Int] = [:]
      positions.reserveCapacity(members.count)
      for (position, member) in members.enumerated() {
        if positions.updateValue(position, forKey: ExactText(member.key)) != nil { return nil }
      }
      self.positions = positions
    }
  }

  package var startIndex: Int { members.startIndex }
  package var endIndex: Int { members.endIndex }
  package subscript(position: Int) -> Member { members[position] }

  /// The value of a key, byte for byte.
  package subscript(key: String) -> JSONValue? {
    let wanted = ExactText(key)
    if let positions { return positions[wanted].map { members[$0].value } }
    return members.first { ExactText($0.key) == wanted }?.value
  }
}

extension JSONValue {
  /// Reads one value that fills the bytes; strict as `JSONScanner` describes, but for a byte order mark
  /// in front, which editors on Windows write.
  ///
  /// - Parameter path: names the source in errors.
  package static func parse(_ data: Data, path: String) throws(StorageError) -> JSONValue {
    // Data's closure has untyped errors; a Result carries ours through.
    try data.withUnsafeBytes { bytes in
      Result { () throws(StorageError) in try parse(bytes: bytes, path: path) }
    }.get()
  }

  /// Reads a file that holds one value.
  package static func parse(file path: String) throws(StorageError) -> JSONValue {
    try MappedFile(path: path).withUnsafeBytes { bytes in
      Result { () throws(StorageError) in try parse(bytes: bytes, path: path) }
    }.get()
  }

  private static func parse(
    bytes: UnsafeRawBufferPointer, path: String
  ) throws(StorageError) -> JSONValue {
    if let encoding = wideEncoding(of: bytes) {
      throw .malformed(
        path: path, field: "byte 0", reason: "the text is \(encoding); save it as UTF-8")
    }
    let start = byteOrderMarkLength(of: bytes)
    do {
      var scanner = JSONScanner(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(start)))
      let value = try scanner.value()
      try scanner.end()
      return value
    } catch {
      throw .malformed(path: path, field: "byte \(start + error.offset)", reason: error.reason)
    }
  }

  /// What the value is, in words for an error message.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSONValue: Equatable {
  /// Strings by their bytes; members in order; an integer never equals a number.
  package static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.integer(let left), .integer(let right)): left == right
    case (.number(let left), .number(let right)): left == right
    case (.string(let left), .string(let right)): ExactText(left) == ExactText(right)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)):
      left.elementsEqual(right) { ExactText($0.key) == ExactText($1.key) && $0.value == $1.value }
    default: false
    }
  }
}
