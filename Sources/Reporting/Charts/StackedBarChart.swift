/// Horizontal bars whose parts add up, on one common scale.
struct StackedBarChart: Drawing {
  struct Bar {
    var name: String
    /// One per series, same order.
    var parts: [PrintedFigure]
    var total: PrintedFigure
  }

  var series: [(name: String, style: String)]
  var bars: [Bar]

  func draw(on canvas: inout Canvas) {
    canvas.legend(series)
    let sums = bars.map { $0.parts.compactMap(\.magnitude).reduce(0, +) }
    let largest = max(sums.reduce(0, max), 1e-12)
    let isNarrow = canvas.width < 500
    let names = bars.map { Canvas.textWidth($0.name) }.reduce(0, max)
    let left = isNarrow ? 0 : min(names + 12, canvas.width * 0.35)
    let values = bars.map { Canvas.valueWidth($0.total) }.reduce(0, max)
    let room = max(20, canvas.width - left - values - 8)
    for bar in bars {
      if isNarrow {
        canvas.text(Canvas.fitted(bar.name, width: canvas.width), x: 0, y: canvas.height + 13)
        canvas.height += 20
      } else {
        canvas.text(
          Canvas.fitted(bar.name, width: left - 12), x: left - 12, y: canvas.height + 18,
          anchor: .end)
      }
      var x = left
      for (part, item) in zip(bar.parts, series) {
        guard let magnitude = part.magnitude else { continue }
        let length = magnitude / largest * room
        canvas.bar(
          x: x, y: canvas.height, width: length, height: 27, style: item.style,
          tooltip: "\(bar.name), \(item.name): \(part.tooltip)")
        x += max(0, length)
      }
      canvas.value(bar.total, x: x + 7, y: canvas.height + 18)
      canvas.height += 41
    }
  }
}
