package import Artifacts
import Foundation

/// A cost model corrected by whole requests of a few small models.
///
/// A sum of block costs misses what only a whole request shows: caches shared with the encoder, work
/// between the phases. `factor` is the median of measured over predicted, each measured against the
/// original in the same moment, and taken as far as the checks agree: where a busy machine makes them
/// contradict one another, the table is believed. One factor for every shape keeps requests affine in
/// depth. The original keeps its own measurement.
package struct CheckedCostModel: CostModel {
  package let factor: Double
  /// 10th and 90th percentile of measured over predicted, relative to the median.
  package let spread: (low: Double, high: Double)
  private let base: any CostModel
  private let original: UniformShape
  private let checks: Int
  /// Relative 80 % error of the original's own measurement, which every forecast is proportional to.
  private let referenceError: Double

  /// Standard deviation of log(request over sum of its parts) between models and machines, before
  /// any check: whole requests in the runs of `cost-study` are off by about as much.
  static let priorDeviation = 0.05

  /// Nil where no probe served a request.
  package init?(
    _ base: any CostModel, original: UniformShape, probes: [SensitivityRecord.Probe]
  ) {
    guard let reference = base.request(shape: original).time.value?.value else { return nil }
    let ratios = probes.compactMap { probe -> Double? in
      guard let check = probe.request, let time = check.time.value?.value,
        let originalTime = check.original.value?.value, originalTime > 0
      else { return nil }
      let predicted = base.point(probe.shape).time.value
      let ratio = time / originalTime * reference / predicted
      return ratio.isFinite && ratio > 0 ? log(ratio) : nil
    }
    guard !ratios.isEmpty else { return nil }
    let summary = SampleSummary(ratios)
    let median = summary.median
    // The most probable factor, where logarithms are normal: the prior around 0, the checks' median
    // with the deviation that half its 80 % interval tells.
    let deviation = (summary.medianInterval.high - median) / 1.28
    let prior = Self.priorDeviation * Self.priorDeviation
    factor = exp(median * prior / (prior + deviation * deviation))
    spread = (exp(summary.quantile(0.1) - median), exp(summary.quantile(0.9) - median))
    let measured = Interval(base.request(shape: original).time)
    referenceError = max(measured.below, measured.above) / reference
    checks = ratios.count
    self.base = base
    self.original = original
  }

  package var name: String { base.name }
  package var predictsEnergy: Bool { base.predictsEnergy }

  package func block(_ widths: BlockWidths) -> CostPoint { base.block(widths) * factor }

  package func first(_ widths: BlockWidths) -> CostPoint { base.first(widths) * factor }

  /// What the checks correct is not the original's own measurement.
  package func point(_ shape: UniformShape) -> CostPoint {
    shape == original ? base.point(shape) : affinePoint(shape)
  }

  package func request(shape: UniformShape) -> Expense {
    let expense = base.request(shape: shape)
    return shape == original ? expense : corrected(expense)
  }

  package func phases(shape: UniformShape) -> [RequestPhaseCost] {
    let phases = base.phases(shape: shape)
    if shape == original { return phases }
    return phases.map { RequestPhaseCost(phase: $0.phase, cost: corrected($0.cost)) }
  }

  private func corrected(_ expense: Expense) -> Expense {
    func source(_ text: String) -> String {
      "\(text); corrected by whole requests of \(checks) probes"
    }
    var result = expense
    if let time = expense.time.value {
      // The checks are requests of about the cost that plans ask for: their spread is the error of a
      // prediction there, whatever the intervals of single blocks add up to.
      var corrected = Interval(
        value: 1, below: max(1 - spread.low, 0.02), above: max(spread.high - 1, 0.02))
      corrected.widen(by: referenceError)
      result.time = .modelled(
        time * factor, low: time * (factor * corrected.low),
        high: time * (factor * corrected.high), source: source(expense.time.source))
    }
    // The uncertainty of the meter stays.
    if let energy = expense.energy.value, let low = expense.energy.low,
      let high = expense.energy.high
    {
      result.energy = .modelled(
        energy * factor, low: low * factor, high: high * factor,
        source: source(expense.energy.source))
    }
    return result
  }
}
