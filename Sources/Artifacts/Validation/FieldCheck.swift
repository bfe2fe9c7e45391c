/// A field of a file whose value cannot be worked with.
package struct InvalidField: Error, CustomStringConvertible, Hashable, Sendable {
  /// Place in the document: "schedule[2].to.heads".
  package var path: String
  /// What is wrong with it, and what is allowed.
  package var reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  package var description: String { "field \(path): \(reason)" }
}

/// A value of a file whose fields have ranges that their types do not tell.
package protocol FieldChecked {
  /// Throws for the first field that is out of its range, or contradicts another one.
  func check(_ fields: FieldCheck) throws(InvalidField)
}

/// Checks the members of one object of a document, and knows the object's place in it.
package struct FieldCheck: Sendable {
  /// Empty at the root.
  package let path: String

  package init(path: String = "") { self.path = path }

  private func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// The error for the member `name`, or for the object itself where it is empty.
  package func invalid(_ name: String, _ reason: String) -> InvalidField {
    InvalidField(path: name.isEmpty ? path : place(name), reason: reason)
  }

  package func integer(
    _ value: Int, _ name: String, _ range: ClosedRange<Int>
  ) throws(InvalidField) {
    guard range.contains(value) else {
      throw invalid(name, "\(value) is outside \(range.lowerBound) … \(range.upperBound)")
    }
  }

  /// No NaN and no infinity is in any range.
  package func number(
    _ value: Double?, _ name: String, _ range: ClosedRange<Double>
  ) throws(InvalidField) {
    guard let value else { return }
    guard range.contains(value) else {
      throw invalid(name, "\(value) is outside \(range.lowerBound) … \(range.upperBound)")
    }
  }

  package func positive(
    _ value: Double?, _ name: String, atMost limit: Double = FieldLimits.quantity
  ) throws(InvalidField) {
    guard let value else { return }
    guard value > 0, value <= limit else {
      throw invalid(name, "\(value) is not above 0 and at most \(limit)")
    }
  }

  package func text(
    _ value: String, _ name: String, limit: Int = FieldLimits.textBytes
  ) throws(InvalidField) {
    guard value.utf8.count <= limit else {
      throw invalid(name, "a text of \(value.utf8.count) bytes, at most \(limit) are allowed")
    }
  }

  package func texts(_ values: [String], _ name: String) throws(InvalidField) {
    try count(values, name)
    for (index, value) in values.enumerated() { try text(value, "\(name)[\(index)]") }
  }

  package func value(_ value: (some FieldChecked)?, _ name: String) throws(InvalidField) {
    guard let value else { return }
    try value.check(FieldCheck(path: place(name)))
  }

  package func values(
    _ values: [some FieldChecked], _ name: String, least: Int = 0
  ) throws(InvalidField) {
    try count(values, name, least: least)
    for (index, value) in values.enumerated() { try self.value(value, "\(name)[\(index)]") }
  }

  package func count(
    _ values: [some Any], _ name: String, least: Int = 0
  ) throws(InvalidField) {
    guard (least...FieldLimits.elements).contains(values.count) else {
      throw invalid(
        name,
        "\(values.count) elements are outside \(least) … \(FieldLimits.elements)")
    }
  }

  /// Refuses an element whose name another one has already.
  package func unique<Element>(
    _ values: [Element], _ name: String, _ key: (Element) -> String
  ) throws(InvalidField) {
    var seen: Set<String> = []
    for (index, value) in values.enumerated() where !seen.insert(key(value)).inserted {
      throw invalid("\(name)[\(index)]", "there is another one of the same name")
    }
  }

  /// A figure whose value is within `range`. The ends of its interval lie about it.
  package func figure<Q: Quantity>(
    _ figure: Figure<Q>?, _ name: String,
    _ range: ClosedRange<Double> = 0...FieldLimits.quantity
  ) throws(InvalidField) {
    guard let figure else { return }
    try text(figure.source, "\(name).source")
    guard let value = figure.value?.value, let low = figure.low?.value,
      let high = figure.high?.value
    else { return }
    try number(value, "\(name).value", range)
    // The interval of a few samples may end below 0.
    let ends = -FieldLimits.quantity...FieldLimits.quantity
    try number(low, "\(name).low", ends)
    try number(high, "\(name).high", ends)
    let rounding = 1e-9 * max(abs(value), abs(low), abs(high))
    guard low <= value + rounding else {
      throw invalid("\(name).low", "\(low) is above the value, \(value)")
    }
    guard high >= value - rounding else {
      throw invalid("\(name).high", "\(high) is below the value, \(value)")
    }
  }
}
