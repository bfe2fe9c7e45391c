/// Horizontal bars in groups, one bar per series, each with its value and badge.
struct BarChart: Drawing {
  struct Group {
    var name: String
    /// One per series, same order.
    var figures: [PrintedFigure]
    /// Style of the group's bars where it differs from the series'.
    var style: String? = nil
  }

  /// Name and style; a legend appears where there is more than one.
  var series: [(name: String, style: String)]
  var groups: [Group]
  /// End of the axis, in the figures' unit; nil takes the largest value.
  var maximum: Double? = nil

  func draw(on canvas: inout Canvas) {
    if series.count > 1 { canvas.legend(series) }
    let figures = groups.flatMap(\.figures)
    let largest = max(maximum ?? figures.compactMap(\.magnitude).reduce(0, max), 1e-12)
    let isNarrow = canvas.width < 500
    let names = groups.map { Canvas.textWidth($0.name) }.reduce(0, max)
    let left = isNarrow ? 0 : min(names + 12, canvas.width * 0.4)
    let values = figures.map(Canvas.valueWidth).reduce(0, max)
    let room = max(20, canvas.width - left - values - 8)
    let thickness = 14.0
    for group in groups {
      let name = Canvas.fitted(group.name, width: isNarrow ? canvas.width : left - 12)
      if isNarrow {
        canvas.text(name, x: 0, y: canvas.height + 13)
        canvas.height += 19
      } else {
        let middle = canvas.height + Double(group.figures.count) * (thickness + 3) / 2
        canvas.text(name, x: left - 12, y: middle + 3, anchor: .end)
      }
      for (figure, style) in zip(group.figures, series.map(\.style)) {
        let length = (figure.magnitude ?? 0) / largest * room
        canvas.bar(
          x: left, y: canvas.height, width: length, height: thickness,
          style: group.style ?? style, tooltip: "\(group.name): \(figure.tooltip)")
        canvas.value(figure, x: left + max(0, length) + 7, y: canvas.height + 11.5)
        canvas.height += thickness + 3
      }
      canvas.height += 11
    }
  }
}
