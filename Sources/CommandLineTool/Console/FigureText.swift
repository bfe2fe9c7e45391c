import Artifacts
import Foundation

/// Figures in a terminal's form: a mark for the provenance, the value, its interval.
enum FigureText {
  /// What the marks mean; printed once below each table that has them.
  static let legend = "~ modelled, ÷ attributed, – unavailable, else measured; [80 % interval]"

  /// One cell of a table, with three significant digits; the interval where one is known.
  static func cell<Q>(
    _ figure: Figure<Q>, scale: Double = 1, unit: String = Q.unit, interval: Bool = false
  ) -> String {
    guard let value = figure.value else { return "–" }
    let space = unit.isEmpty ? "" : " "
    let number = significant(value.value * scale)
    guard interval, let low = figure.low, let high = figure.high, low < high else {
      return mark(figure.provenance) + number + space + unit
    }
    let range = "[\(significant(low.value * scale))–\(significant(high.value * scale))]"
    return "\(mark(figure.provenance))\(number) \(range)\(space)\(unit)"
  }

  static func milliseconds(_ figure: Figure<Seconds>, interval: Bool = false) -> String {
    cell(figure, scale: 1_000, unit: "ms", interval: interval)
  }

  /// Three significant digits, no exponent.
  static func significant(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    let digits = 2 - Int(log10(abs(value)).rounded(.down))
    return fixed(value, min(9, max(0, digits)))
  }

  private static func mark(_ provenance: Provenance) -> String {
    switch provenance {
    case .measured: ""
    case .modelled: "~"
    case .attributed: "÷"
    case .unavailable: "–"
    }
  }
}
