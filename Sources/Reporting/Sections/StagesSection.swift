import Artifacts

/// The way down: accuracy, size, latency after every step, as Table 2, Figure 6 and Figure 10 of
/// the paper (arXiv 2312.05795) show it.
struct StagesSection: ReportSection {
  let title = "Stages"
  let anchor = "stages"

  func content(_ report: Report) -> [Block] {
    let history = report.stages
    var blocks: [Block] = [
      .paragraph(
        """
        Each step removes a little of the language model and distils what is left against the \
        original, as in Table 2, Figure 6 and Figure 10 of the method (arXiv 2312.05795). \
        Accuracies here are of the validation split. Loss is the cross-entropy of the right answers \
        per token, which moves before an answer changes; agreement is the share of entries with the \
        original's answer, right or wrong.
        """),
      .chart(
        Chart(
          title: "Validation accuracy over the steps",
          description: "Every prune lowers accuracy and every distillation repairs most of it; "
            + "the table below holds the numbers.",
          caption: "Validation accuracy after every prune and every distillation, by step",
          drawing: LineChart(points: points(history)))),
      table(history.rows),
      .chart(
        Chart(
          title: "Parameters of the language model after every step",
          description: "One bar per step, exact counts.",
          caption: "Parameters of the language model; one shade per stage",
          drawing: BarChart(series: [("parameters", "series-0")], groups: sizes(history.rows)))),
    ]
    if !history.rolledBack.isEmpty {
      blocks.append(
        .table(
          Table(
            "Steps that were rolled back",
            columns: [
              .text("Step"), .text("To"), "Accuracy", .text("Reason"), "Time", "Energy",
            ],
            rows: history.rolledBack.map {
              [
                "\(count: $0.step.index) · \($0.step.stage.title)", "\(compact: $0.step.to)",
                Prose($0.accuracy), Prose($0.reason), Prose($0.expense.time),
                Prose($0.expense.energy),
              ]
            })))
    }
    return blocks
  }

  private func table(_ rows: [StageHistory.Row]) -> Block {
    .table(
      Table(
        "After each step; shapes read blocks × hidden, FFN width, heads × head size",
        columns: [
          .text("Step"), .text("Shape"), "Parameters", "Accuracy, pruned", "Accuracy, distilled",
          "Loss", "Agreement", "Request", "Energy",
        ],
        rows: rows.map { row in
          [
            name(row), "\(compact: row.shape)",
            "\(NumberFormat.parameters(row.languageModelParameters))",
            row.accuracyAfterPruning.map { Prose($0) } ?? "",
            Prose(row.accuracy), Prose(row.loss), row.agreement.map { Prose($0) } ?? "",
            Prose(row.latency), Prose(row.energy),
          ]
        }))
  }

  private func name(_ row: StageHistory.Row) -> Prose {
    row.stage.map { "\(count: row.index) · \($0.title)\(row.isRepair ? ", repair" : "")" }
      ?? "original"
  }

  private func points(_ history: StageHistory) -> [LineChart.Point] {
    let committed = history.rows.compactMap { $0.stage == nil ? nil : $0.index }
    let abandoned = history.rolledBack.filter { !committed.contains($0.step.index) }.map {
      LineChart.Point(
        label: String($0.step.index), mark: .rolledBack, figure: PrintedFigure($0.accuracy))
    }
    return history.rows.flatMap { row -> [LineChart.Point] in
      let label = row.stage == nil ? "original" : String(row.index)
      let rejected = history.rolledBack.filter { $0.step.index == row.index && row.stage != nil }
        .map {
          LineChart.Point(label: label, mark: .rolledBack, figure: PrintedFigure($0.accuracy))
        }
      let pruned = row.accuracyAfterPruning.map {
        LineChart.Point(label: label, mark: .pruned, figure: PrintedFigure($0))
      }
      let repaired = LineChart.Point(
        label: label, mark: row.stage == nil ? .original : .distilled,
        figure: PrintedFigure(row.accuracy))
      return rejected + [pruned, repaired].compactMap { $0 }
    } + abandoned
  }

  private func sizes(_ rows: [StageHistory.Row]) -> [BarChart.Group] {
    rows.map { row in
      let style =
        switch row.stage {
        case nil: "series-before"
        case .blocks: "series-0"
        case .interModule: "series-1"
        case .inputOutput: "series-2"
        }
      let count = Figure.measured(
        ParameterCount(Double(row.languageModelParameters)), source: "counted in the checkpoint")
      return .init(name: name(row).plainText, figures: [PrintedFigure(count)], style: style)
    }
  }
}
