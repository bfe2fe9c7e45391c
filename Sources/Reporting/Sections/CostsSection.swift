import Artifacts

/// Where the time of a request goes, on every hardware of the profile.
struct CostsSection: ReportSection {
  let title = "Costs"
  let anchor = "costs"

  func content(_ report: Report) -> [Block] {
    report.costs.flatMap { hardware -> [Block] in
      [
        .subheading("Hardware \(hardware.name)"),
        .paragraph(
          """
          \(hardware.description). Power while a request runs: \
          \(hardware.activePower, name: "Active power, \(hardware.name)"); idle: \
          \(hardware.idlePower, name: "Idle power, \(hardware.name)").
          """),
      ] + apart(hardware) + [
        chart(hardware), phases(hardware),
      ]
        + (hardware.blocks.isEmpty
          ? [] : [.table(blocks(hardware)), .table(modelsOfOneBlock(hardware))])
    }
  }

  /// What is in no other figure, and what explains the figures.
  private func apart(_ hardware: HardwareCostSummary) -> [Block] {
    var blocks: [Block] = []
    if let memory = hardware.reservedMemoryPower, memory.value != nil {
      blocks.append(
        .paragraph(
          """
          Memory reserved beyond the power model's share, in no energy of this report: \
          \(memory, name: "Reserved memory, \(hardware.name)").
          """))
    }
    if let explanation = hardware.explanation {
      blocks.append(
        .paragraph("One block of the original, by hardware counters: \(explanation.text)."))
    }
    return blocks
  }

  private func chart(_ hardware: HardwareCostSummary) -> Block {
    // What pruning cannot touch is grey.
    let styles = hardware.phases.map { part in
      switch part.phase {
      case .vision: "series-before"
      case .queryFormer: "series-fixed"
      case .prefill: "series-0"
      case .decode: "series-1"
      }
    }
    var bars = [
      StackedBarChart.Bar(
        name: "original", parts: hardware.phases.map { PrintedFigure($0.original.time) },
        total: PrintedFigure(hardware.original.time))
    ]
    if let forecast = hardware.forecastFinal {
      bars.append(
        .init(
          name: "final, forecast", parts: hardware.phases.map { PrintedFigure($0.final.time) },
          total: PrintedFigure(forecast.time)))
    }
    return .chart(
      Chart(
        title: "Where a request's time goes on \(hardware.name)",
        description: "Stacked bars of vision, Q-Former, prefill and decode; "
          + "the table below holds the numbers.",
        caption: "One request by phase; pruning acts on prefill and decode only",
        drawing: StackedBarChart(
          series: zip(hardware.phases, styles).map { ($0.0.phase.title, $0.1) }, bars: bars)))
  }

  private func phases(_ hardware: HardwareCostSummary) -> Block {
    var rows = hardware.phases.map { part -> [Prose] in
      [
        Prose(part.phase.title), Prose(part.original.time), Prose(part.original.energy),
        Prose(part.final.time), Prose(part.final.energy),
      ]
    }
    let final = hardware.forecastFinal
    rows.append([
      "Whole request", Prose(hardware.original.time), Prose(hardware.original.energy),
      final.map { Prose($0.time) } ?? "", final.map { Prose($0.energy) } ?? "",
    ])
    return .table(
      Table(
        "A request by phase on \(hardware.name)",
        columns: [
          .text("Phase"), "Original, time", "Original, energy", "Final forecast, time",
          "Final forecast, energy",
        ], rows: rows))
  }

  private func blocks(_ hardware: HardwareCostSummary) -> Table {
    table("What one more block adds to a request", hardware) { ($0.prefill, $0.decode) }
  }

  private func modelsOfOneBlock(_ hardware: HardwareCostSummary) -> Table {
    table("What a model of one block costs", hardware) { ($0.firstPrefill, $0.firstDecode) }
  }

  private func table(
    _ title: String, _ hardware: HardwareCostSummary,
    _ costs: (BlockCostSample) -> (prefill: Expense, decode: Expense)
  ) -> Table {
    let shown = hardware.blocks.count
    let rest = hardware.blockSampleCount - shown
    let suffix = rest > 0 ? " (\(shown) of \(hardware.blockSampleCount) samples)" : ""
    return Table(
      "\(title) on \(hardware.name)\(suffix)",
      columns: [
        .text("Hidden"), "FFN", "Heads", "Head size", "Prefill", "Decode", "Prefill energy",
        "Decode energy",
      ],
      rows: hardware.blocks.map {
        let (prefill, decode) = costs($0)
        return [
          "\(count: $0.hiddenSize)", "\(count: $0.feedForwardWidth)", "\(count: $0.heads)",
          "\(count: $0.headSize)", Prose(prefill.time), Prose(decode.time),
          Prose(prefill.energy), Prose(decode.energy),
        ]
      })
  }
}

extension RequestPhase {
  /// The phase in a reader's words.
  var title: String {
    switch self {
    case .vision: "vision"
    case .queryFormer: "Q-Former"
    case .prefill: "prefill"
    case .decode: "decode"
    }
  }
}
