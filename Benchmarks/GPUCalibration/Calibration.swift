import Foundation
package import HardwareModels

/// The fit of the analytical model's parameters to the calibration rows.
///
/// Minimises Σ (ln(predicted / measured) / 0.08)² + Σ (ln(value / prior) / σ)² over the parameters
/// below, where σ comes from the parameter's 80 % band: a maximum a-posteriori estimate with log-normal
/// priors. Coordinate descent with shrinking steps, so equal inputs give equal bits.
package struct Calibration: Sendable {
  /// Standard deviation of the model's own error, in logarithms.
  static let modelError = 0.08
  /// Standard deviations from the middle to the end of an 80 % interval.
  static let normalQuantile = 1.2816

  /// Parameters with their starting values: the reference the model was written from.
  package typealias Priors = [(parameter: GPUParameter, value: Double)]

  /// What FasterTransformer's BERT tables say of an A10.
  package static let a10: Priors = [
    (.gemmEfficiencyF16, 0.58), (.gemmEfficiencyF32, 0.43), (.gemmEfficiencyInt8, 0.73),
    (.elementwiseMemoryEfficiency, 0.8), (.elementwiseMemoryEfficiencyInt8, 0.65),
    (.attentionEfficiency, 0.35), (.attentionEfficiencyF32, 0.45),
    (.gemmKernelTime, 3.5e-6), (.kernelTime, 2e-6), (.launchTime, 9e-6), (.tracedLaunchTime, 18e-6),
    (.operatorTime, 0.3e-3), (.tracedTraffic, 1.2),
  ]

  /// What LLM-Perf's tables say of a card and of its host in eager mode.
  package static let eager: Priors = [
    (.gemmEfficiencyF16, 0.7), (.gemmEfficiencyF32, 0.43), (.gemmMemoryEfficiency, 0.8),
    (.gemmMemoryEfficiencyF32, 0.8),
    (.elementwiseMemoryEfficiency, 0.8), (.attentionEfficiency, 0.35),
    (.attentionEfficiencyF32, 0.45), (.gemmKernelTime, 3.5e-6), (.kernelTime, 2e-6),
    (.eagerLaunchTime, 14e-6), (.eagerBlockTime, 0.15e-3), (.eagerPassTime, 1.5e-3),
  ]

  /// And of a card whose power cap decides: there the time, not the energy, tells what work costs.
  package static let capped: Priors =
    eager + [
      (.operationEnergyF16, 1.4e-12), (.operationEnergyF32, 5e-12), (.memoryEnergy, 1.5e-10),
    ]

  /// What MLPerf's BERT-large says of cards whose other parameters are carried over.
  package static let int8: Priors = [(.gemmEfficiencyInt8, 0.5)]

  /// Cards whose fitted values others take over, as the bands' sources name them.
  private static let sources = [
    (title: "A10", name: "a10"), (title: "A100", name: "a100"), (title: "H100", name: "h100"),
  ]

  /// Parameters that belong to the host, so that they hold beside any card.
  package static let host: [GPUParameter] = [.eagerLaunchTime, .eagerBlockTime, .eagerPassTime]

  package let cards: [String: GPUProfile]
  private let rows: [PublishedMeasurement]

  /// `cards` by name. Rows that are not for calibration are dropped here and never looked at.
  package init(rows: [PublishedMeasurement], cards: [String: GPUProfile]) {
    self.cards = cards
    self.rows = rows.filter { $0.purpose == .calibration }
  }

  /// All cards with fitted values, each from its own rows, and every parameter that is said to be carried
  /// over from another card's; and what the fits leave, by card.
  package func fitted() -> (cards: [String: GPUProfile], misfits: [String: Double]) {
    var cards = cards
    var misfits: [String: Double] = [:]
    func fit(_ name: String, _ priors: Priors) {
      let rows = rows.filter { $0.card == name && $0.seconds != nil }
      // Without measurements a card keeps what it has.
      guard let card = cards[name], !rows.isEmpty else { return }
      (cards[name], misfits[name]) = self.fit(card, priors, to: rows)
    }
    fit("a10", Self.a10)
    carryOver(&cards)
    for name in ["a10g", "a100"] { fit(name, Self.eager) }
    fit("t4", Self.capped)
    // How long a step takes is known by now.
    for name in ["a10g", "a100"] {
      if let card = cards[name] { cards[name] = MachineEnergy.fit(card, to: rows) }
    }
    if let source = cards["a10g"] {
      for parameter in Self.host { cards["a10"]?.setValue(parameter, source.band(parameter).value) }
    }
    carryOver(&cards)
    for name in ["h100", "l4"] { fit(name, Self.int8) }
    carryOver(&cards)
    return (cards, misfits)
  }

  /// Every parameter whose source names a card takes that card's value, and its band grows to hold it. In the
  /// order of the sources, since one takes over from another.
  private func carryOver(_ cards: inout [String: GPUProfile]) {
    for source in Self.sources {
      guard let values = cards[source.name] else { continue }
      for (name, var card) in cards {
        for band in card.parameters
        where band.source.hasPrefix("carried over from the \(source.title)'s") {
          card.setValue(band.parameter, values.band(band.parameter).value)
        }
        cards[name] = card
      }
    }
  }

  /// A profile with fitted values, to four significant digits, and what the fit leaves.
  private func fit(
    _ profile: GPUProfile, _ priors: Priors, to rows: [PublishedMeasurement]
  ) -> (profile: GPUProfile, misfit: Double) {
    var values = priors.map(\.value)
    let spreads = priors.map { prior -> (low: Double, high: Double, deviation: Double) in
      let band = profile.band(prior.parameter)
      return (band.low, band.high, log(band.high / band.low) / 2 / Self.normalQuantile)
    }
    // Repeated measurements are predicted once; in the order of the table.
    let groups = Dictionary(grouping: rows.indices) { rows[$0].configuration }
      .values.sorted { $0[0] < $1[0] }
      .map { group in
        let row = rows[group[0]]
        return (
          row: row, measured: group.compactMap { rows[$0].seconds },
          constants: GPUConstants(profile, precision: row.precision, engine: row.engine)
        )
      }
    func loss(_ values: [Double]) -> Double {
      var sum = 0.0
      for (index, value) in values.enumerated() {
        let distance = log(value / priors[index].value) / spreads[index].deviation
        sum += distance * distance
      }
      for (row, measured, constants) in groups {
        var constants = constants
        for (index, prior) in priors.enumerated() { constants[prior.parameter] = values[index] }
        let predicted = row.work(GPUKernels(constants: constants)).time(constants)
        for seconds in measured {
          let error = log(predicted / seconds) / Self.modelError
          sum += error * error
        }
      }
      return sum
    }
    var best = loss(values)
    var steps = values.map { _ in 0.1 }
    for _ in 0..<200 where steps.contains(where: { $0 > 1e-4 }) {
      for index in values.indices {
        var improved = false
        for direction in [1.0, -1.0] {
          var trial = values
          trial[index] = min(
            max(values[index] * (1 + direction * steps[index]), spreads[index].low),
            spreads[index].high)
          let cost = loss(trial)
          if cost < best - 1e-12 {
            (values, best, improved) = (trial, cost, true)
            break
          }
        }
        if !improved { steps[index] *= 0.5 }
      }
    }
    var fitted = profile
    for (index, prior) in priors.enumerated() {
      let (low, high, _) = spreads[index]
      fitted.setValue(prior.parameter, min(max(significant(values[index]), low), high))
    }
    return (fitted, best)
  }
}

extension GPUProfile {
  /// The band of a parameter; profiles are validated to have every one.
  package func band(_ parameter: GPUParameter) -> Band {
    parameters.first { $0.parameter == parameter } ?? Band(parameter, 1, 1, 1, source: "")
  }

  package mutating func setValue(_ parameter: GPUParameter, _ value: Double) {
    for index in parameters.indices where parameters[index].parameter == parameter {
      parameters[index].value = value
      parameters[index].low = min(parameters[index].low, value)
      parameters[index].high = max(parameters[index].high, value)
    }
  }
}

/// Four significant digits.
func significant(_ value: Double) -> Double {
  Double(String(format: "%.3e", value)) ?? value
}
