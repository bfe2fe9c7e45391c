/// Something that a command accepts by name. `Option` and `Flag` are its two kinds.
package protocol ArgumentDeclaration: Sendable {
  /// With its dashes: "--run".
  var name: String { get }
  /// Nil where no value follows the name.
  var placeholder: String? { get }
  /// A line of help, without the default.
  var help: String { get }
  /// The default in help texts; nil where there is none to show.
  var defaultDescription: String? { get }
  /// The value of the text that was given.
  func value(of text: String) throws(UsageError) -> any Sendable
}

/// A name followed by a value: `--run DIR` or `--run=DIR`.
///
/// `Value` is optional exactly where the option has no default.
package struct Option<Value: Sendable>: ArgumentDeclaration {
  package let name: String
  package let placeholder: String?
  package let help: String
  package let defaultDescription: String?
  let defaultValue: Value
  private let expectation: String
  private let read: @Sendable (String) -> Value?

  package init(_ name: String, _ format: ValueFormat<Value>, default value: Value, help: String) {
    self.name = name
    self.placeholder = format.placeholder
    self.help = help
    // 90, not 90.0: defaults are shown as a person would type them.
    self.defaultDescription = (value as? Double).map(shortest) ?? "\(value)"
    self.defaultValue = value
    self.expectation = format.expectation
    self.read = format.read
  }

  package init<Wrapped>(_ name: String, _ format: ValueFormat<Wrapped>, help: String)
  where Value == Wrapped? {
    self.name = name
    self.placeholder = format.placeholder
    self.help = help
    self.defaultDescription = nil
    self.defaultValue = nil
    self.expectation = format.expectation
    self.read = { text in format.read(text).map(Value.some) }
  }

  package func value(of text: String) throws(UsageError) -> any Sendable {
    guard let value = read(text) else {
      throw UsageError("\(name) must be \(expectation), got \"\(text)\"")
    }
    return value
  }
}

/// A name without a value: present or not.
package struct Flag: ArgumentDeclaration {
  package let name: String
  package let help: String
  package var placeholder: String? { nil }
  package var defaultDescription: String? { nil }

  package init(_ name: String, help: String) {
    self.name = name
    self.help = help
  }

  package func value(of text: String) throws(UsageError) -> any Sendable {
    throw UsageError("\(name) takes no value, got \"\(text)\"")
  }
}
