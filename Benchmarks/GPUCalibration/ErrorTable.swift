import Artifacts
package import HardwareModels

/// Errors of the model against published measurements, by family.
package struct ErrorTable: Sendable {
  package struct Entry: Sendable {
    package var row: PublishedMeasurement
    package var prediction: Prediction
    /// 80 % interval of the predicted seconds.
    package var low: Double
    package var high: Double

    /// predicted / measured − 1.
    package var error: Double {
      if let seconds = row.seconds { return prediction.time / seconds - 1 }
      return prediction.power / row.value - 1
    }
    package var naiveError: Double? { row.seconds.map { prediction.naive / $0 - 1 } }
    package var isCovered: Bool? { row.seconds.map { (low...high).contains($0) } }
  }

  package struct Summary: Sendable {
    package var name: String
    package var count: Int
    package var meanError: Double
    package var ninetiethPercentile: Double
    package var naiveMeanError: Double
    /// Kendall's τ over distinct configurations; nil below 3.
    package var rankCorrelation: Double?
    package var naiveRankCorrelation: Double?
    /// Share of the measurements inside their 80 % intervals.
    package var coverage: Double
  }

  /// Rows of times and of the card's power.
  package let entries: [Entry]
  /// Rows of a whole machine's energy, by card.
  package let energies: [MachineEnergy]

  /// Throws where a row's card has no profile.
  package init(
    _ rows: [PublishedMeasurement], cards: [String: GPUProfile]
  ) throws(HardwareModelError) {
    var entries: [Entry] = []
    for row in rows {
      guard let profile = cards[row.card] else {
        throw .unknownHardware(name: row.card, known: cards.keys.sorted())
      }
      guard row.machineJoules == nil else { continue }
      let gpu = try AnalyticalGPU(profile, precision: row.precision, engine: row.engine)
      let banded = gpu.banded { [(row.work($0), 1)] }.time
      entries.append(
        Entry(
          row: row,
          prediction: Prediction(
            row, GPUConstants(profile, precision: row.precision, engine: row.engine)),
          low: banded.low?.value ?? 0, high: banded.high?.value ?? 0))
    }
    self.entries = entries
    energies = cards.values.sorted { $0.name < $1.name }.compactMap {
      MachineEnergy(rows, profile: $0)
    }
  }

  package func summary(
    _ name: String, where isIncluded: (PublishedMeasurement) -> Bool
  ) -> Summary? {
    let chosen = entries.filter { isIncluded($0.row) && $0.row.seconds != nil }
    guard !chosen.isEmpty else { return nil }
    let errors = chosen.map { abs($0.error) }.sorted()
    let count = Double(chosen.count)
    // In the order of the table, so that equal tables give equal bits.
    let configurations = Dictionary(grouping: chosen.indices) { chosen[$0].row.configuration }
      .values.sorted { $0[0] < $1[0] }
    // Repeated measurements of one configuration cannot be ranked: their mean counts once.
    let points = configurations.map { group in
      (
        measured: group.reduce(0) { $0 + (chosen[$1].row.seconds ?? 0) } / Double(group.count),
        predicted: chosen[group[0]].prediction.time, naive: chosen[group[0]].prediction.naive
      )
    }
    return Summary(
      name: name, count: chosen.count, meanError: errors.reduce(0, +) / count,
      ninetiethPercentile: errors[min(errors.count - 1, Int(0.9 * count))],
      naiveMeanError: chosen.reduce(0) { $0 + abs($1.naiveError ?? 0) } / count,
      rankCorrelation: kendallTau(points.map { ($0.measured, $0.predicted) }),
      naiveRankCorrelation: kendallTau(points.map { ($0.measured, $0.naive) }),
      coverage: chosen.reduce(0) { $0 + ($1.isCovered == true ? 1 : 0) } / count)
  }
}

/// Kendall's τ_b of pairs (ties corrected); nil where fewer than 3 points or one side is constant.
package func kendallTau(_ points: [(Double, Double)]) -> Double? {
  guard points.count > 2 else { return nil }
  var sum = 0.0
  var first = 0.0
  var second = 0.0
  for i in points.indices {
    for j in points.indices where j > i {
      let a = points[i].0 - points[j].0
      let b = points[i].1 - points[j].1
      if a != 0 { first += 1 }
      if b != 0 { second += 1 }
      if a * b > 0 { sum += 1 } else if a * b < 0 { sum -= 1 }
    }
  }
  guard first > 0, second > 0 else { return nil }
  return sum / (first * second).squareRoot()
}
