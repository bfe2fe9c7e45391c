/// Finds tags that are not closed, closed twice or nested wrongly. Attributes must be quoted.
enum MarkupChecker {
  private static let void: Set<String> = ["meta", "link", "br", "img"]

  /// Nil where the markup is balanced, else the first fault.
  static func fault(in markup: String) -> String? {
    var open: [String] = []
    var rest = Substring(markup)
    while let start = rest.firstIndex(of: "<") {
      rest = rest[rest.index(after: start)...]
      guard let end = endOfTag(rest) else { return "a tag is not closed: \(rest.prefix(40))" }
      let tag = rest[..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("!") { continue }
      let isClosing = tag.hasPrefix("/")
      let name = tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }.lowercased()
      guard !name.isEmpty else { return "a tag without name: <\(tag.prefix(40))>" }
      if isClosing {
        guard open.popLast() == name else { return "</\(name)> closes something else" }
      } else if !tag.hasSuffix("/") && !void.contains(name) {
        open.append(name)
      }
    }
    return open.isEmpty ? nil : "never closed: \(open)"
  }

  /// The first ">" outside double quotes.
  private static func endOfTag(_ text: Substring) -> Substring.Index? {
    var isQuoted = false
    for index in text.indices {
      if text[index] == "\"" { isQuoted.toggle() }
      if text[index] == ">" && !isQuoted { return index }
      if text[index] == "<" { return nil }
    }
    return nil
  }

  static func count(_ needle: String, in text: String) -> Int {
    text.components(separated: needle) - 1
  }
}

extension String {
  fileprivate func components(separated needle: String) -> Int {
    var count = 1
    var rest = Substring(self)
    while let range = rest.firstRange(of: needle) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
