package import Artifacts
import Foundation
import HardwareModels

/// Accuracy of a shape after its distillation, fitted to the profile's probes.
///
/// In logit space, so that the loss of a rare answer near 1.0 and of a common one near 0.5 compare.
/// The drop against the original is a ridge regression on how much smaller the blocks are in all,
/// how much shallower the model is, and how the feed-forward share of a block changed:
/// `ShapeFeatures`. Probes that change several dimensions at once, at the cost that a plan asks for,
/// carry the interaction between dimensions that probes of single dimensions miss. Shapes outside
/// the range that was probed pay for the extrapolation, and so do those whose heads are wider or
/// narrower against the hidden size than any probe's.
///
/// The planned distillation is longer than a probe's: the drop shrinks with
/// (probe steps / planned steps)^½, an assumption that the interval has to cover.
package struct AccuracyForecast: Sendable {
  private let originalLogit: Double
  private let original: UniformShape
  private let weights: [Double]
  /// Root mean square of the fit's residuals, in logits.
  private let residual: Double
  private let lowest: [Double]
  private let highest: [Double]
  /// Of `attentionShare` among the probes and the original.
  private let lowestAttention: Double
  private let highestAttention: Double
  private let probeSteps: Double
  private let budget: DistillationBudget
  private let answers: Double
  private let probes: Int

  /// Nil where a profile has no probes.
  package init?(
    sensitivity: SensitivityRecord, original: UniformShape, budget: DistillationBudget
  ) {
    let total = sensitivity.original.total
    guard total > 0, !sensitivity.probes.isEmpty else { return nil }
    func logit(_ record: AccuracyRecord) -> Double {
      let count = Double(max(1, record.total))
      let share = min(max(Double(record.correct), 0.5), count - 0.5) / count
      return log(share / (1 - share))
    }
    let reference = logit(sensitivity.original)
    originalLogit = reference
    answers = Double(total)
    self.original = original
    self.budget = budget
    probes = sensitivity.probes.count
    let steps = sensitivity.probes.map { Double($0.steps) }.filter { $0 > 0 }
    let meanSteps = steps.isEmpty ? 1 : steps.reduce(0, +) / Double(steps.count)
    probeSteps = meanSteps

    // Half an answer is the least that an evaluation can show; a logit moves by at least 4 per unit
    // of share. A probe without any loss still costs that much, or its change would be free.
    let resolution = 4 * 0.5 / Double(total)
    var rows: [[Double]] = []
    var drops: [Double] = []
    for probe in sensitivity.probes {
      rows.append(ShapeFeatures(probe.shape, original: original).values)
      let scale = (Double(max(1, probe.steps)) / meanSteps).squareRoot()
      drops.append(max(resolution, reference - logit(probe.accuracy)) * scale)
    }
    let weights = ridge(rows: rows, targets: drops, penalty: 0.02)
    self.weights = weights
    let squares = zip(rows, drops).reduce(0.0) { sum, pair in
      let error = dotProduct(pair.0, weights) - pair.1
      return sum + error * error
    }
    residual = (squares / Double(max(1, rows.count))).squareRoot()
    // The original itself is known: zero in every feature.
    let columns = weights.indices
    lowest = columns.map { column in rows.reduce(0) { min($0, $1[column]) } }
    highest = columns.map { column in rows.reduce(0) { max($0, $1[column]) } }
    let attentions = sensitivity.probes.map { Self.attentionShare($0.shape, original) }
    lowestAttention = attentions.reduce(0) { min($0, $1) }
    highestAttention = attentions.reduce(0) { max($0, $1) }
  }

  /// Logarithm of the heads' width over the hidden size, against the original's; 0 for every shape whose
  /// heads are as wide as its hidden size, where the original's are.
  private static func attentionShare(_ shape: UniformShape, _ original: UniformShape) -> Double {
    func share(_ shape: UniformShape) -> Double {
      Double(max(1, shape.attentionWidth)) / Double(max(1, shape.hiddenSize))
    }
    return log(share(shape) / share(original))
  }

  /// Share of a probe's drop that is left after the planned distillation.
  func recovery(blockParameters: Double) -> Double {
    let planned = budget.finalUpdates(blockParameters: blockParameters)
    return pow(probeSteps / max(planned, probeSteps), PlanningConstants.recoveryExponent)
  }

  /// Logit drop of a shape against the original.
  package func drop(_ shape: UniformShape) -> Double {
    if shape == original { return 0 }
    func beyond(_ value: Double, _ lowest: Double, _ highest: Double) -> Double {
      max(0, value - highest - 0.1) + max(0, lowest - 0.1 - value)
    }
    let features = ShapeFeatures(shape, original: original).values
    var outside = 0.0
    for (index, value) in features.enumerated() where ShapeFeatures.isLinear[index] {
      outside += beyond(value, lowest[index], highest[index])
    }
    outside += beyond(
      Self.attentionShare(shape, original), lowestAttention, highestAttention)
    let fitted = max(0, dotProduct(features, weights))
    return recovery(blockParameters: shape.blockParameters) * fitted
      + PlanningConstants.extrapolationPenalty * outside
  }

  /// 80 % interval: the sampling error of the evaluation, the residuals of the fit, and from a third
  /// of the predicted drop to twice of it, because the recovery is assumed, not measured.
  package func accuracy(_ shape: UniformShape) -> Figure<Accuracy> {
    func share(_ logit: Double) -> Double { 1 / (1 + exp(-logit)) }
    let drop = drop(shape)
    let value = share(originalLogit - drop)
    let sampling = 1.28 * (value * (1 - value) / answers).squareRoot()
    return .modelled(
      Accuracy(value),
      low: Accuracy(max(0, share(originalLogit - 2 * drop - residual) - sampling)),
      high: Accuracy(min(1, share(originalLogit - drop / 3 + residual) + sampling)),
      source: "fitted to \(probes) probes of \(Int(probeSteps)) steps; "
        + "recovery ∝ steps^−\(PlanningConstants.recoveryExponent) is an assumption")
  }
}

/// How a shape differs from the original, in logarithms of ratios; all zero for the original.
struct ShapeFeatures {
  /// Features whose range bounds what was probed; the others are their squares.
  static let isLinear = [true, false, true, false, true, false]

  let values: [Double]

  init(_ shape: UniformShape, original: UniformShape) {
    let size = log(max(1, original.blockParameters) / max(1, shape.blockParameters))
    let depth = log(Double(original.blocks) / Double(shape.blocks))
    func share(_ shape: UniformShape) -> Double {
      Double(shape.feedForwardWidth) / Double(shape.hiddenSize + shape.attentionWidth)
    }
    let balance = log(share(original) / share(shape))
    values = [size, size * size, depth, depth * depth, balance, balance * balance]
  }
}

func dotProduct(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}

/// Weights that minimise Σ (row · w − target)² + penalty · Σ w², by the normal equations and
/// Gaussian elimination with pivoting.
func ridge(rows: [[Double]], targets: [Double], penalty: Double) -> [Double] {
  guard let width = rows.first?.count else { return [] }
  var matrix = (0..<width).map { i in
    (0..<width).map { j in
      rows.reduce(i == j ? penalty : 0) { $0 + $1[i] * $1[j] }
    } + [zip(rows, targets).reduce(0) { $0 + $1.0[i] * $1.1 }]
  }
  for column in 0..<width {
    let pivot = (column..<width).max { abs(matrix[$0][column]) < abs(matrix[$1][column]) } ?? column
    matrix.swapAt(column, pivot)
    for row in 0..<width where row != column {
      let factor = matrix[row][column] / matrix[column][column]
      for k in column...width { matrix[row][k] -= factor * matrix[column][k] }
    }
  }
  return (0..<width).map { matrix[$0][width] / matrix[$0][$0] }
}
