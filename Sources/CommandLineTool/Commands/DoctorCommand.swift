import Artifacts
import Metering

/// Which sources of energy and counters this machine has, each proven by opening it.
struct DoctorCommand: Command {
  let name = "doctor"
  let summary = "Tell which energy meters and counters work on this machine."
  let discussion = """
    Opens and reads every source once; changes nothing. Exits with 0 also on a machine that
    has none: energy is then modelled from CPU time, and says so.
    """
  let options: [any ArgumentDeclaration] = [CommonOptions.json]

  func run(_ context: CommandContext) throws {
    let examination = Examination(sources: Doctor.diagnose(), jitter: Doctor.jitter())
    try context.present(json: examination, text: examination.text)
  }
}

/// What `doctor` found.
private struct Examination: Codable {
  var sources: [Diagnosis]
  var jitter: Jitter

  var text: String {
    let width = sources.map(\.source.count).max() ?? 0
    let lines = sources.map { diagnosis in
      let head = words(diagnosis.status).padding(to: 15) + diagnosis.source.padding(to: width)
      let remedy = diagnosis.remedy.map {
        "\n" + String(repeating: " ", count: 15 + width) + "  → \($0)"
      }
      return "\(head)  \(diagnosis.evidence)\(remedy ?? "")"
    }
    let spread = FigureText.significant(jitter.relativeSpread * 100)
    let noise = """
      noise: a fixed loop of \(FigureText.milliseconds(jitter.time)) varies by \(spread) % \
      (P10 to P90 of \(jitter.samples) runs); at worst it took \
      \(FigureText.significant(jitter.worst)) times as long
      """
    return lines.joined(separator: "\n") + "\n\n" + noise
  }

  private func words(_ status: Diagnosis.Status) -> String {
    switch status {
    case .present: "present"
    case .absent: "absent"
    case .permission: "no permission"
    case .notSupported: "not supported"
    }
  }
}
