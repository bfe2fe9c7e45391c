import Foundation
import HardwareModels

/// The table of errors as Markdown.
package func calibrationReport(_ table: ErrorTable) -> String {
  let rows = table.entries.map(\.row)
  let isA10 = { (row: PublishedMeasurement) in row.card == "a10" || row.card == "a10g" }
  func held(_ row: PublishedMeasurement) -> Bool {
    row.purpose == .heldOut || row.purpose == .heldOutAdded
  }
  func isFused(_ row: PublishedMeasurement) -> Bool {
    row.phase == .encode && [.fused, .fusedOperator, .compiled].contains(row.engine)
  }
  var summaries: [ErrorTable.Summary?] = [
    table.summary("**all held out**", where: { isA10($0) && held($0) }),
    table.summary("all held out, named beforehand", where: { isA10($0) && $0.purpose == .heldOut }),
    table.summary("encoders, fused", where: { isA10($0) && held($0) && isFused($0) }),
    table.summary(
      "encoders, fused, named beforehand",
      where: { isA10($0) && $0.purpose == .heldOut && isFused($0) }),
    table.summary("decode", where: { isA10($0) && held($0) && $0.phase == .decode }),
    table.summary("prefill", where: { isA10($0) && held($0) && $0.phase == .prefill }),
  ]
  // What a planner ranks are shapes of one kind of model, in one phase.
  for kind in distinct(rows.filter { isA10($0) && held($0) && $0.seconds != nil }.map(Kind.init)) {
    summaries.append(
      table.summary("– \(kind)", where: { isA10($0) && held($0) && Kind($0) == kind }))
  }
  for card in ["a100", "h100", "l4", "t4"] {
    for phase in [PublishedMeasurement.Phase.encode, .decode, .prefill] {
      summaries.append(
        table.summary(
          "held out: \(card), \(phase.rawValue)",
          where: { held($0) && $0.card == card && $0.phase == phase }))
    }
  }
  for card in distinct(rows.filter { $0.purpose == .calibration }.map(\.card)) {
    summaries.append(
      table.summary(
        "calibration rows, \(card)", where: { $0.purpose == .calibration && $0.card == card }))
  }
  for family in distinct(rows.filter { $0.purpose == .otherCard }.map(\.family)) {
    summaries.append(
      table.summary(
        "not fitted: \(family)", where: { $0.purpose == .otherCard && $0.family == family }))
  }

  func percent(_ value: Double) -> String { String(format: "%.1f %%", value * 100) }
  func correlation(_ value: Double?) -> String { value.map { String(format: "%.2f", $0) } ?? "–" }
  var lines = [
    "| rows | number | mean error | 90th percentile | naive roofline | τ | naive τ | in the 80 % band |",
    "|---|---|---|---|---|---|---|---|",
  ]
  for summary in summaries.compactMap(\.self) {
    lines.append(
      "| \(summary.name) | \(summary.count) | \(percent(summary.meanError)) "
        + "| \(percent(summary.ninetiethPercentile)) | \(percent(summary.naiveMeanError)) "
        + "| \(correlation(summary.rankCorrelation)) | \(correlation(summary.naiveRankCorrelation)) "
        + "| \(percent(summary.coverage)) |")
  }
  let powers = table.entries.filter { $0.row.unit == .watts }
  if !powers.isEmpty { lines += ["", "Power of the card:", ""] }
  for entry in powers {
    lines.append(
      "- \(entry.row.source), batch \(entry.row.batch), \(entry.row.purpose.rawValue): measured "
        + "\(entry.row.value) W, predicted \(String(format: "%.1f", entry.prediction.power)) W, "
        + String(format: "%+.1f %%.", entry.error * 100))
  }
  if !table.energies.isEmpty { lines += energyLines(table, percent: percent) }
  lines += [
    "", "Every row (error = predicted / measured − 1):", "",
    "| card | engine | model | precision | phase | batch | tokens | measured | predicted | error | naive | set |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|",
  ]
  for entry in table.entries {
    let row = entry.row
    guard let seconds = row.seconds else { continue }
    lines.append(
      "| \(row.card) | \(row.engine.rawValue) | \(row.model.name) | \(row.precision.rawValue) "
        + "| \(row.phase.rawValue) | \(row.batch) | \(row.tokens) "
        + String(
          format: "| %.2f ms | %.2f ms | %+.0f %% | %+.0f %% ", seconds * 1e3,
          entry.prediction.time * 1e3, entry.error * 100, (entry.naiveError ?? 0) * 100)
        + "| \(row.purpose.rawValue) |")
  }
  return lines.joined(separator: "\n") + "\n"
}

/// Energy of decode steps, by card: what was fitted, and how well it says what was held out.
private func energyLines(_ table: ErrorTable, percent: (Double) -> String) -> [String] {
  var lines = [
    "",
    "Energy of a decode step of the whole machine: the card by the model, and a constant power for the rest of",
    "the machine, which calibration rows give (it includes what is wrong with the card's own constants). Beside it",
    "the step's predicted time at the power that fits the calibration rows best.",
    "",
    "| card | rest of the machine | held out | mean error | 90th percentile | at constant power | calibration rows | mean error |",
    "|---|---|---|---|---|---|---|---|",
  ]
  for energy in table.energies {
    func errors(
      _ value: (MachineEnergy.Entry) -> Double, where isIncluded: (PublishedMeasurement) -> Bool
    ) -> [Double] {
      energy.entries.filter { isIncluded($0.row) }.map { abs(value($0) / $0.measured - 1) }.sorted()
    }
    func mean(_ values: [Double]) -> Double {
      values.reduce(0, +) / Double(max(1, values.count))
    }
    let held = errors({ $0.predicted }, where: { $0.purpose != .calibration })
    let naive = errors({ $0.naive }, where: { $0.purpose != .calibration })
    let fitted = errors({ $0.predicted }, where: { $0.purpose == .calibration })
    lines.append(
      "| \(energy.card) | \(String(format: "%.0f W", energy.restPower)) | \(held.count) "
        + "| \(percent(mean(held))) "
        + "| \(percent(held.isEmpty ? 0 : held[min(held.count - 1, Int(0.9 * Double(held.count)))])) "
        + "| \(percent(mean(naive))) | \(fitted.count) | \(percent(mean(fitted))) |")
  }
  return lines
}

/// Models of one architecture, in one phase.
private struct Kind: Hashable, CustomStringConvertible {
  var family: String
  var phase: PublishedMeasurement.Phase

  init(_ row: PublishedMeasurement) {
    family = row.family
    phase = row.phase
  }

  var description: String { phase == .encode ? family : "\(family), \(phase.rawValue)" }
}

/// Without repetitions, in order.
private func distinct<Value: Hashable>(_ values: [Value]) -> [Value] {
  var seen: Set<Value> = []
  return values.filter { seen.insert($0).inserted }
}
