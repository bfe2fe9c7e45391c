import Artifacts
package import Metering
import Reporting

/// Which sources of energy and counters this machine has, each proven by opening it.
struct DoctorCommand: Command {
  static let sysfs = Option(
    "--sysfs", .text("DIR", "a folder"),
    help: "Read a copied sysfs tree instead of this machine.")
  static let until = Option(
    "--until", .text("DIR", "a folder"),
    help: "A later copy: print the energy between the two.")

  let name = "doctor"
  let summary = "Tell which energy meters and counters work on this machine."
  let discussion = """
    Opens and reads every source, then watches the noise of the machine for 10 s; changes nothing.
    Exits with 0 also on a machine that has none: energy is then modelled from CPU time, and says so.
    """
  let options: [any ArgumentDeclaration] = [Self.sysfs, Self.until, CommonOptions.json]

  func run(_ context: CommandContext) throws {
    switch (context.arguments[Self.sysfs], context.arguments[Self.until]) {
    case (let before?, let until?):
      let difference = try sysfsDifference(before: before, until: until)
      try context.present(json: difference, text: describe(difference))
    case (let copy?, nil):
      let sources = try Doctor.diagnose(copy: copy)
      try context.present(json: sources, text: describe(sources))
    case (nil, _?):
      throw UsageError("--until needs the earlier copy: --sysfs DIR --until DIR")
    case (nil, nil): try examine(context)
    }
  }

  private func examine(_ context: CommandContext) throws {
    let examination = Doctor.examine(progress: context.console.progress)
    context.console.clearBar()
    try context.present(json: examination, text: examination.text)
  }
}

extension Examination {
  /// What a person wants to know, the conclusion first.
  package var text: String {
    let spread = FigureText.significant(jitter.relativeSpread * 100)
    let meter = meters.first { $0.name == self.meter }
    let overhead = meter.map { meter in
      let share = (meter.overhead.value ?? .zero).value / 0.2 * 100
      let step =
        meter.provenance == .measured
        ? "its counter moves every \(FigureText.significant(meter.resolution.milliseconds)) ms"
        : "it reads the clock"
      return """
        metering with \(meter.name): one window takes \
        \(FigureText.cell(meter.overhead, scale: 1e6, unit: "µs")), \
        \(FigureText.significant(share)) % of 200 ms; \(step); \(meter.interval)
        """
    }
    return [
      verdict,
      describe(sources),
      """
      idle: \(FigureText.cell(idlePower, interval: true)) (\(idlePower.provenance.rawValue)), taken \
      before any work and shown apart from what work costs
      memory beyond the model's: \(FigureText.cell(reservedMemoryPower)) \
      (\(reservedMemoryPower.source)); in no other figure
      """ + (overhead.map { "\n" + $0 } ?? ""),
      """
      noise: a fixed loop of \(FigureText.milliseconds(jitter.time)) varies by \(spread) % \
      (P10 to P90 of \(jitter.samples) runs); at worst it took \
      \(FigureText.significant(jitter.worst)) times as long
      """,
    ].joined(separator: "\n\n")
  }
}

/// The energy between two copies of the counters, zone by zone.
private func describe(_ difference: SysfsDifference) -> String {
  var table = Table("zone", "name", "part", "µJ", words: 3)
  for zone in difference.zones {
    table.add(
      zone.id, zone.name, zone.counted ? "counted" : "not in the total",
      zone.microjoules.map { "\($0)" } ?? "–")
  }
  var lines = difference.zones.isEmpty ? [] : [table.text, ""]
  lines += difference.zones.compactMap { zone in zone.problem.map { "\(zone.id): \($0)".visible() }
  }
  lines += difference.notes.map { "note: \($0.visible())" }
  if let total = difference.totalMicrojoules {
    lines.append("total: \(total) µJ (\(difference.rule))")
  } else {
    lines.append("total: unavailable (\(difference.total.source.visible()))")
  }
  return lines.joined(separator: "\n")
}

/// One line for each source: its state, what it is; below it the proof and the remedy.
private func describe(_ sources: [Diagnosis]) -> String {
  let width = sources.map { $0.source.visible().count }.max() ?? 0
  let below = "\n" + String(repeating: " ", count: 15 + width) + "  "
  let lines = sources.map { diagnosis in
    let head =
      words(diagnosis.status).padding(to: 15) + diagnosis.source.visible().padding(to: width)
    let parts = [diagnosis.about, diagnosis.evidence, diagnosis.remedy.map { "→ \($0)" }]
    return "\(head)  \(parts.compactMap { $0?.visible() }.joined(separator: below))"
  }
  return lines.joined(separator: "\n")
}

private func words(_ status: Diagnosis.Status) -> String {
  switch status {
  case .present: "present"
  case .absent: "absent"
  case .permission: "no permission"
  case .notSupported: "not supported"
  }
}
