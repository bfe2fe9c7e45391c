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
    table.summary("decode", where: { held($0) && $0.phase == .decode }),
  ]
  summaries += distinct(rows.filter { isA10($0) && held($0) }.map(\.family)).map { family in
    table.summary("– \(family)", where: { held($0) && $0.family == family })
  }
  // What a planner ranks are shapes of one kind of model, in one phase.
  let timed = rows.filter { isA10($0) && held($0) && $0.seconds != nil }
  for kind in distinct(timed.map { Kind($0) }) {
    let name = "\(kind.model), \(kind.phase.rawValue)"
    let all = table.summary(name, where: { isA10($0) && held($0) && Kind($0) == kind })
    let named = table.summary(
      "\(name), named beforehand",
      where: { isA10($0) && $0.purpose == .heldOut && Kind($0) == kind })
    summaries += [all, all?.count == named?.count ? nil : named]
      .filter { $0?.rankCorrelation != nil }
  }
  summaries.append(table.summary("calibration rows", where: { $0.purpose == .calibration }))
  summaries += distinct(rows.filter { $0.purpose == .otherCard }.map(\.family)).map { family in
    table.summary("not fitted: \(family)", where: { $0.family == family })
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
  lines += ["", "Power of the card:", ""]
  for entry in table.entries where entry.row.unit == .watts {
    lines.append(
      "- \(entry.row.source), batch \(entry.row.batch), \(entry.row.purpose.rawValue): measured "
        + "\(entry.row.value) W, predicted \(String(format: "%.1f", entry.prediction.power)) W, "
        + String(format: "%+.1f %%.", entry.error * 100))
  }
  lines += [
    "", "Every row (error = predicted / measured − 1):", "",
    "| card | engine | model | precision | phase | batch | tokens | measured | predicted | error | naive | set |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|",
  ]
  for entry in table.entries {
    let row = entry.row
    guard let seconds = row.seconds else { continue }
    lines.append(
      "| \(row.card) | \(row.engine.rawValue) | \(row.model.rawValue) | \(row.precision.rawValue) "
        + "| \(row.phase.rawValue) | \(row.batch) | \(row.tokens) "
        + String(
          format: "| %.2f ms | %.2f ms | %+.0f %% | %+.0f %% ", seconds * 1e3,
          entry.prediction.time * 1e3, entry.error * 100, (entry.naiveError ?? 0) * 100)
        + "| \(row.purpose.rawValue) |")
  }
  return lines.joined(separator: "\n") + "\n"
}

/// Sizes of one architecture, in one phase.
private struct Kind: Hashable {
  /// "llama" of "llama-7b" and "llama-3-8b".
  var model: String
  var phase: PublishedMeasurement.Phase

  init(_ row: PublishedMeasurement) {
    model = row.model.rawValue.prefix { $0 != "-" }.description
    phase = row.phase
  }
}

/// Without repetitions, in order.
private func distinct<Value: Hashable>(_ values: [Value]) -> [Value] {
  var seen: Set<Value> = []
  return values.filter { seen.insert($0).inserted }
}
