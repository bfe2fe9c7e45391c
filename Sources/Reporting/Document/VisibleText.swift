/// Text from outside must not steer a terminal or a page: what would is shown instead of sent.
extension StringProtocol {
  /// With every control character, line separator and mark of writing direction spelled out, as
  /// `\u{1B}`; line feeds stay where `keepingLines`.
  package func visible(keepingLines: Bool = false) -> String {
    escapingUnseen { scalar in
      keepingLines && scalar == "\n" ? nil : "\\u{\(hexadecimal(scalar))}"
    }
  }

  /// The same JSON document without such a character: within its strings they become `\u009b`.
  ///
  /// Between strings a JSON document has no control characters other than white space, which stays.
  package var visibleJSON: String {
    escapingUnseen { scalar in
      if ["\n", "\r", "\t"].contains(scalar) { return nil }
      let digits = hexadecimal(scalar)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }

  /// `escape` gives what stands for an unseen character, nil to leave it.
  private func escapingUnseen(_ escape: (Unicode.Scalar) -> String?) -> String {
    guard unicodeScalars.contains(where: \.isUnseen) else { return String(self) }
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar.isUnseen, let escaped = escape(scalar) {
        result.append(contentsOf: escaped.unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}

/// At most four digits: every character that is unseen is in the first plane.
private func hexadecimal(_ scalar: Unicode.Scalar) -> String {
  String(scalar.value, radix: 16, uppercase: true)
}

extension Unicode.Scalar {
  /// C0, DEL and C1 (ECMA-48), the line and paragraph separators, and the marks, embeddings,
  /// overrides and isolates of the bidirectional algorithm (UAX #9).
  var isUnseen: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
