import Artifacts
import Foundation

/// A unit to print a magnitude in: printed number = magnitude · factor.
struct DisplayUnit {
  var factor: Double
  var symbol: String
  /// Digits after the point; nil keeps three significant digits.
  var decimals: Int? = nil
  /// True for differences, which carry their sign even where it is plus.
  var signed = false
}

/// Numbers in a reader's form, the same on every machine and locale.
enum NumberFormat {
  /// Digits after the point that keep three significant digits.
  static func decimals(for value: Double) -> Int {
    guard value.isFinite, value != 0 else { return 0 }
    return max(0, min(6, 2 - Int(log10(abs(value)).rounded(.down))))
  }

  static func text(_ value: Double, decimals: Int, signed: Bool = false) -> String {
    guard value.isFinite else { return "not finite" }
    let digits = String(format: "%.\(decimals)f", abs(value))
    let parts = digits.split(separator: ".", maxSplits: 1).map(String.init)
    let isZero = !digits.contains { $0 != "0" && $0 != "." }
    let sign = isZero ? "" : value < 0 ? "−" : signed ? "+" : ""
    let fraction = parts.count > 1 ? "." + parts[1] : ""
    return sign + grouped(parts.first ?? "0") + fraction
  }

  /// Groups of three, separated by a narrow no-break space, from five digits on.
  static func grouped(_ digits: String) -> String {
    guard digits.count > 4 else { return digits }
    var result = ""
    for (offset, digit) in digits.enumerated() {
      if offset > 0 && (digits.count - offset) % 3 == 0 { result += "\u{202F}" }
      result.append(digit)
    }
    return result
  }

  static func integer(_ value: Int) -> String {
    (value < 0 ? "−" : "") + grouped(String(value.magnitude))
  }

  /// A setting: the shortest text that reads back as the same number.
  static func setting(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15
      ? text(value, decimals: 0) : "\(value)".replacingOccurrences(of: "-", with: "−")
  }

  /// Millions and billions of parameters, as papers give them.
  static func parameters(_ count: Int) -> String {
    let value = Double(count)
    if value >= 1e9 { return text(value / 1e9, decimals: 2) + " B" }
    if value >= 1e6 { return text(value / 1e6, decimals: 2) + " M" }
    return integer(count)
  }

  /// The unit in which a magnitude is easiest to read.
  static func unit<Q: Quantity>(_ type: Q.Type, for magnitude: Double, currency: String)
    -> DisplayUnit
  {
    let size = abs(magnitude)
    switch type {
    case is Seconds.Type:
      if size >= 7_200 { return DisplayUnit(factor: 1 / 3_600, symbol: "h") }
      if size >= 120 { return DisplayUnit(factor: 1 / 60, symbol: "min") }
      if size >= 1 { return DisplayUnit(factor: 1, symbol: "s") }
      if size >= 1e-3 || size == 0 { return DisplayUnit(factor: 1e3, symbol: "ms") }
      return DisplayUnit(factor: 1e6, symbol: "µs")
    case is Joules.Type:
      if size >= 3.6e6 { return DisplayUnit(factor: 1 / 3.6e6, symbol: "kWh") }
      if size >= 1e3 { return DisplayUnit(factor: 1e-3, symbol: "kJ") }
      if size >= 1 || size == 0 { return DisplayUnit(factor: 1, symbol: "J") }
      if size >= 1e-3 { return DisplayUnit(factor: 1e3, symbol: "mJ") }
      return DisplayUnit(factor: 1e6, symbol: "µJ")
    case is KilowattHours.Type:
      if size >= 1e6 { return DisplayUnit(factor: 1e-6, symbol: "GWh") }
      if size >= 1e3 { return DisplayUnit(factor: 1e-3, symbol: "MWh") }
      if size >= 1 || size == 0 { return DisplayUnit(factor: 1, symbol: "kWh") }
      if size >= 1e-3 { return DisplayUnit(factor: 1e3, symbol: "Wh") }
      return DisplayUnit(factor: 1e6, symbol: "mWh")
    case is GramsCO2e.Type:
      if size >= 1e6 { return DisplayUnit(factor: 1e-6, symbol: "t CO₂e") }
      if size >= 1e3 { return DisplayUnit(factor: 1e-3, symbol: "kg CO₂e") }
      if size >= 1 || size == 0 { return DisplayUnit(factor: 1, symbol: "g CO₂e") }
      if size >= 1e-3 { return DisplayUnit(factor: 1e3, symbol: "mg CO₂e") }
      return DisplayUnit(factor: 1e6, symbol: "µg CO₂e")
    case is Accuracy.Type: return DisplayUnit(factor: 100, symbol: "%", decimals: 1)
    case is AccuracyChange.Type:
      return DisplayUnit(factor: 100, symbol: "points", decimals: 1, signed: true)
    case is NatsPerToken.Type: return DisplayUnit(factor: 1, symbol: "nats", decimals: 4)
    case is RelativeError.Type:
      return DisplayUnit(factor: 100, symbol: "%", decimals: 1, signed: true)
    case is Money.Type:
      return DisplayUnit(factor: 1, symbol: currency, decimals: size >= 100 ? 0 : 2)
    case is ParameterCount.Type:
      if size >= 1e9 { return DisplayUnit(factor: 1e-9, symbol: "billion", decimals: 2) }
      if size >= 1e6 { return DisplayUnit(factor: 1e-6, symbol: "million", decimals: 2) }
      return DisplayUnit(factor: 1, symbol: "", decimals: 0)
    case is Days.Type:
      if size >= 730 { return DisplayUnit(factor: 1 / 365, symbol: "years") }
      if size >= 2 { return DisplayUnit(factor: 1, symbol: "days") }
      if size >= 1.0 / 12 || size == 0 { return DisplayUnit(factor: 24, symbol: "h") }
      return DisplayUnit(factor: 1_440, symbol: "min")
    case is Requests.Type:
      if size >= 1e6 { return DisplayUnit(factor: 1e-6, symbol: "million requests") }
      return DisplayUnit(factor: 1, symbol: Q.unit, decimals: 0)
    default: return DisplayUnit(factor: 1, symbol: Q.unit)
    }
  }
}
