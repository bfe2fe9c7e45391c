package import Artifacts
import Foundation
import HardwareModels

/// Accuracy of a shape after its distillation, predicted from probes of one dimension each.
///
/// In logit space, so that the loss of a rare answer near 1.0 and of a common one near 0.5 compare:
/// drop(shape) = recovery · Σ over dimensions of curve(removed fraction). Recovery is
/// (probe steps / planned steps)^½, because a planned distillation is longer than a probe's: an
/// assumption, which the interval has to cover.
package struct AccuracyForecast: Sendable {
  private let originalLogit: Double
  private let blocks: DropCurve
  private let feedForward: DropCurve
  private let attention: DropCurve
  private let hidden: DropCurve
  private let original: UniformShape
  private let probeSteps: Double
  private let budget: DistillationBudget
  private let answers: Double

  /// Nil where a profile has no probes that change a dimension.
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

    var points: [Dimension: [(removed: Double, drop: Double)]] = [:]
    for probe in sensitivity.probes {
      guard let (dimension, removed) = Self.classify(probe.shape, original) else { continue }
      points[dimension, default: []].append((removed, max(0, reference - logit(probe.accuracy))))
    }
    // Half an answer is the least that an evaluation can show; a logit moves by at least 4 per unit
    // of share. A probe without any loss still costs that much, or its dimension would be free.
    let resolution = 4 * 0.5 / Double(total)
    func curve(_ dimension: Dimension) -> DropCurve {
      DropCurve(points: points[dimension] ?? [], resolution: resolution)
    }
    blocks = curve(.blocks)
    feedForward = curve(.feedForward)
    let attention = curve(.attention)
    self.attention = attention
    // A probe of the hidden size narrows attention as well; that part is counted there.
    points[.hidden] =
      (points[.hidden] ?? [])
      + (points[.hiddenAndAttention] ?? []).map {
        ($0.removed, max(0, $0.drop - attention.drop(removed: $0.removed)))
      }
    hidden = curve(.hidden)
    let steps = sensitivity.probes.map { Double($0.steps) }.filter { $0 > 0 }
    probeSteps = steps.isEmpty ? 1 : steps.reduce(0, +) / Double(steps.count)
  }

  private enum Dimension { case blocks, feedForward, attention, hidden, hiddenAndAttention }

  private static func classify(
    _ shape: UniformShape, _ original: UniformShape
  ) -> (Dimension, Double)? {
    func removed(_ now: Int, _ before: Int) -> Double { 1 - Double(now) / Double(before) }
    if shape.hiddenSize != original.hiddenSize {
      let both = shape.attentionWidth != original.attentionWidth
      return (
        both ? .hiddenAndAttention : .hidden, removed(shape.hiddenSize, original.hiddenSize)
      )
    }
    if shape.blocks != original.blocks {
      return (.blocks, removed(shape.blocks, original.blocks))
    }
    if shape.feedForwardWidth != original.feedForwardWidth {
      return (.feedForward, removed(shape.feedForwardWidth, original.feedForwardWidth))
    }
    if shape.attentionWidth != original.attentionWidth {
      return (.attention, removed(shape.attentionWidth, original.attentionWidth))
    }
    return nil
  }

  func blockDrop(_ count: Int) -> Double {
    blocks.drop(removed: 1 - Double(count) / Double(original.blocks))
  }

  func feedForwardDrop(_ width: Int) -> Double {
    feedForward.drop(removed: 1 - Double(width) / Double(original.feedForwardWidth))
  }

  /// Attention and hidden size together, of a shape where both are `heads · headSize`.
  func hiddenDrop(_ attentionWidth: Int, hiddenSize: Int) -> Double {
    attention.drop(removed: 1 - Double(attentionWidth) / Double(original.attentionWidth))
      + hidden.drop(removed: 1 - Double(hiddenSize) / Double(original.hiddenSize))
  }

  /// Share of a probe's drop that is left after the planned distillation.
  func recovery(blockParameters: Double) -> Double {
    let planned = budget.finalUpdates(blockParameters: blockParameters)
    let ratio = probeSteps / max(planned, probeSteps)
    return PlanningConstants.recoveryExponent == 0.5
      ? ratio.squareRoot() : pow(ratio, PlanningConstants.recoveryExponent)
  }

  /// Logit drop of a shape against the original.
  package func drop(_ shape: UniformShape) -> Double {
    // Grouped as in `UniformEnumeration`, for equal bits.
    let sum =
      blockDrop(shape.blocks)
      + (feedForwardDrop(shape.feedForwardWidth)
        + hiddenDrop(shape.attentionWidth, hiddenSize: shape.hiddenSize))
    return recovery(blockParameters: shape.blockParameters) * sum
  }

  /// 80 % interval: the sampling error of the evaluation, and from a third of the predicted drop to
  /// twice of it, because interaction between dimensions and recovery are assumed, not measured.
  package func accuracy(_ shape: UniformShape) -> Figure<Accuracy> {
    func share(_ logit: Double) -> Double { 1 / (1 + exp(-logit)) }
    let drop = drop(shape)
    let value = share(originalLogit - drop)
    let sampling = 1.28 * (value * (1 - value) / answers).squareRoot()
    return .modelled(
      Accuracy(value),
      low: Accuracy(max(0, share(originalLogit - 2 * drop) - sampling)),
      high: Accuracy(min(1, share(originalLogit - drop / 3) + sampling)),
      source: "extrapolated from single-dimension probes of \(Int(probeSteps)) steps; "
        + "recovery ∝ steps^−\(PlanningConstants.recoveryExponent) is an assumption")
  }
}

/// Logit drop against the removed fraction of one dimension: 0 at 0, piecewise linear and
/// non-decreasing through the probes, then convex.
///
/// Beyond the last probe x: drop(x) + s · U · −ln(1 − (removed − x)/U), U = 1 − x: every further
/// halving of what is left costs the same, and removing everything costs everything.
struct DropCurve: Sendable {
  private let removed: [Double]
  private let drops: [Double]
  private let slope: Double

  /// `resolution` is the least drop that a probe can show; without probes the curve is steep
  /// enough that an unknown dimension is not preferred: one logit for half of it.
  init(points: [(removed: Double, drop: Double)], resolution: Double) {
    var known = points.filter { $0.removed > 0 && $0.removed < 1 }
      .sorted { ($0.removed, $0.drop) < ($1.removed, $1.drop) }
    if known.isEmpty { known = [(0.5, 1)] }
    let fitted = isotonic(known.map { max($0.drop, resolution) })
    var removed = [0.0]
    var drops = [0.0]
    for (point, drop) in zip(known, fitted) {
      if point.removed == removed[removed.count - 1] {
        drops[drops.count - 1] = drop
      } else {
        removed.append(point.removed)
        drops.append(drop)
      }
    }
    let last = removed.count - 1
    let lastSegment = (drops[last] - drops[last - 1]) / (removed[last] - removed[last - 1])
    self.removed = removed
    self.drops = drops
    slope = max(lastSegment, drops[last] / removed[last])
  }

  func drop(removed x: Double) -> Double {
    guard x > 0 else { return 0 }
    let last = removed.count - 1
    if x > removed[last] {
      let rest = 1 - removed[last]
      let share = min((x - removed[last]) / rest, 1 - 1e-6)
      return drops[last] - slope * rest * log(1 - share)
    }
    var index = 1
    while x > removed[index] { index += 1 }
    let share = (x - removed[index - 1]) / (removed[index] - removed[index - 1])
    return drops[index - 1] + share * (drops[index] - drops[index - 1])
  }
}
