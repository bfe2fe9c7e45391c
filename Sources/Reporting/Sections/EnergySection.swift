import Artifacts

/// Energy of a request and of a year, and when the compression has paid for itself.
struct EnergySection: ReportSection {
  let title = "Energy"
  let anchor = "energy"

  func content(_ report: Report) -> [Block] {
    let energy = report.energy
    var blocks: [Block] = [.paragraph(assumptions(report))]
    if energy.savingIsCPUTime {
      blocks.append(
        .paragraph(
          """
          These energies come from a power model, not from a meter. Under that model an energy \
          saving is a CPU-time saving: the two are one finding, not two.
          """))
    }
    for scenario in energy.scenarios where !scenario.hasMeasurableSaving {
      blocks.append(
        .paragraph(
          """
          \(strong: "\(scenario.name): no measurable saving.") The saving per request is \
          \(scenario.requestSaving, name: "Saving per request, \(scenario.name)").
          """))
    }
    blocks += [
      .table(scenarios(report)),
      .list(energy.scenarios.map { "\(strong: $0.name): \($0.meaning)." }),
      .note(
        """
        Idle power taken off in the marginal scenario: \(energy.idlePower, name: "Idle power"). \
        Intervals of differences assume the worst case of both ends. SCI is (E·I + M)/R of ISO/IEC \
        21031; M, the emissions of making the hardware, is not included. PUE applies to serving \
        and to compression alike and cancels in the payback.
        """),
      .table(compression(energy.compression)),
    ]
    return blocks
  }

  private func assumptions(_ report: Report) -> Prose {
    let values = report.assumptions
    return """
      Projected for hardware \(report.energy.hardware). Assumed: \(setting: values.requestsPerYear) requests a year, PUE \
      \(setting: values.powerUsageEffectiveness), grid \(values.region.code) at \
      \(setting: values.region.gramsPerKilowattHour) gCO₂e/kWh (Ember 2023, CC-BY-4.0), electricity \
      at \(price: values.lowestPrice)–\(price: values.highestPrice) \(values.priceUnit).
      """
  }

  private func scenarios(_ report: Report) -> Table {
    let currency = report.assumptions.currency
    let scenarios = report.energy.scenarios
    func row(_ name: String, _ cell: (EnergyScenario) -> Prose) -> [Prose] {
      [Prose(name)] + scenarios.map(cell)
    }
    func saving<Q: Quantity>(_ figure: Figure<Q>, _ scenario: EnergyScenario) -> Prose {
      guard figure.value != nil, !scenario.hasMeasurableSaving else {
        return Prose(figure, currency: currency)
      }
      return "no measurable saving \(figure, name: "", currency: currency)"
    }
    return Table(
      "Two answers to: what happens to freed machine time?",
      columns: [.text("")] + scenarios.map { .init(title: $0.name) },
      rows: [
        row("Request, before") { Prose($0.requestBefore) },
        row("Request, after") { Prose($0.requestAfter) },
        row("Request, saved") { saving($0.requestSaving, $0) },
        row("Year, before") { Prose($0.annualBefore) },
        row("Year, after") { Prose($0.annualAfter) },
        row("Year, saved") { saving($0.annualSaving, $0) },
        row("Year, emissions saved") { saving($0.annualEmissionsSaving, $0) },
        row("Year, cost saved") { saving($0.annualCostSaving, $0) },
        row("Payback, volume") { Prose($0.paybackRequests) },
        row("Payback, time") { Prose($0.paybackDays) },
        row("SCI per request, before") { Prose($0.carbonIntensityBefore) },
        row("SCI per request, after") { Prose($0.carbonIntensityAfter) },
      ])
  }

  private func compression(_ expense: CompressionExpense) -> Table {
    let rows = expense.items.map {
      [Prose($0.name), Prose($0.expense.time), Prose($0.expense.energy)]
    }
    return Table(
      "What the compression took", columns: [.text("Part"), "Time", "Energy"],
      rows: rows + [
        ["All", Prose(expense.total.time), Prose(expense.total.energy)],
        ["Of it, execution", Prose(expense.execution.time), Prose(expense.execution.energy)],
      ])
  }
}
