import Storage

extension JSONDocument {
  /// A size that tables are built from: positive, and small enough that products do not overflow.
  func dimension(_ name: String, limit: Int = 1 << 20) throws(StorageError) -> Int {
    try checked(try int(name), name, limit: limit)
  }

  func dimension(_ name: String, default fallback: Int, limit: Int = 1 << 20) throws(StorageError)
    -> Int
  { try checked(try int(name, default: fallback), name, limit: limit) }

  private func checked(_ value: Int, _ name: String, limit: Int) throws(StorageError) -> Int {
    guard value >= 1 && value <= limit else {
      throw try at(name).malformed("\(value) is outside 1 … \(limit)")
    }
    return value
  }

  /// What a norm adds under the root: from 0 to 1.
  func epsilon(_ name: String, default fallback: Double) throws(StorageError) -> Float {
    let value = try double(name, default: fallback)
    guard value >= 0 && value <= 1 else {
      throw try at(name).malformed("\(value) is outside 0 … 1")
    }
    return Float(value)
  }

  /// The place of a member for an error, whether or not the file has it.
  func at(_ name: String) throws(StorageError) -> JSONDocument {
    if let given = try optional(name) { return given }
    return JSONDocument(path: path, value: .null, field: field.isEmpty ? name : "\(field).\(name)")
  }

  /// The error for what is well-formed, and means something that this engine does not compute.
  func unsupported(_ reason: String, supported: String) -> StorageError {
    .unsupported(
      path: path, field: field.isEmpty ? "root" : field, reason: reason, supported: supported)
  }

  /// Refuses a member that is present with another value than the one that is computed here.
  func demand(_ name: String, is expected: Int, because feature: String) throws(StorageError) {
    if let value = try optionalInt(name), value != expected {
      throw try at(name).unsupported("\(value) means \(feature)", supported: "\(expected)")
    }
  }

  func demand(_ name: String, is expected: String, because feature: String) throws(StorageError) {
    if let value = try optionalString(name), value != expected {
      throw try at(name).unsupported("\"\(value)\" means \(feature)", supported: expected)
    }
  }

  func demand(_ name: String, is expected: Bool, because feature: String) throws(StorageError) {
    if let value = try optionalBool(name), value != expected {
      throw try at(name).unsupported("\(value) means \(feature)", supported: "\(expected)")
    }
  }
}
