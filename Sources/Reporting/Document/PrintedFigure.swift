import Artifacts

/// A figure on its way to the page. It can only be made from a `Figure`, and every view of it
/// prints the provenance: this is what keeps bare numbers out of the report.
struct PrintedFigure {
  /// What the number is, for the table of all figures; empty where row and column say it.
  let name: String
  /// Number and unit; nil where unavailable.
  let text: String?
  /// "85.1–91.0", in the unit of `text`; nil where no interval is known.
  let interval: String?
  let provenance: Provenance
  let source: String
  /// In the quantity's own unit, for the geometry of charts.
  let magnitude: Double?

  init<Q: Quantity>(_ figure: Figure<Q>, name: String = "", currency: String = "") {
    self.name = name
    provenance = figure.provenance
    source = figure.source
    guard let value = figure.value?.value, figure.provenance != .unavailable else {
      text = nil
      interval = nil
      magnitude = nil
      return
    }
    let unit = NumberFormat.unit(Q.self, for: value, currency: currency)
    let decimals = unit.decimals ?? NumberFormat.decimals(for: value * unit.factor)
    func format(_ number: Double) -> String {
      NumberFormat.text(number * unit.factor, decimals: decimals, signed: unit.signed)
    }
    let gap = unit.symbol.isEmpty || unit.symbol == "×" ? "" : "\u{00A0}"
    text = format(value) + gap + unit.symbol
    magnitude = value
    if let low = figure.low?.value, let high = figure.high?.value, low < high {
      // A dash beside minus signs would be misread.
      interval =
        format(low) + (unit.signed || low < 0 ? " to " : "\u{2009}–\u{2009}") + format(high)
    } else {
      interval = nil
    }
  }

  /// The letter of the badge.
  var badge: String {
    switch provenance {
    case .measured: "M"
    case .modelled: "~"
    case .attributed: "÷"
    case .unavailable: "–"
    }
  }
}
