package import Artifacts

/// The path from the original to the final shape: the paper's three stages, each in few steps.
package struct Schedule: Sendable {
  package struct Move: Hashable, Sendable {
    package var stage: PruningStage
    package var from: UniformShape
    package var to: UniformShape
  }

  /// Stage `blocks` first, then `interModule` at the original hidden size, then `inputOutput`; the
  /// last move ends in `final`. A step keeps at least `ratio` of a dimension while the stage's
  /// maximum of steps allows; ratio 0 makes one step of each stage. Heads go in multiples of
  /// `headMultiple`, which are those that share a key/value head.
  package static func moves(
    from original: UniformShape, to final: UniformShape, ratio: Double, headMultiple: Int = 1
  ) -> [Move] {
    var moves: [Move] = []
    var shape = original
    func move(_ stage: PruningStage, _ change: (inout UniformShape) -> Void) {
      var next = shape
      change(&next)
      guard next != shape else { return }
      moves.append(Move(stage: stage, from: shape, to: next))
      shape = next
    }

    while shape.blocks > final.blocks {
      let kept = Int((Double(shape.blocks) * ratio).rounded())
      move(.blocks) { $0.blocks = max(final.blocks, min(kept, shape.blocks - 1)) }
    }

    let widths = [
      Double(final.feedForwardWidth) / Double(original.feedForwardWidth),
      Double(final.attentionWidth) / Double(original.attentionWidth),
    ]
    let inner = steps(widths.min() ?? 1, ratio, atMost: PlanningConstants.interModuleSteps)
    for step in 1...inner {
      let share = Double(step) / Double(inner)
      move(.interModule) {
        $0.feedForwardWidth = between(
          original.feedForwardWidth, final.feedForwardWidth, share, multiple: 32)
        $0.heads = between(original.heads, final.heads, share, multiple: headMultiple)
        $0.headSize = between(original.headSize, final.headSize, share, multiple: 4)
      }
    }

    let hidden = Double(final.hiddenSize) / Double(original.hiddenSize)
    let outer = steps(hidden, ratio, atMost: PlanningConstants.inputOutputSteps)
    for step in 1...outer {
      let share = Double(step) / Double(outer)
      move(.inputOutput) {
        $0.hiddenSize = between(original.hiddenSize, final.hiddenSize, share, multiple: 4)
      }
    }
    return moves
  }

  /// Steps that reach `kept` (a share of the dimension) with at least `ratio` each.
  private static func steps(_ kept: Double, _ ratio: Double, atMost limit: Int) -> Int {
    guard ratio > 0 else { return 1 }
    var count = 1
    var reached = ratio
    while reached > kept + 1e-9 && count < limit {
      count += 1
      reached *= ratio
    }
    return count
  }

  /// Geometric interpolation from `a` down to `b`, rounded to a multiple; exact at the ends.
  private static func between(_ a: Int, _ b: Int, _ share: Double, multiple: Int) -> Int {
    if share >= 1 { return b }
    // Square and cube roots by hand: two or three steps at most, and no libm differences between
    // machines can change a plan.
    let exact = Double(a) + (Double(b) - Double(a)) * share
    let geometric = Double(a) * Double(b) / (Double(b) + (Double(a) - Double(b)) * share)
    let mean = (exact * geometric).squareRoot()
    let snapped = Int((mean / Double(multiple)).rounded()) * multiple
    return min(a, max(b, snapped))
  }
}
