import Foundation

/// Predicted over measured times as an SVG picture, both axes logarithmic: what was fitted in grey, what was
/// held out in colour, by kind.
package struct ScatterPlot {
  private struct Series {
    var title: String
    var colour: String
    var points: [(measured: Double, predicted: Double)]
  }

  private let series: [Series]

  package init(_ table: ErrorTable) {
    func points(
      where isIncluded: (PublishedMeasurement) -> Bool
    ) -> [(measured: Double, predicted: Double)] {
      table.entries.compactMap { entry in
        guard let seconds = entry.row.seconds, isIncluded(entry.row) else { return nil }
        return (seconds * 1_000, entry.prediction.time * 1_000)
      }
    }
    func heldOut(_ phase: PublishedMeasurement.Phase) -> [(measured: Double, predicted: Double)] {
      points {
        $0.phase == phase && ($0.purpose == .heldOut || $0.purpose == .heldOutAdded)
      }
    }
    series = [
      Series(title: "fitted", colour: "#b8b8b8", points: points { $0.purpose == .calibration }),
      Series(
        title: "no row of the table fitted", colour: "#8c6bb1",
        points: points { $0.purpose == .otherCard }),
      Series(title: "held out: encoders", colour: "#1f78b4", points: heldOut(.encode)),
      Series(title: "held out: prefill", colour: "#e66101", points: heldOut(.prefill)),
      Series(title: "held out: decode", colour: "#1a9850", points: heldOut(.decode)),
    ]
  }

  private static let size = 560.0
  private static let left = 58.0
  private static let bottom = 46.0
  private static let top = 12.0
  /// Milliseconds.
  private static let range = (low: 0.4, high: 1_000.0)
  private static let right = 20.0
  private static let side = size - left - right

  private static func x(_ milliseconds: Double) -> Double {
    let share = log(milliseconds / range.low) / log(range.high / range.low)
    return left + min(1, max(0, share)) * side
  }

  private static func y(_ milliseconds: Double) -> Double {
    size - bottom - (x(milliseconds) - left) / side * (size - bottom - top)
  }

  /// The picture, to one decimal of a pixel.
  package var svg: String {
    func number(_ value: Double) -> String { String(format: "%.1f", value) }
    func line(_ from: (Double, Double), _ to: (Double, Double), _ style: String) -> String {
      "<line x1=\"\(number(Self.x(from.0)))\" y1=\"\(number(Self.y(from.1)))\" "
        + "x2=\"\(number(Self.x(to.0)))\" y2=\"\(number(Self.y(to.1)))\" \(style)/>"
    }
    func text(_ x: Double, _ y: Double, _ anchor: String, _ words: String) -> String {
      "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\">\(words)</text>"
    }
    let (low, high) = Self.range
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(Self.size)) \(Int(Self.size))\" "
        + "width=\"\(Int(Self.size))\" font-family=\"sans-serif\" font-size=\"12\">",
      "<title>Predicted over measured milliseconds of one call</title>",
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
    ]
    for tick in [1.0, 10, 100, 1_000] {
      lines.append(line((tick, low), (tick, high), "stroke=\"#e4e4e4\""))
      lines.append(line((low, tick), (high, tick), "stroke=\"#e4e4e4\""))
      lines.append(text(Self.x(tick), Self.size - Self.bottom + 17, "middle", "\(Int(tick))"))
      lines.append(text(Self.left - 6, Self.y(tick) + 4, "end", "\(Int(tick))"))
    }
    lines.append(
      text(Self.left + Self.side / 2, Self.size - 10, "middle", "measured, ms of one call"))
    lines.append(
      "<text transform=\"translate(14 \(number(Self.size / 2))) rotate(-90)\" "
        + "text-anchor=\"middle\">predicted, ms</text>")
    lines.append(line((low, low), (high, high), "stroke=\"#404040\""))
    for factor in [0.7, 1.3] {
      lines.append(
        line(
          (max(low, low / factor), max(low, low * factor)),
          (min(high, high / factor), min(high, high * factor)),
          "stroke=\"#909090\" stroke-dasharray=\"3 3\""))
    }
    for one in series {
      for point in one.points {
        lines.append(
          "<circle cx=\"\(number(Self.x(point.measured)))\" cy=\"\(number(Self.y(point.predicted)))\" "
            + "r=\"3\" fill=\"\(one.colour)\" fill-opacity=\"0.65\"/>")
      }
    }
    for (index, one) in series.enumerated() {
      let y = Self.top + 18 + 18 * Double(index)
      lines.append(
        "<circle cx=\"\(number(Self.left + 16))\" cy=\"\(number(y - 4))\" r=\"4\" fill=\"\(one.colour)\"/>"
      )
      lines.append(text(Self.left + 26, y, "start", "\(one.title) (\(one.points.count))"))
    }
    lines.append(
      text(Self.left + 26, Self.top + 18 + 18 * Double(series.count), "start", "dashed: ±30 %"))
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }
}
