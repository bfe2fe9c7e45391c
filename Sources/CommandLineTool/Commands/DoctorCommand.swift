import Artifacts
import Metering

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
    Opens and reads every source once; changes nothing. Exits with 0 also on a machine that
    has none: energy is then modelled from CPU time, and says so.
    """
  let options: [any ArgumentDeclaration] = [Self.sysfs, Self.until, CommonOptions.json]

  func run(_ context: CommandContext) throws {
    switch (context.arguments[Self.sysfs], context.arguments[Self.until]) {
    case (let before?, let until?):
      let difference = Difference(try powercapDelta(before: before, until: until))
      try context.present(json: difference, text: difference.text)
    case (let copy?, nil):
      let sources = try Doctor.diagnose(copy: copy)
      try context.present(json: sources, text: describe(sources))
    case (nil, _?):
      throw UsageError("--until needs the earlier copy: --sysfs DIR --until DIR")
    case (nil, nil): try examine(context)
    }
  }

  private func examine(_ context: CommandContext) throws {
    let examination = Examination(sources: Doctor.diagnose(), jitter: Doctor.jitter())
    try context.present(json: examination, text: examination.text)
  }
}

/// What `doctor` found.
private struct Examination: Codable {
  var sources: [Diagnosis]
  var jitter: Jitter

  var text: String {
    let spread = FigureText.significant(jitter.relativeSpread * 100)
    let noise = """
      noise: a fixed loop of \(FigureText.milliseconds(jitter.time)) varies by \(spread) % \
      (P10 to P90 of \(jitter.samples) runs); at worst it took \
      \(FigureText.significant(jitter.worst)) times as long
      """
    return describe(sources) + "\n\n" + noise
  }
}

/// The energy between two copies of the counters, zone by zone.
private struct Difference: Codable {
  var total: Figure<Joules>
  var counters: PowercapDelta

  init(_ counters: PowercapDelta) {
    total = counters.total
    self.counters = counters
  }

  var text: String {
    var table = Table("zone", "name", "part", "µJ", words: 3)
    for zone in counters.zones {
      table.add(
        zone.id, zone.name, zone.counted ? "counted" : "not in the total", "\(zone.microjoules)")
    }
    return """
      \(table.text)

      total: \(counters.totalMicrojoules) µJ (\(counters.rule))
      """
  }
}

/// One line for each source, its remedy below it.
private func describe(_ sources: [Diagnosis]) -> String {
  let width = sources.map(\.source.count).max() ?? 0
  let lines = sources.map { diagnosis in
    let head = words(diagnosis.status).padding(to: 15) + diagnosis.source.padding(to: width)
    let remedy = diagnosis.remedy.map {
      "\n" + String(repeating: " ", count: 15 + width) + "  → \($0)"
    }
    return "\(head)  \(diagnosis.evidence)\(remedy ?? "")"
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
