import Artifacts

/// Running text whose only numbers are exact counts, settings, and figures with provenance.
///
/// The interpolation accepts no `Double` and no `Quantity`, so a number without provenance does
/// not compile.
struct Prose: ExpressibleByStringInterpolation {
  enum Part {
    case text(String)
    case strong(String)
    case code(String)
    case figure(PrintedFigure)
    /// A source in the list of sources, linked to its number.
    case source(String)
    /// The number of a source, where links arrive.
    case anchor(Int)
  }

  var parts: [Part]

  init(parts: [Part]) { self.parts = parts }
  init(stringLiteral value: String) { parts = [.text(value)] }
  /// Text from a record.
  init(_ text: String) { parts = [.text(text)] }
  init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

  init<Q: Quantity>(_ figure: Figure<Q>, currency: String = "") {
    parts = [.figure(PrintedFigure(figure, currency: currency))]
  }

  struct StringInterpolation: StringInterpolationProtocol {
    var parts: [Part] = []

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: String) {
      if !literal.isEmpty { parts.append(.text(literal)) }
    }

    mutating func appendInterpolation(_ text: String) { parts.append(.text(text)) }
    mutating func appendInterpolation(strong text: String) { parts.append(.strong(text)) }
    mutating func appendInterpolation(code text: String) { parts.append(.code(text)) }
    mutating func appendInterpolation(_ prose: Prose) { parts += prose.parts }

    mutating func appendInterpolation(_ shape: UniformShape) {
      parts.append(.text(shape.description))
    }

    /// A shape in a cell: "12 × 256, FFN 1024, 4 × 64", broken between its parts only.
    mutating func appendInterpolation(compact shape: UniformShape) {
      let parts = [
        "\(shape.blocks) × \(shape.hiddenSize),", "FFN \(shape.feedForwardWidth),",
        "\(shape.heads) × \(shape.headSize)",
      ]
      let text = parts.map { $0.replacing(" ", with: "\u{00A0}") }.joined(separator: " ")
      self.parts.append(.text(text))
    }

    /// An exact count.
    mutating func appendInterpolation(count: Int) {
      parts.append(.text(NumberFormat.integer(count)))
    }

    /// A number that somebody chose.
    mutating func appendInterpolation(setting: Double) {
      parts.append(.text(NumberFormat.setting(setting)))
    }

    /// A price that somebody stated.
    mutating func appendInterpolation(price: Double) {
      parts.append(.text(NumberFormat.text(price, decimals: 2)))
    }

    /// A limit that somebody named.
    mutating func appendInterpolation<Q: Quantity>(limit: Q) {
      let text = PrintedFigure(Figure.measured(limit, source: "")).text ?? ""
      parts.append(.text(text))
    }

    mutating func appendInterpolation<Q: Quantity>(
      _ figure: Figure<Q>, name: String, currency: String = ""
    ) {
      parts.append(.figure(PrintedFigure(figure, name: name, currency: currency)))
    }
  }

  /// The words without figures, for names of rows.
  var plainText: String {
    parts.map { part in
      switch part {
      case .text(let text), .strong(let text), .code(let text): text
      case .figure, .source, .anchor: ""
      }
    }.joined()
  }

  var figures: [PrintedFigure] {
    parts.compactMap { if case .figure(let figure) = $0 { figure } else { nil } }
  }
}
