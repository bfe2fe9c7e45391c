import Foundation
package import HardwareModels

/// Energy of decode steps of a whole machine, as LLM-Perf's tables give it: the card's by NVML, processor's and
/// memory's mostly estimated by constants.
///
/// The card is the model's, and the rest a constant power. What the rest draws, context of the card included,
/// cannot be told from the card's own constants; what the card's memory costs per byte can, because
/// models differ in the bytes they read in a second.
package struct MachineEnergy: Sendable {
  package let card: String
  /// Watts of the machine beside what the model says of the card.
  package let restPower: Double
  /// Watts of the machine if it drew the same whatever it runs: what a better model has to beat.
  package let constantPower: Double
  package let entries: [Entry]

  package struct Entry: Sendable {
    package var row: PublishedMeasurement
    /// Joules of one call.
    package var measured: Double
    package var predicted: Double
    /// At the constant power.
    package var naive: Double
  }

  /// Nil where the card has no calibration rows of this kind.
  package init?(_ rows: [PublishedMeasurement], profile: GPUProfile) {
    let rows = rows.filter { $0.card == profile.name && $0.machineJoules != nil }
    let steps = rows.map { row in
      let constants = GPUConstants(profile, precision: row.precision, engine: row.engine)
      let work = row.work(GPUKernels(constants: constants))
      return Step(
        isCalibration: row.purpose == .calibration, measured: row.machineJoules ?? 0,
        time: work.time(constants), card: work.cardEnergy(constants))
    }
    guard let rest = Self.power(steps, beside: \.card),
      let constant = Self.power(steps, beside: \.nothing)
    else { return nil }
    card = profile.name
    restPower = rest
    constantPower = constant
    entries = zip(rows, steps).map { row, step in
      Entry(
        row: row, measured: step.measured, predicted: step.card + rest * step.time,
        naive: constant * step.time)
    }
  }

  private struct Step {
    var isCalibration: Bool
    var measured: Double
    var time: Double
    var card: Double
    var nothing: Double { 0 }
  }

  /// The constant power that leaves the least Σ (predicted / measured − 1)² of calibration rows, beside
  /// what is known of each.
  private static func power(_ steps: [Step], beside known: (Step) -> Double) -> Double? {
    var (dividend, divisor) = (0.0, 0.0)
    for step in steps where step.isCalibration {
      let share = step.time / step.measured
      dividend += share * (1 - known(step) / step.measured)
      divisor += share * share
    }
    return divisor > 0 ? dividend / divisor : nil
  }

  /// Σ (predicted / measured − 1)² of calibration rows.
  private var misfit: Double {
    entries.reduce(0) { sum, entry in
      let error = entry.predicted / entry.measured - 1
      return entry.row.purpose == .calibration ? sum + error * error : sum
    }
  }

  /// The profile with the energy of a byte that calibration rows say, within its band.
  package static func fit(
    _ profile: GPUProfile, to rows: [PublishedMeasurement]
  ) -> GPUProfile {
    func misfit(_ value: Double) -> Double? {
      var trial = profile
      trial.setValue(.memoryEnergy, value)
      return MachineEnergy(rows, profile: trial)?.misfit
    }
    let band = profile.band(.memoryEnergy)
    // From the middle of the band, wherever an earlier fit ended.
    var value = (band.low * band.high).squareRoot()
    guard var best = misfit(value) else { return profile }
    var step = 0.2
    while step > 1e-4 {
      let trials = [value * (1 + step), value / (1 + step)].map {
        min(max($0, band.low), band.high)
      }
      let found = trials.compactMap { trial in misfit(trial).map { (trial, $0) } }
        .min { $0.1 < $1.1 }
      if let found, found.1 < best - 1e-12 { (value, best) = found } else { step /= 2 }
    }
    var fitted = profile
    fitted.setValue(.memoryEnergy, significant(value))
    return fitted
  }
}
