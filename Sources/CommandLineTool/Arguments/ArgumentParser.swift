/// The values that a command line gives to the declarations of one command.
package struct ParsedArguments: Sendable {
  private var values: [String: any Sendable] = [:]

  package init() {}

  fileprivate mutating func set(_ name: String, _ value: any Sendable) { values[name] = value }

  package func isGiven(_ declaration: any ArgumentDeclaration) -> Bool {
    values[declaration.name] != nil
  }

  /// The value given, else the default.
  package subscript<Value>(option: Option<Value>) -> Value {
    values[option.name] as? Value ?? option.defaultValue
  }

  /// True where the flag is given.
  package subscript(flag: Flag) -> Bool { values[flag.name] != nil }
}

/// Reads the words after a command's name against its declarations.
///
/// A word that starts with one dash is a value when an option is waiting for one, so that
/// `--target-ms -5` is refused as a latency and not as an unknown option. A word that starts with
/// two dashes never is; `--run=--odd` passes one.
package struct ArgumentParser: Sendable {
  private let command: String
  private let declarations: [any ArgumentDeclaration]

  package init(command: String, declarations: [any ArgumentDeclaration]) {
    self.command = command
    self.declarations = declarations
  }

  package func parse(_ words: [String]) throws(UsageError) -> ParsedArguments {
    var result = ParsedArguments()
    var remaining = words[...]
    while let word = remaining.popFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts.first ?? "")
      let declaration = try declaration(named: name, in: word)
      guard !result.isGiven(declaration) else { throw UsageError("\(name) is given twice") }

      if parts.count == 2 {
        result.set(name, try declaration.value(of: String(parts[1])))
      } else if let placeholder = declaration.placeholder {
        guard let text = remaining.first, !text.hasPrefix("--") else {
          throw UsageError("\(name) needs a value: \(name) \(placeholder)")
        }
        remaining.removeFirst()
        result.set(name, try declaration.value(of: text))
      } else {
        result.set(name, true)
      }
    }
    return result
  }

  private func declaration(
    named name: String, in word: String
  ) throws(UsageError) -> any ArgumentDeclaration {
    guard name.hasPrefix("-"), name != "-", name != "--" else {
      throw UsageError("unexpected argument \"\(word)\"; \(seeHelp)")
    }
    if let declaration = declarations.first(where: { $0.name == name }) { return declaration }
    let known = declarations.map(\.name) + ["--help"]
    let hint = likelyMeaning(of: name, among: known).map { "did you mean \($0)?" } ?? seeHelp
    throw UsageError("`planner \(command)` has no option \(name); \(hint)")
  }

  private var seeHelp: String { "see `planner \(command) --help`" }
}
