package import Foundation

/// A JSON value that knows its file and its place in it, so that every error can name both.
///
/// Fields are named by keys joined with dots: `text_config.hidden_size`. A key that itself contains
/// a dot is reached through `members`.
package struct JSONDocument: Sendable {
  package let path: String
  /// Place of the value in the file; empty at the root.
  package let field: String
  package let value: JSONValue

  /// A document that `path` names in errors.
  package init(path: String, value: JSONValue, field: String = "") {
    self.path = path
    self.field = field
    self.value = value
  }

  package init(file path: String) throws(StorageError) {
    self.init(path: path, value: try JSONValue.parse(file: path))
  }

  package init(data: Data, path: String) throws(StorageError) {
    self.init(path: path, value: try JSONValue.parse(data, path: path))
  }
}

// MARK: - Navigation

extension JSONDocument {
  /// The field, or nil if it is absent or null.
  package func optional(_ name: String) throws(StorageError) -> JSONDocument? {
    var document = self
    for key in name.split(separator: ".", omittingEmptySubsequences: false) {
      guard case .object(let object) = document.value else {
        throw document.wrong("an object")
      }
      guard let value = object[String(key)], value != .null else { return nil }
      document = document.child(String(key), value)
    }
    return document
  }

  /// - Throws: `missingField` if the field is absent or null.
  package func required(_ name: String) throws(StorageError) -> JSONDocument {
    guard let document = try optional(name) else {
      throw .missingField(path: path, field: place(name))
    }
    return document
  }

  package func contains(_ name: String) -> Bool {
    ((try? optional(name)) ?? nil) != nil
  }

  /// Members of this object, in the order of the file.
  package var members: [(key: String, value: JSONDocument)] {
    get throws(StorageError) {
      guard case .object(let object) = value else { throw wrong("an object") }
      return object.map { ($0.key, child($0.key, $0.value)) }
    }
  }

  /// Elements of this array.
  package var elements: [JSONDocument] {
    get throws(StorageError) {
      guard case .array(let array) = value else { throw wrong("an array") }
      return array.enumerated().map { child(String($0.offset), $0.element) }
    }
  }

  private func child(_ key: String, _ value: JSONValue) -> JSONDocument {
    JSONDocument(path: path, value: value, field: place(key))
  }

  private func place(_ name: String) -> String { field.isEmpty ? name : "\(field).\(name)" }

  /// The error for a value that is well-formed and not what the reader can use.
  package func malformed(_ reason: String) -> StorageError {
    .malformed(path: path, field: field.isEmpty ? "root" : field, reason: reason)
  }

  private func wrong(_ expected: String) -> StorageError {
    malformed("expected \(expected), found \(value.kind)")
  }
}

// MARK: - This value as a type

extension JSONDocument {
  package var asInt: Int {
    get throws(StorageError) {
      guard case .integer(let integer) = value else { throw wrong("an integer") }
      return integer
    }
  }

  /// An integer counts as a number.
  package var asDouble: Double {
    get throws(StorageError) {
      switch value {
      case .integer(let integer): return Double(integer)
      case .number(let number): return number
      default: throw wrong("a number")
      }
    }
  }

  package var asBool: Bool {
    get throws(StorageError) {
      guard case .bool(let bool) = value else { throw wrong("a boolean") }
      return bool
    }
  }

  package var asString: String {
    get throws(StorageError) {
      guard case .string(let string) = value else { throw wrong("a string") }
      return string
    }
  }
}

// MARK: - Fields as a type

extension JSONDocument {
  package func int(_ name: String) throws(StorageError) -> Int { try required(name).asInt }
  package func double(_ name: String) throws(StorageError) -> Double { try required(name).asDouble }
  package func bool(_ name: String) throws(StorageError) -> Bool { try required(name).asBool }
  package func string(_ name: String) throws(StorageError) -> String { try required(name).asString }

  /// Nil if the field is absent or null; throws if it is something else than an integer.
  package func optionalInt(_ name: String) throws(StorageError) -> Int? {
    guard let document = try optional(name) else { return nil }
    return try document.asInt
  }

  /// Nil if the field is absent or null; throws if it is something else than a number.
  package func optionalDouble(_ name: String) throws(StorageError) -> Double? {
    guard let document = try optional(name) else { return nil }
    return try document.asDouble
  }

  /// Nil if the field is absent or null; throws if it is something else than a boolean.
  package func optionalBool(_ name: String) throws(StorageError) -> Bool? {
    guard let document = try optional(name) else { return nil }
    return try document.asBool
  }

  /// Nil if the field is absent or null; throws if it is something else than a string.
  package func optionalString(_ name: String) throws(StorageError) -> String? {
    guard let document = try optional(name) else { return nil }
    return try document.asString
  }

  package func int(_ name: String, default fallback: Int) throws(StorageError) -> Int {
    try optionalInt(name) ?? fallback
  }

  package func double(_ name: String, default fallback: Double) throws(StorageError) -> Double {
    try optionalDouble(name) ?? fallback
  }

  package func bool(_ name: String, default fallback: Bool) throws(StorageError) -> Bool {
    try optionalBool(name) ?? fallback
  }

  package func string(_ name: String, default fallback: String) throws(StorageError) -> String {
    try optionalString(name) ?? fallback
  }

  /// The elements of an array field.
  package func array(_ name: String) throws(StorageError) -> [JSONDocument] {
    try required(name).elements
  }

  package func ints(_ name: String) throws(StorageError) -> [Int] {
    var result: [Int] = []
    for element in try array(name) { result.append(try element.asInt) }
    return result
  }

  package func strings(_ name: String) throws(StorageError) -> [String] {
    var result: [String] = []
    for element in try array(name) { result.append(try element.asString) }
    return result
  }
}
