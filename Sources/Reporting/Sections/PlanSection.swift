import Artifacts

/// Which shapes were compared, what was forecast, and how the forecasts held.
struct PlanSection: ReportSection {
  let title = "Plan"
  let anchor = "plan"

  func content(_ report: Report) -> [Block] {
    let plan = report.plan
    var blocks: [Block] = []
    if plan.isRevised { blocks.append(.paragraph("Of the plan as it was first made:")) }
    blocks.append(
      .paragraph(
        """
        Strategy \(code: plan.strategy) compared \(count: plan.candidatesCompared) shapes. \
        \(plan.provenOptimal
          ? "It compared every shape of its space: the choice is optimal under its forecasts."
          : "It did not compare every shape of its space: a better one may exist.")
        """))
    if !plan.notes.isEmpty { blocks.append(.list(plan.notes.map { Prose($0) })) }
    if !plan.probes.isEmpty { blocks.append(.table(probes(plan))) }
    blocks.append(.table(alternatives(plan, hardware: report.costs.map(\.name))))
    if !plan.adjustments.isEmpty {
      blocks.append(.table(rehearsals(plan)))
      blocks.append(.list(plan.adjustments.map { "\(strong: $0.title): \($0.conclusion)" }))
    }
    blocks += [
      .table(forecasts(plan)),
      .paragraph(
        """
        In the final measurement the original's request took \
        \(plan.machinePace, name: "Pace of the machine") of its time \(origin(plan)): that much the \
        machine itself had changed. The second line compares at that pace.
        """),
      .table(schedule(report)),
    ]
    return blocks
  }

  /// Where the forecast in force comes from.
  private func origin(_ plan: PlanSummary) -> String {
    plan.isRevised ? "when the forecast was corrected" : "in the profile"
  }

  private func rehearsals(_ plan: PlanSummary) -> Table {
    Table(
      "Rehearsals: what shapes took beside the original, before it was too late to plan anew",
      columns: [
        .text("When"), .text("Shape"), "Forecast", "Measured", "Error", "Limit", "Speed-up",
      ],
      rows: plan.adjustments.flatMap { adjustment in
        adjustment.trials.enumerated().map { index, trial in
          let number = adjustment.trials.count > 1 ? " \(index + 1)" : ""
          return [
            Prose(adjustment.title + number), "\(compact: trial.shape)",
            Prose(trial.latency.forecast), Prose(trial.latency.measured),
            Prose(trial.latency.error), "\(limit: trial.limit)", Prose(trial.speedUp),
          ]
        }
      })
  }

  private func alternatives(_ plan: PlanSummary, hardware: [String]) -> Table {
    let costs = hardware.flatMap { name -> [Table.Column] in
      [.init(title: "Request on \(name)"), .init(title: "Energy on \(name)")]
    }
    return Table(
      "Candidates and baselines, as forecast; shapes read blocks × hidden, FFN width, heads × head size",
      columns: [.text("Candidate"), .text("Shape"), "Parameters", "Accuracy"] + costs,
      rows: plan.candidates.map { candidate in
        [
          Prose(candidate.label), "\(compact: candidate.shape)",
          "\(NumberFormat.parameters(candidate.languageModelParameters))",
          Prose(candidate.accuracy),
        ]
          + hardware.flatMap { name -> [Prose] in
            guard let cost = candidate.costs.first(where: { $0.hardware == name }) else {
              return ["", ""]
            }
            return [Prose(cost.request.time), Prose(cost.request.energy)]
          }
      })
  }

  private func probes(_ plan: PlanSummary) -> Table {
    Table(
      "Sensitivity probes: one change, distilled briefly; differences with their 95 % interval",
      columns: [.text("Shape"), "Updates", "Accuracy", "Against the original", "Time", "Energy"],
      rows: plan.probes.map {
        [
          "\(compact: $0.shape)", "\(count: $0.optimiserSteps)", Prose($0.accuracy),
          Prose($0.change), Prose($0.expense.time), Prose($0.expense.energy),
        ]
      })
  }

  private func forecasts(_ plan: PlanSummary) -> Table {
    Table(
      "Forecast against measurement",
      columns: [.text("Quantity"), "Forecast", "Reached", "Error"],
      rows: [
        row("Latency of a request", plan.latency),
        row("Latency at the machine's pace", plan.latencyAtPace),
        row("Energy of a request", plan.energy),
        row("Validation accuracy", plan.accuracy),
        row("Time of the compression", plan.compressionTime),
        row("Energy of the compression", plan.compressionEnergy),
      ])
  }

  private func row<Q: Quantity>(_ name: String, _ pair: PlanSummary.Comparison<Q>) -> [Prose] {
    [Prose(name), Prose(pair.forecast), Prose(pair.measured), Prose(pair.error)]
  }

  private func schedule(_ report: Report) -> Table {
    Table(
      "Schedule",
      columns: [
        .text("Step"), .text("Stage"), .text("From"), .text("To"), "Epochs", "Learning rate",
        .text("Outcome"),
      ],
      rows: report.plan.schedule.map { step in
        [
          "\(count: step.index)", Prose(step.stage.title), "\(compact: step.from)",
          "\(compact: step.to)",
          "\(count: step.epochs)", "\(setting: step.learningRate)",
          Prose(outcome(step, report.stages)),
        ]
      })
  }

  private func outcome(_ step: PlanStep, _ history: StageHistory) -> String {
    let committed = history.rows.first { $0.stage == step.stage && $0.index == step.index }
    let failures = history.rolledBack.filter { $0.step.index == step.index }.count
    let retries = failures == 0 ? "" : ", \(failures) rolled back"
    guard let committed else { return failures == 0 ? "not executed" : "rolled back" }
    return (committed.shape == step.to ? "committed" : "committed at another shape") + retries
  }
}
