import Artifacts

/// Every figure with its source, and everything the run was made from.
struct ProvenanceSection: ReportSection {
  let title = "Provenance"
  let anchor = "provenance"
  var index: FigureIndex

  func content(_ report: Report) -> [Block] {
    let origin = report.origin
    var blocks: [Block] = [
      .list([
        "\(strong: "M measured"): read from a clock, a meter or a counter on the machine named.",
        "\(strong: "~ modelled"): computed from a documented model, never read from hardware.",
        "\(strong: "÷ attributed"): a total that a documented rule divides among parts.",
        "\(strong: "– unavailable"): not known; the source says why.",
      ])
    ]
    if !origin.warnings.isEmpty {
      blocks += [.subheading("Warnings"), .list(origin.warnings.map { Prose($0) })]
    }
    if !report.stages.rolledBack.isEmpty {
      blocks += [
        .subheading("Rolled-back steps"),
        .list(
          report.stages.rolledBack.map {
            "Step \(count: $0.step.index), \($0.step.stage.title), to \($0.step.to): \($0.reason)"
          }),
      ]
    }
    blocks += [
      .table(content(origin, report)), .table(settings(origin)), .table(sources), .table(figures),
    ]
    return blocks
  }

  private func content(_ origin: Origin, _ report: Report) -> Table {
    func reference(_ name: String, _ reference: ContentReference) -> [Prose] {
      [Prose(name), Prose(reference.name), "\(code: reference.sha256)"]
    }
    var rows = [reference("Model", report.model.content)]
    if let data = origin.data { rows.append(reference("Data", data.content)) }
    rows += [
      reference("Profile", origin.profile), reference("Plan", origin.plan),
      reference("Compressed model", origin.compressedModel),
    ]
    return Table(
      "Made from", columns: [.text("Artifact"), .text("Name"), .text("SHA-256")], rows: rows)
  }

  private func settings(_ origin: Origin) -> Table {
    let settings = origin.settings
    let rates = origin.learningRates.map { NumberFormat.setting($0) }.joined(separator: ", ")
    var rows: [[Prose]] = [["Profiled on", machine(origin.profiledOn)]]
    rows += origin.executedOn.map { ["Executed on", machine($0)] }
    rows += [
      ["Starts and resumptions", "\(count: origin.starts)"],
      ["Seed", "\(String(settings.seed))"],
      ["Importance criterion", Prose(settings.criterion)],
      ["Importance mini-batch, creatives", "\(count: settings.importanceMiniBatchCreatives)"],
      ["Pairwise weight λ", "\(setting: settings.pairwiseWeight)"],
      ["Pairwise reading", Prose(settings.pairwiseReading)],
      ["Tolerance τ per step", "\(setting: settings.tolerance)"],
      ["Batch, creatives", "\(count: settings.batchCreatives)"],
      ["Learning rates", Prose(rates)],
      ["Weight decay", "\(setting: settings.weightDecay)"],
      ["Noise on the image features", "\(setting: settings.queryNoise)"],
      ["Views answered by the teacher", "\(count: settings.teacherViews)"],
      ["Precision", Prose(settings.precision)],
      ["Prompt", "\(code: origin.prompt)"],
    ]
    if let data = origin.data {
      rows.append([
        "Entries",
        """
        \(count: data.trainEntries) train, \(count: data.validationEntries) validation, \
        \(count: data.testEntries) test
        """,
      ])
    }
    return Table(
      "Machines and settings", columns: [.text("Setting"), .text("Value")], rows: rows)
  }

  private func machine(_ machine: MachineReference) -> Prose {
    """
    \(machine.processor), \(count: machine.logicalCores) logical cores, \
    \(setting: (Double(machine.memoryBytes) / 1e9).rounded()) GB, \(machine.operatingSystem)
    """
  }

  private var sources: Table {
    Table(
      "Sources", columns: [.text("Number"), .text("Clock, meter, model or rule")],
      rows: index.sources.enumerated().map {
        [Prose(parts: [.anchor($0.offset + 1)]), Prose($0.element)]
      })
  }

  private var figures: Table {
    Table(
      "Every figure of this report",
      columns: [
        .text("Section"), .text("Figure"), "Value", .text("Provenance"), "Source",
      ],
      rows: index.items.map { item in
        [
          Prose(item.section), Prose(item.name), Prose(parts: [.figure(item.figure)]),
          Prose(item.figure.provenance.rawValue), Prose(parts: [.source(item.figure.source)]),
        ]
      })
  }
}
