import Artifacts
import Reporting

extension ProfileRecord {
  /// What a person wants to know from a profile.
  var text: String {
    var lines: [String] = []
    for costs in hardware {
      let request = costs.request
      lines.append("\(costs.name.visible()): \(costs.description.visible())")
      lines.append(
        "  one request of the original: \(milliseconds(request.time)), \(joules(request.energy))")
      for phase in costs.phases {
        lines.append("    \(phase.phase.rawValue): \(milliseconds(phase.cost.time))")
      }
      lines.append("  idle, in every energy above and shown apart: \(watts(costs.idlePower))")
      if let memory = costs.reservedMemoryPower {
        lines.append("  memory reserved beyond the model's, in no energy: \(watts(memory))")
      }
      if let explanation = costs.explanation {
        lines.append("  one block: \(explanation.text)")
      }
      if costs.name == buildMachine && request.energy.provenance == .modelled {
        lines.append(
          "  energy is modelled from CPU time: an energy saving equals a CPU-time saving here")
      }
    }
    if let prompt, let answers, !answers.isEmpty {
      lines.append("prompt (\(prompt.name)): \(prompt.template)")
      for answer in answers {
        lines.append(
          "  \(answer.prompt.debugDescription) → \(answer.answer.debugDescription), expected "
            + answer.expected.debugDescription)
      }
    }
    if let sensitivity {
      let original = sensitivity.original
      lines.append(
        "accuracy on \(original.total) validation entries: \(rounded(original.overall.value))"
          + (chance.map { ", one constant answer \(rounded($0.value))" } ?? "")
          + (original.answerLoss.map { ", loss \(fixed($0.value, 4)) nats per token" } ?? ""))
      for probe in sensitivity.probes {
        lines.append(
          "  \(probe.shape): \(rounded(probe.accuracy.overall.value)) after \(probe.steps) steps of distillation"
        )
      }
    }
    if let seconds = costExpense.time.value {
      lines.append("costs took \(Int(seconds.value.rounded())) s")
    }
    if let seconds = probeExpense?.time.value {
      lines.append("probes took \(Int(seconds.value.rounded())) s")
    }
    lines += warnings.map { "warning: \($0.visible())" }
    return lines.joined(separator: "\n")
  }

  private func milliseconds(_ figure: Figure<Seconds>) -> String {
    guard let value = figure.value else { return "unavailable (\(figure.source.visible()))" }
    return
      "\(FigureText.significant(value.milliseconds)) ms (\(figure.provenance.rawValue))"
  }

  private func joules(_ figure: Figure<Joules>) -> String {
    guard figure.value != nil else { return "energy unavailable (\(figure.source.visible()))" }
    return "\(FigureText.cell(figure, interval: true)) (\(figure.provenance.rawValue))"
  }

  private func watts(_ figure: Figure<Watts>) -> String {
    guard figure.value != nil else { return "unavailable (\(figure.source.visible()))" }
    return "\(FigureText.cell(figure, interval: true)) (\(figure.provenance.rawValue))"
  }

  private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
