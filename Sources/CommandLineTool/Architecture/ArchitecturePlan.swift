package import Artifacts

/// A plan from an architecture alone, with what it compares to.
package struct ArchitecturePlan: Codable, Sendable {
  package var assumptions: [String]
  package var confidence: String
  package var plan: PlanRecord
  package var throughput: ThroughputByStage
  package var saving: YearlySaving?
}

extension ArchitecturePlan {
  package var text: String {
    var sections = [plan.text, throughput.text]
    if let saving { sections.append(saving.text) }
    sections.append(
      "hardware profile: \(confidence)\nassumptions:\n"
        + assumptions.map { "· \($0)" }.joined(separator: "\n"))
    return sections.joined(separator: "\n\n")
  }
}

extension ThroughputByStage {
  var text: String {
    let published = rows.contains { $0.publishedSamplesPerSecond != nil }
    let columns =
      published ? ["published"] + baselines.map { "over \(shortest($0.samplesPerSecond))" } : []
    var table = Table(["stage", "parameters", "request", "samples/s", "ratio"] + columns)
    for row in rows {
      var cells = [
        row.label, "\(row.languageModelParameters)",
        FigureText.milliseconds(row.request.time, interval: true), fixed(row.samplesPerSecond, 2),
        fixed(row.ratio, 2),
      ]
      if published {
        cells.append(row.publishedSamplesPerSecond.map { fixed($0, 2) } ?? "–")
        cells += baselines.indices.map {
          row.publishedRatios.isEmpty ? "–" : fixed(row.publishedRatios[$0], 2)
        }
      }
      table.rows.append(cells)
    }
    let verdicts = baselines.compactMap { baseline in
      baseline.largestDeviation.map {
        "· from \(shortest(baseline.samplesPerSecond)) samples/s (\(baseline.label)), predicted ratios "
          + "are within \(fixed($0 * 100, 0)) % of the published ones"
      }
    }
    return ([table.text] + verdicts).joined(separator: "\n")
  }
}

extension YearlySaving {
  var text: String {
    var table = Table("requests a day", "original, kWh a year", "plan", "saved")
    for volume in volumes {
      table.add(
        millions(volume.requestsPerDay), fixed(volume.original.value, 0),
        fixed(volume.plan.value, 0), fixed(volume.saved.value, 0))
    }
    let sentences = claims.map { claim in
      "· \(claim.label): \(millions(claim.requestsPerDay)) requests a day would save as much, "
        + "\(fixed(claim.saturatedCards, 0)) cards at work without a pause: "
        + (claim.isPlausible ? "plausible" : "not plausible")
    }
    return ([table.text] + sentences).joined(separator: "\n")
  }

  private func millions(_ value: Double) -> String { "\(fixed(value / 1e6, 1)) million" }
}
