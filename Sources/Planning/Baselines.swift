package import Artifacts
import HardwareModels

/// Shapes that a plan has to beat: every report shows them beside the chosen one.
package enum Baselines {
  /// The same share removed from every dimension, as little as meets the constraints.
  package static func uniform(_ problem: PlanningProblem) -> UniformShape? {
    let original = problem.space.original
    for step in 0..<400 {
      let kept = 1 - Double(step) / 400
      func scaled(_ value: Int, _ multiple: Int, _ smallest: Int) -> Int {
        let snapped = Int(Double(value) * kept / Double(multiple)) * multiple
        return kept == 1 ? value : min(value, max(smallest, snapped))
      }
      let size = scaled(original.headSize, 4, min(4, original.headSize))
      let shape = UniformShape(
        blocks: scaled(original.blocks, 1, 1),
        feedForwardWidth: scaled(
          original.feedForwardWidth, 32, problem.space.feedForwardWidths[0]),
        heads: original.heads, headSize: size,
        hiddenSize: original.tiesHiddenSize
          ? original.heads * size
          : scaled(original.hiddenSize, original.hiddenSizeUnit, original.hiddenSizeUnit))
      if problem.isFeasible(problem.cost.point(shape)) { return shape }
    }
    return nil
  }

  /// A shape drawn at random among those that use at least 85 % of the latency; else the slowest
  /// feasible one drawn.
  package static func random(_ problem: PlanningProblem, seed: UInt64) -> UniformShape? {
    var generator = SeededGenerator(seed: seed, stream: "random baseline")
    let space = problem.space
    var slowest: (shape: UniformShape, time: Seconds)?
    for _ in 0..<4_000 {
      let shape = space.shape(
        blocks: 1 + generator.integer(below: space.original.blocks),
        width: generator.integer(below: space.feedForwardWidths.count),
        attention: generator.integer(below: space.attentions.count))
      let point = problem.cost.point(shape)
      guard problem.isFeasible(point) else { continue }
      if point.time >= problem.latencyLimit * 0.85 { return shape }
      if point.time > slowest?.time ?? .zero { slowest = (shape, point.time) }
    }
    return slowest?.shape
  }
}
