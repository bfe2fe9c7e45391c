import Artifacts
import HardwareModels

/// Compares every uniform shape of the space, so the optimum is exact.
///
/// Latency and energy are affine in depth, so one prediction serves all depths of the same widths.
/// Without accuracy, the deepest model within a limit has the most parameters: shallower ones of the
/// same widths are known to lose and are not looked at.
/// This is Minitron's enumeration (Muralidharan et al., 2024) with measured latency and energy in place
/// of a parameter budget.
package struct UniformEnumeration: PlanningStrategy {
  package static let name = "uniform"

  /// Shares of the latency limit whose best shapes the plan lists.
  static let frontierShares = [0.5, 0.65, 0.8, 0.9, 1, 1.25, 1.6, 2]

  package init() {}

  private struct Candidate {
    var penalty = Double.infinity
    var latency = Double.infinity
    var blocks = 0
    var width = 0
    var attention = 0

    func isWorse(thanPenalty penalty: Double, latency: Double) -> Bool {
      penalty < self.penalty || (penalty == self.penalty && latency < self.latency)
    }
  }

  package func search(_ problem: PlanningProblem) -> SearchResult {
    let space = problem.space
    let limit = problem.latencyLimit.value
    let energyLimit = problem.energyLimit?.value ?? .infinity
    let frontierLimits = Self.frontierShares.map { $0 * limit }
    let widest = frontierLimits.last ?? limit
    var frontier = Array(repeating: Candidate(), count: frontierLimits.count)
    var best = Candidate()
    var smallestLatency = Double.infinity
    var smallestEnergy = Double.infinity
    var smallestLatencyWithinEnergy = Double.infinity

    /// False where deeper models of the same widths need not be looked at: both costs grow with depth.
    func compare(_ shape: UniformShape, _ found: Candidate, energy: Double) -> Bool {
      let latency = found.latency
      smallestLatency = min(smallestLatency, latency)
      smallestEnergy = min(smallestEnergy, energy)
      if energy > energyLimit { return false }
      smallestLatencyWithinEnergy = min(smallestLatencyWithinEnergy, latency)
      if latency > widest { return false }
      var candidate = found
      candidate.penalty = problem.penalty(shape)
      if latency <= limit && best.isWorse(thanPenalty: candidate.penalty, latency: latency) {
        best = candidate
      }
      for index in frontier.indices.reversed() {
        if latency > frontierLimits[index] { break }
        if frontier[index].isWorse(thanPenalty: candidate.penalty, latency: latency) {
          frontier[index] = candidate
        }
      }
      return true
    }

    let original = problem.cost.point(space.original)
    for attention in space.attentions.indices {
      let heads = space.attentions[attention]
      for width in space.feedForwardWidths.indices {
        let widths = BlockWidths(
          hiddenSize: heads.hiddenSize, heads: heads.heads, headSize: heads.headSize,
          feedForwardWidth: space.feedForwardWidths[width])
        let first = problem.cost.first(widths)
        let block = problem.cost.block(widths)
        var candidate = Candidate(width: width, attention: attention)
        for blocks in depths(problem, first, block, frontierLimits + [limit]) {
          let shape = space.shape(blocks: blocks, width: width, attention: attention)
          if shape == space.original { continue }
          candidate.blocks = blocks
          candidate.latency = first.time.value + block.time.value * Double(blocks - 1)
          let energy = first.energy.value + block.energy.value * Double(blocks - 1)
          if !compare(shape, candidate, energy: energy) { break }
        }
        // By its own measurement, which need not be what its blocks add up to.
        if widths == BlockWidths(space.original) {
          candidate.blocks = space.original.blocks
          candidate.latency = original.time.value
          _ = compare(space.original, candidate, energy: original.energy.value)
        }
      }
    }

    func shape(_ candidate: Candidate) -> UniformShape? {
      guard candidate.blocks > 0 else { return nil }
      return space.shape(
        blocks: candidate.blocks, width: candidate.width, attention: candidate.attention)
    }
    var distinct: [UniformShape] = []
    for candidate in frontier {
      if let shape = shape(candidate), !distinct.contains(shape) { distinct.append(shape) }
    }
    return SearchResult(
      best: shape(best), frontier: distinct, compared: space.count, provenOptimal: true,
      smallestLatency: Seconds(smallestLatency), smallestEnergy: Joules(smallestEnergy),
      smallestLatencyWithinEnergy: smallestLatencyWithinEnergy.isFinite
        ? Seconds(smallestLatencyWithinEnergy) : nil)
  }

  /// Depths worth comparing at widths of known cost, ascending.
  private func depths(
    _ problem: PlanningProblem, _ first: CostPoint, _ block: CostPoint, _ limits: [Double]
  ) -> [Int] {
    let deepest = problem.space.original.blocks
    guard case .leastCompression = problem.objective, block.time.value > 0 else {
      return Array(1...deepest)
    }
    var depths: Set<Int> = [1]
    func add(_ limit: Double, _ first: Double, _ block: Double) {
      guard limit.isFinite, block > 0 else {
        depths.insert(deepest)
        return
      }
      let exact = (limit - first) / block + 1
      let depth = Int(max(1, min(Double(deepest), exact)))
      // Rounding may be off by one either way: the comparison itself decides.
      for candidate in [depth - 1, depth, depth + 1] where (1...deepest).contains(candidate) {
        depths.insert(candidate)
      }
    }
    for limit in limits { add(limit, first.time.value, block.time.value) }
    add(problem.energyLimit?.value ?? .infinity, first.energy.value, block.energy.value)
    return depths.sorted()
  }
}
