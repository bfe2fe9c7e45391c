import Artifacts

/// Exact-match accuracy of every task before and after.
struct AccuracySection: ReportSection {
  let title = "Accuracy per task"
  let anchor = "accuracy"

  func content(_ report: Report) -> [Block] {
    let headline = report.headline
    let tasks = report.tasks
    guard !tasks.isEmpty else { return [.paragraph("The journal names no tasks.")] }
    var rows: [[Prose]] = tasks.map {
      [Prose($0.name), Prose($0.before), Prose($0.after), Prose($0.change)]
    }
    rows.append([
      "All tasks", Prose(headline.accuracyBefore), Prose(headline.accuracyAfter),
      Prose(headline.accuracyChange),
    ])
    return [
      .chart(
        Chart(
          title: "Accuracy per task before and after compression",
          description: "Two bars per task; the table below holds the numbers.",
          caption: "Share of exactly matched answers on the test split",
          drawing: BarChart(
            series: [("original", "series-before"), ("compressed", "series-0")],
            groups: tasks.map {
              .init(name: $0.name, figures: [PrintedFigure($0.before), PrintedFigure($0.after)])
            }, maximum: 1))),
      .table(
        Table(
          "Accuracy on the test split; differences with their 95 % interval",
          columns: [.text("Task"), "Original", "Compressed", "Difference"],
          rows: rows)),
      .paragraph(
        """
        The loss of the right answers went from \(headline.lossBefore, name: "Loss before") per token \
        to \(headline.lossAfter, name: "Loss after"); both models give the same answer, right or wrong, \
        to \(headline.agreement, name: "Agreement with the original") of the entries.
        """),
    ]
  }
}
