/// Where and why bytes are not JSON.
struct JSONSyntaxError: Error {
  /// Bytes before the offending one.
  let offset: Int
  let reason: String
}

/// Reads JSON (RFC 8259) from left to right, token by token, without building what is not asked for.
///
/// Stricter than Foundation: no byte-order mark, no control bytes in strings, no unpaired surrogates,
/// no invalid UTF-8, no number beyond a double, at most 64 levels. `value` adds: no key twice.
struct JSONScanner {
  static let depthLimit = 64

  private let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0
  private var depth = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next byte after white space; nil at the end.
  mutating func peek() -> UInt8? {
    while offset < bytes.count {
      let byte = bytes[offset]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      offset += 1
    }
    return nil
  }

  mutating func take(_ character: Unicode.Scalar) throws(JSONSyntaxError) {
    guard peek() == UInt8(ascii: character) else { throw expected("'\(character)'") }
    offset += 1
  }

  /// Takes the byte if it comes next.
  mutating func takes(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  /// Nothing but white space may follow.
  mutating func end() throws(JSONSyntaxError) {
    guard peek() == nil else { throw failure("unexpected bytes after the value") }
  }

  /// Calls `member` at the value of each member; `member` must read exactly that value.
  ///
  /// - Parameter keyLimit: most bytes a key may have in the file.
  mutating func object(
    keyLimit: Int = .max,
    _ member: (inout JSONScanner, String) throws(JSONSyntaxError) -> Void
  ) throws(JSONSyntaxError) {
    try take("{")
    try enter()
    if !takes("}") {
      repeat {
        let key = try string(limit: keyLimit)
        try take(":")
        try member(&self, key)
      } while takes(",")
      try take("}")
    }
    depth -= 1
  }

  /// Calls `element` at each element; `element` must read exactly that value.
  mutating func array(
    _ element: (inout JSONScanner) throws(JSONSyntaxError) -> Void
  ) throws(JSONSyntaxError) {
    try take("[")
    try enter()
    if !takes("]") {
      repeat { try element(&self) } while takes(",")
      try take("]")
    }
    depth -= 1
  }

  /// Digits only: no sign, fraction, exponent or leading zero, at most `Int.max`.
  mutating func naturalNumber() throws(JSONSyntaxError) -> Int {
    _ = peek()
    guard case .integer(let value) = try number(), value >= 0 else {
      throw failure("expected an integer from 0 to \(Int.max)")
    }
    return value
  }

  private mutating func enter() throws(JSONSyntaxError) {
    depth += 1
    guard depth <= Self.depthLimit else {
      throw failure("more than \(Self.depthLimit) levels of nesting")
    }
  }

  func failure(_ reason: String) -> JSONSyntaxError {
    JSONSyntaxError(offset: offset, reason: reason)
  }

  private func expected(_ what: String) -> JSONSyntaxError {
    failure(offset < bytes.count ? "expected \(what)" : "ends where \(what) is expected")
  }
}

// MARK: - Strings

extension JSONScanner {
  /// - Parameter limit: most bytes the string may have in the file, between its quotes.
  mutating func string(limit: Int = .max) throws(JSONSyntaxError) -> String {
    try take("\"")
    let start = offset
    while true {
      guard offset < bytes.count else { throw expected("the end of a string") }
      guard offset - start <= limit else { throw failure("string longer than \(limit) bytes") }
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        let text = try text(bytes[start..<offset])
        offset += 1
        return text
      case UInt8(ascii: "\\"):
        return try escapedString(start: start, limit: limit)
      case 0..<0x20:
        throw failure("control byte in a string")
      default:
        offset += 1
      }
    }
  }

  /// A string from its first escape on; `start` is where its bytes began.
  private mutating func escapedString(
    start: Int, limit: Int
  ) throws(JSONSyntaxError) -> String {
    var unescaped = [UInt8](bytes[start..<offset])
    while true {
      guard offset < bytes.count else { throw expected("the end of a string") }
      guard offset - start <= limit else { throw failure("string longer than \(limit) bytes") }
      let byte = bytes[offset]
      switch byte {
      case UInt8(ascii: "\""):
        let text = try text(unescaped)
        offset += 1
        return text
      case UInt8(ascii: "\\"):
        offset += 1
        unescaped.append(contentsOf: try escape().utf8)
      case 0..<0x20:
        throw failure("control byte in a string")
      default:
        unescaped.append(byte)
        offset += 1
      }
    }
  }

  private func text(_ bytes: some Collection<UInt8>) throws(JSONSyntaxError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw failure("invalid UTF-8 in a string")
    }
    return text
  }

  private mutating func escape() throws(JSONSyntaxError) -> String {
    guard offset < bytes.count else { throw expected("an escape") }
    let byte = bytes[offset]
    offset += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return String(Character(try unicodeEscape()))
    default:
      offset -= 1
      throw failure("unknown escape in a string")
    }
  }

  private mutating func unicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xD800..<0xDC00).contains(first), offset + 1 < bytes.count,
      bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u")
    else { throw failure("unpaired surrogate in a string") }
    offset += 2
    let second = try fourHexDigits()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw failure("unpaired surrogate in a string") }
    return scalar
  }

  private mutating func fourHexDigits() throws(JSONSyntaxError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard offset < bytes.count else { throw expected("four hexadecimal digits") }
      let byte = bytes[offset]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw expected("four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }
}

// MARK: - Values

extension JSONScanner {
  /// Any value, built whole; refuses a key that its object already has, after unescaping.
  mutating func value() throws(JSONSyntaxError) -> JSONValue {
    switch peek() {
    case UInt8(ascii: "{"):
      let start = offset
      var members: [JSONObject.Member] = []
      try object { (scanner, key) throws(JSONSyntaxError) in
        members.append((key, try scanner.value()))
      }
      guard let object = JSONObject(members) else {
        throw JSONSyntaxError(offset: start, reason: repeated(members))
      }
      return .object(object)
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      try array { (scanner) throws(JSONSyntaxError) in elements.append(try scanner.value()) }
      return .array(elements)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return try number()
    }
  }

  private func repeated(_ members: [JSONObject.Member]) -> String {
    var seen: Set<ExactText> = []
    let key = members.first { !seen.insert(ExactText($0.key)).inserted }?.key ?? ""
    let quoted = String(decoding: JSONText.quoted(String(key.prefix(60))), as: UTF8.self)
    return "an object has the key \(quoted) twice"
  }

  private mutating func literal(
    _ word: StaticString, _ value: JSONValue
  ) throws(JSONSyntaxError) -> JSONValue {
    let matches = word.withUTF8Buffer { letters in
      bytes.count - offset >= letters.count && bytes[offset...].starts(with: letters)
    }
    guard matches else { throw expected("'\(word)'") }
    offset += word.utf8CodeUnitCount
    return value
  }

  private mutating func number() throws(JSONSyntaxError) -> JSONValue {
    let start = offset
    if current == UInt8(ascii: "-") { offset += 1 }
    if current == UInt8(ascii: "0") {
      offset += 1
      if isDigit(current) { throw failure("a number starts with a superfluous zero") }
    } else {
      try digits()
    }
    var isInteger = true
    if current == UInt8(ascii: ".") {
      isInteger = false
      offset += 1
      try digits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isInteger = false
      offset += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
      try digits()
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    // A minus zero is a float's; an integer beyond 64 bits is kept as the nearest double.
    if isInteger, text != "-0", let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      throw JSONSyntaxError(offset: start, reason: "number beyond the range of a double")
    }
    return .number(number)
  }

  private mutating func digits() throws(JSONSyntaxError) {
    guard isDigit(current) else { throw expected("a value or a digit") }
    while isDigit(current) { offset += 1 }
  }

  private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private func isDigit(_ byte: UInt8?) -> Bool {
    guard let byte else { return false }
    return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}
