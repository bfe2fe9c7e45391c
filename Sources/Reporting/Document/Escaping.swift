/// Text from records is hostile until it is escaped.
enum Escaping {
  /// Safe in HTML and SVG text and in double-quoted attributes; control characters are spelled out.
  static func html(_ text: String) -> String {
    escape(text) { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "'": "&#39;"
      default: nil
      }
    }
  }

  /// Safe in a paragraph and in a cell of a table; control characters are spelled out.
  static func markdown(_ text: String) -> String {
    escape(text) { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\\", "`", "*", "_", "[", "]", "|", "#", "~": "\\\(scalar)"
      default: nil
      }
    }
  }

  /// White space of any kind is a space: a line break would end a cell or begin a block.
  private static func escape(_ text: String, _ special: (Unicode.Scalar) -> String?) -> String {
    var spaced = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      spaced.append(["\n", "\t"].contains(scalar) ? " " : scalar)
    }
    var result = ""
    for scalar in String(spaced).visible().unicodeScalars {
      if let escaped = special(scalar) {
        result += escaped
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
