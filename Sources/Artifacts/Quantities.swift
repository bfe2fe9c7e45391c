/// A physical quantity: one number in one fixed unit, never interchangeable with another quantity.
///
/// Crossing a module boundary as a quantity instead of a `Double` makes it impossible to add
/// seconds to joules, or to read milliseconds as seconds. Encoded in JSON as its bare number, in
/// the unit that the type names.
package protocol Quantity: Codable, Comparable, Hashable, Sendable {
  /// The magnitude, in `Self.unit`.
  var value: Double { get }
  init(_ value: Double)
  /// The unit's symbol, as printed in reports.
  static var unit: String { get }
}

extension Quantity {
  package static var zero: Self { Self(0) }

  package init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(Double.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }

  package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
  package static func + (left: Self, right: Self) -> Self { Self(left.value + right.value) }
  package static func - (left: Self, right: Self) -> Self { Self(left.value - right.value) }
  package static func * (left: Self, right: Double) -> Self { Self(left.value * right) }
  package static func * (left: Double, right: Self) -> Self { Self(left * right.value) }
  package static func / (left: Self, right: Double) -> Self { Self(left.value / right) }
  /// The ratio of two quantities of one kind, without unit.
  package static func / (left: Self, right: Self) -> Double { left.value / right.value }
  package static func += (left: inout Self, right: Self) { left = left + right }
  package static func -= (left: inout Self, right: Self) { left = left - right }
}

/// A duration in seconds.
package struct Seconds: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = "s"

  package init(milliseconds: Double) { value = milliseconds / 1_000 }
  package var milliseconds: Double { value * 1_000 }
}

/// An energy in joules.
package struct Joules: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = "J"

  package init(_ energy: KilowattHours) { value = energy.value * 3.6e6 }
}

/// An energy in kilowatt-hours (3.6 MJ).
package struct KilowattHours: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = "kWh"

  package init(_ energy: Joules) { value = energy.value / 3.6e6 }
}

/// A power in watts.
package struct Watts: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = "W"

  package static func * (power: Watts, time: Seconds) -> Joules { Joules(power.value * time.value) }
}

/// A mass of emitted carbon-dioxide equivalent, in grams.
package struct GramsCO2e: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = "gCO2e"
}

/// A share of exactly matched answers, between 0 and 1.
package struct Accuracy: Quantity {
  /// Far less than one answer of any split, and more than the rounding of a difference.
  package static let slack = 1e-9
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = ""
}

/// A cross-entropy in nats for each token.
package struct NatsPerToken: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = "nats per token"
}
