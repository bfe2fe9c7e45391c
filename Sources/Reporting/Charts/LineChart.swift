import Artifacts

/// Accuracy over the events of a run: hollow dots after a prune, full dots after its repair,
/// crosses where the step was rolled back.
struct LineChart: Drawing {
  enum Mark { case original, pruned, distilled, rolledBack }

  struct Point {
    /// The step it belongs to, as the axis names it.
    var label: String
    var mark: Mark
    var figure: PrintedFigure
  }

  var points: [Point]

  func draw(on canvas: inout Canvas) {
    let values = points.compactMap(\.figure.magnitude)
    guard let smallest = values.min(), let largest = values.max() else { return }
    canvas.legend(
      [("after the prune", "dot hollow"), ("after the distillation", "dot")]
        + (points.contains { $0.mark == .rolledBack } ? [("rolled back", "dot rejected")] : []))
    let scale = Scale(from: smallest, to: largest)
    let top = canvas.height + 8
    let plotHeight = 210.0
    let left = 44.0
    let right = canvas.width - 12
    func y(_ value: Double) -> Double {
      top + plotHeight * (1 - (value - scale.low) / (scale.high - scale.low))
    }
    for tick in scale.ticks {
      canvas.line(x1: left, y1: y(tick), x2: right, y2: y(tick), style: "grid")
      canvas.text(
        NumberFormat.text(tick * 100, decimals: scale.decimals) + " %", x: left - 6,
        y: y(tick) + 4, anchor: .end, style: "axis")
    }
    let step = (right - left - 24) / Double(max(1, points.count - 1))
    func x(_ index: Int) -> Double { left + 12 + Double(index) * step }
    let path = points.enumerated().compactMap { index, point in
      point.mark == .rolledBack ? nil : point.figure.magnitude.map { (x: x(index), y: y($0)) }
    }
    canvas.polyline(path, style: "trace")
    var lastLabel = -Double.infinity
    for (index, point) in points.enumerated() {
      guard let value = point.figure.magnitude else { continue }
      let style =
        switch point.mark {
        case .original, .distilled: "dot"
        case .pruned: "dot hollow"
        case .rolledBack: "dot rejected"
        }
      canvas.dot(
        x: x(index), y: y(value), style: style, tooltip: "\(point.label): \(point.figure.tooltip)")
      // A step's name stands under its repaired accuracy; names that would overlap are left out.
      let half = Canvas.textWidth(point.label) / 2
      if point.mark != .pruned && x(index) - half > lastLabel + 4 {
        let centre = min(x(index), canvas.width - half)
        canvas.text(
          point.label, x: centre, y: top + plotHeight + 20, anchor: .middle, style: "axis")
        lastLabel = centre + half
      }
    }
    canvas.height = top + plotHeight + 30
  }

  /// Round numbers that enclose a range of shares.
  struct Scale {
    var low: Double
    var high: Double
    var ticks: [Double]
    var decimals: Int

    init(from smallest: Double, to largest: Double) {
      let range = max(largest - smallest, 0.01)
      let step = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25].first { range / $0 <= 5 } ?? 0.5
      let first = Int((smallest / step).rounded(.down))
      let last = max(Int((largest / step).rounded(.up)), first + 1)
      low = Double(first) * step
      high = Double(last) * step
      ticks = (first...last).map { Double($0) * step }
      decimals = step < 0.01 ? 1 : 0
    }
  }
}
