import Foundation

/// How the text after an option becomes a value, and what to say when it does not.
package struct ValueFormat<Value: Sendable>: Sendable {
  /// Stands for the value in help texts: "N", "DIR".
  let placeholder: String
  /// Completes the sentence "--option must be …".
  let expectation: String
  /// The value of a text; nil where the text is not one.
  let read: @Sendable (String) -> Value?

  package init(
    placeholder: String, expectation: String, read: @escaping @Sendable (String) -> Value?
  ) {
    self.placeholder = placeholder
    self.expectation = expectation
    self.read = read
  }
}

extension ValueFormat where Value == Double {
  /// A finite decimal number above zero, counted in `unit`.
  package static func positive(_ unit: String) -> Self {
    .init(placeholder: "N", expectation: "a positive number of \(unit)") { text in
      guard let value = decimal(text), value > 0 else { return nil }
      return value
    }
  }

  /// A finite decimal number above a bound, without unit.
  package static func number(above bound: Double) -> Self {
    .init(placeholder: "N", expectation: "a number above \(shortest(bound))") { text in
      guard let value = decimal(text), value > bound else { return nil }
      return value
    }
  }

  /// A share from 0 to 1.
  package static var share: Self {
    .init(placeholder: "N", expectation: "a number from 0 to 1") { text in
      guard let value = decimal(text), (0...1).contains(value) else { return nil }
      return value
    }
  }

  /// `Double.init` also reads "nan", "infinity" and hexadecimal, which nobody means on a command
  /// line.
  private static func decimal(_ text: String) -> Double? {
    guard text.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }),
      let value = Double(text), value.isFinite
    else { return nil }
    return value
  }
}

extension ValueFormat where Value == Int {
  /// A whole number in a range.
  package static func integer(in range: ClosedRange<Int>) -> Self {
    .init(
      placeholder: "N",
      expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)"
    ) { text in
      guard let value = Int(text), range.contains(value) else { return nil }
      return value
    }
  }

  /// A whole number of at least one.
  package static func count(_ unit: String) -> Self {
    .init(placeholder: "N", expectation: "a positive whole number of \(unit)") { text in
      guard let value = Int(text), value > 0 else { return nil }
      return value
    }
  }
}

extension ValueFormat where Value == UInt64 {
  /// A seed: any whole number of 64 bits without sign.
  package static var seed: Self {
    .init(placeholder: "SEED", expectation: "a whole number from 0 to 2⁶⁴ − 1") { UInt64($0) }
  }
}

extension ValueFormat where Value == String {
  /// A path or a name; only the empty text is refused.
  package static func text(_ placeholder: String, _ expectation: String) -> Self {
    .init(placeholder: placeholder, expectation: expectation) { $0.isEmpty ? nil : $0 }
  }

  /// One of a few names.
  package static func choice(_ placeholder: String, of names: [String]) -> Self {
    let list = names.joined(separator: ", ")
    return .init(placeholder: placeholder, expectation: "one of \(list)") {
      names.contains($0) ? $0 : nil
    }
  }
}
