import Artifacts

/// A drawing with the words that stand for it where it cannot be seen.
struct Chart {
  var title: String
  /// The finding in words, for screen readers.
  var description: String
  var caption: String
  var drawing: any Drawing

  /// An inline SVG element; `id` must be unique in the page.
  func svg(width: Double, id: String, cssClass: String) -> String {
    var canvas = Canvas(width: width)
    drawing.draw(on: &canvas)
    let height = Canvas.number(canvas.height)
    return """
      <svg class="\(cssClass)" viewBox="0 0 \(Canvas.number(width)) \(height)" role="img" \
      aria-labelledby="\(id)-title \(id)-desc" xmlns="http://www.w3.org/2000/svg">
      <title id="\(id)-title">\(Escaping.html(title))</title>
      <desc id="\(id)-desc">\(Escaping.html(description))</desc>
      \(canvas.elements.joined(separator: "\n"))
      </svg>
      """
  }
}

/// Something that lays itself out for a width in pixels.
protocol Drawing: Sendable {
  func draw(on canvas: inout Canvas)
}

/// Collects SVG elements; colours come from the page's style sheet by class.
struct Canvas {
  let width: Double
  var height = 0.0
  private(set) var elements: [String] = []

  init(width: Double) { self.width = width }

  enum Anchor: String { case start, middle, end }

  /// Two decimals are enough for pixels, and keep the bytes the same everywhere.
  static func number(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return rounded == rounded.rounded() && abs(rounded) < 1e9
      ? String(Int(rounded)) : "\(rounded)"
  }

  /// Width of a text at the charts' font size, on the safe side.
  static func textWidth(_ text: String) -> Double { Double(text.count) * 7.2 }

  /// A text that fits in a width, cut with an ellipsis where it does not.
  static func fitted(_ text: String, width: Double) -> String {
    let count = Int(max(1, width / 7.2))
    return text.count <= count ? text : text.prefix(max(1, count - 1)) + "…"
  }

  mutating func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, style: String = "label"
  ) {
    elements.append(
      "<text class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" "
        + "text-anchor=\"\(anchor.rawValue)\">\(Escaping.html(text))</text>")
  }

  /// A figure's number with its badge raised behind it.
  mutating func value(_ figure: PrintedFigure, x: Double, y: Double) {
    elements.append(
      "<text class=\"value\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\">"
        + "\(Escaping.html(figure.text ?? "unavailable"))"
        + "<tspan class=\"mark\" dx=\"4\" dy=\"-3\">\(figure.badge)</tspan></text>")
  }

  /// Room for a number and its badge in the widest common typeface.
  static func valueWidth(_ figure: PrintedFigure) -> Double {
    Double((figure.text ?? "unavailable").count) * 8.8 + 20
  }

  /// A bar with a tooltip.
  mutating func bar(
    x: Double, y: Double, width: Double, height: Double, style: String, tooltip: String
  ) {
    elements.append(
      "<rect class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" "
        + "width=\"\(Self.number(max(0, width)))\" height=\"\(Self.number(height))\">"
        + "<title>\(Escaping.html(tooltip))</title></rect>")
  }

  mutating func line(x1: Double, y1: Double, x2: Double, y2: Double, style: String) {
    elements.append(
      "<line class=\"\(style)\" x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" "
        + "x2=\"\(Self.number(x2))\" y2=\"\(Self.number(y2))\"/>")
  }

  mutating func polyline(_ points: [(x: Double, y: Double)], style: String) {
    let list = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
    elements.append("<polyline class=\"\(style)\" points=\"\(list)\"/>")
  }

  mutating func dot(x: Double, y: Double, style: String, tooltip: String) {
    elements.append(
      "<circle class=\"\(style)\" cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"4\">"
        + "<title>\(Escaping.html(tooltip))</title></circle>")
  }

  /// Names of series with their swatches, in as many lines as the width asks for.
  mutating func legend(_ series: [(name: String, style: String)]) {
    var x = 0.0
    var y = height + 12
    for item in series {
      let needed = 18 + Self.textWidth(item.name) + 14
      if x > 0 && x + needed > width {
        x = 0
        y += 20
      }
      if item.style.hasPrefix("dot") {
        dot(x: x + 6, y: y - 4, style: item.style, tooltip: item.name)
      } else {
        bar(x: x, y: y - 9, width: 11, height: 11, style: item.style, tooltip: item.name)
      }
      text(item.name, x: x + 17, y: y)
      x += needed
    }
    height = y + 16
  }
}

extension PrintedFigure {
  /// Everything about the number in one line.
  var tooltip: String {
    "\(text ?? "unavailable")\(interval.map { " [\($0)]" } ?? "") — \(provenance.rawValue)"
  }
}
