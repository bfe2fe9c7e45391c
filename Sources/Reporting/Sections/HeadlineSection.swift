import Artifacts

/// What was asked, what was reached.
struct HeadlineSection: ReportSection {
  let title = "Result"
  let anchor = "result"

  func content(_ report: Report) -> [Block] {
    let headline = report.headline
    let saving = report.energy.scenarios.last?.requestSaving ?? .unavailable("no energy")
    let hasSaving = report.energy.scenarios.last?.hasMeasurableSaving ?? false
    var lines = [verdict(headline.latencyTarget)]
    lines += [headline.annualEnergyTarget, headline.compressionEnergyTarget]
      .compactMap { $0.map(verdict) }
    if let floor = headline.accuracyFloor { lines.append(verdict(floor)) }
    var blocks: [Block] = [
      .paragraph(conclusion(lines.map(\.verdict))),
      .verdicts(lines),
      .tiles([
        Tile(
          title: "Latency of a request, median", before: Prose(headline.latencyBefore),
          after: Prose(headline.latencyAfter),
          change: "speed-up \(headline.speedUp, name: "Speed-up")"),
        Tile(
          title: "Accuracy, test split", before: Prose(headline.accuracyBefore),
          after: Prose(headline.accuracyAfter), change: Prose(headline.accuracyChange)),
        Tile(
          title: "Energy of a request", before: Prose(headline.energyBefore),
          after: Prose(headline.energyAfter),
          change: hasSaving || saving.value == nil
            ? "saves \(saving, name: "Energy saved per request")"
            : "no measurable saving: \(saving, name: "Energy saved per request")"),
      ]),
      .paragraph(
        """
        The plan forecast \(headline.forecastLatency, name: "Forecast latency, target hardware") \
        on the hardware of the target\(pace(report)); the 95th percentile went from \
        \(headline.percentile95Before, name: "95th percentile before") to \
        \(headline.percentile95After, name: "95th percentile after").
        """),
    ]
    if let revision = revision(report) { blocks.append(.paragraph(revision)) }
    if report.energy.hardware != buildMachine {
      blocks.append(
        .note(
          """
          The target names hardware \(report.energy.hardware), which was modelled, not run. The \
          three numbers above were measured on the machine that executed the plan.
          """))
    }
    if let note = headline.originalNote { blocks.append(.note(Prose(note))) }
    if let note = accuracyNote(headline.accuracyChange) { blocks.append(.note(note)) }
    return blocks
  }

  /// What was planned first, where that was not kept.
  private func revision(_ report: Report) -> Prose? {
    guard report.plan.isRevised, report.plan.candidates.count > 1
    else { return nil }
    return """
      The plan was revised as it was executed, from \(report.plan.candidates[1].shape) to \
      \(report.plan.finalShape): the chapter Plan says why.
      """
  }

  /// The forecast at the pace of the final measurement, where that differs from the profile's.
  private func pace(_ report: Report) -> Prose {
    guard report.energy.hardware == buildMachine, let pace = report.plan.machinePace.value?.value,
      abs(pace - 1) > 0.03
    else { return "" }
    return """
      , \(report.plan.latencyAtPace.forecast, name: "Forecast latency, machine's pace") at \
      the pace that the machine had when both models were measured
      """
  }

  private func verdict<Q: Quantity>(_ target: TargetOutcome<Q>) -> VerdictLine {
    VerdictLine(
      verdict: target.verdict,
      text: """
        \(target.name): at most \(limit: target.limit) asked, \
        \(target.reached, name: target.name) reached.
        """)
  }

  private func verdict(_ floor: FloorOutcome) -> VerdictLine {
    VerdictLine(
      verdict: floor.verdict,
      text: """
        \(floor.name): at least \(limit: floor.floor) asked, \
        \(floor.reached, name: floor.name) reached.
        """)
  }

  private func conclusion(_ verdicts: [Verdict]) -> Prose {
    let met = verdicts.filter(\.isMet).count
    guard met < verdicts.count else {
      return verdicts.count == 1 ? "The target is met." : "All \(count: met) targets are met."
    }
    guard met > 0 else {
      return verdicts.count == 1 ? "The target is not met." : "No target is met."
    }
    return "\(count: met) of \(count: verdicts.count) targets met; the others are named below."
  }

  private func accuracyNote(_ change: Figure<AccuracyChange>) -> Prose? {
    guard let low = change.low, let high = change.high else { return nil }
    let interval = "The interval of the accuracy difference is a 95 % interval"
    if low <= .zero && high >= .zero {
      return "\(interval); it contains 0, so the test split does not show a difference."
    }
    return high < .zero
      ? "\(interval); it lies below 0, so the loss is larger than chance explains."
      : "\(interval); it lies above 0, so the gain is larger than chance explains."
  }
}
