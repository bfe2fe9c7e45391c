package import Artifacts

/// Shapes of about equal cost at several depths, where a compression of the paper's strength ends
/// (1/11 of the blocks' weights), with the feed-forward share as it is and narrower; and two at 1/5,
/// which show what size is worth. None is larger than the model in any size, and heads keep their width
/// against the hidden size.
///
/// Equal cost and equal steps make a fair comparison: in the same time, models of one size get the same
/// distillation. The first six tell most: a slow machine leaves out some of the others. Empty where the
/// model's blocks differ.
package func probeShapes(of model: LanguageModelShape) -> [UniformShape] {
  guard let original = model.uniform, let block = model.blocks.first else { return [] }
  let weights = Double(original.blocks * block.parameterCount)
  let grain = min(32, original.feedForwardWidth)
  let depth = original.blocks
  /// Widths from the share of the width that keeps the block's proportions, `wider` notches more; the
  /// feed-forward width takes what is left of the budget.
  func shape(blocks: Int, ratio: Double, wider: Int = 0) -> UniformShape {
    let share = (ratio * Double(depth) / Double(blocks)).squareRoot()
    var shape = original
    shape.blocks = blocks
    shape.shrink(in: original, toShare: min(1, share), wider: wider)
    let resized = block.resized(to: shape)
    let left =
      ratio * weights / Double(blocks) - Double(resized.attention.weights(shape.hiddenSize))
    let perUnit = shape.hiddenSize * (block.feedForward.gated ? 3 : 2)
    // The share may ask for a width beyond the range of integers where blocks are almost all attention.
    let units = (left / Double(perUnit * grain)).rounded()
    let most = Double(original.feedForwardWidth / grain)
    let width = units <= most ? Int(max(1, units)) * grain : original.feedForwardWidth
    shape.feedForwardWidth = min(original.feedForwardWidth, max(grain, width))
    return shape
  }
  func part(_ divisor: Int) -> Int { max(1, depth / divisor) }
  let strong = 1.0 / 11
  let candidates = [
    shape(blocks: part(6), ratio: strong), shape(blocks: part(4), ratio: 0.2),
    shape(blocks: part(4), ratio: strong), shape(blocks: depth, ratio: strong),
    shape(blocks: part(6), ratio: strong, wider: 1), shape(blocks: part(3), ratio: strong),
    shape(blocks: part(2), ratio: strong), shape(blocks: part(6), ratio: strong, wider: 2),
    shape(blocks: part(4), ratio: strong, wider: 1), shape(blocks: part(3), ratio: 0.2),
  ]
  var seen: Set<UniformShape> = [original]
  return candidates.filter { seen.insert($0).inserted }
}

extension UniformShape {
  /// Hidden and head size at a share of the original's; a notch is the least step of the head size where
  /// the hidden size follows it, else 1/16 of the hidden size.
  fileprivate mutating func shrink(in original: UniformShape, toShare share: Double, wider: Int) {
    func nearest(_ size: Int, _ unit: Int, notch: Int) -> Int {
      let units = Int((Double(size) * share / Double(unit)).rounded())
      return min(size, max(unit, units * unit + wider * notch))
    }
    if original.tiesHiddenSize {
      let unit = original.headSizeUnit
      headSize = nearest(original.headSize, unit, notch: unit)
      hiddenSize = original.heads * headSize
    } else {
      let unit = original.hiddenSizeUnit
      let notch = max(1, original.hiddenSize / 16 / unit) * unit
      hiddenSize = nearest(original.hiddenSize, unit, notch: notch)
      headSize = original.headSize(withHiddenSize: hiddenSize)
    }
  }
}

extension AttentionShape {
  /// Of the four projections, without biases.
  fileprivate func weights(_ hiddenSize: Int) -> Int {
    (queryWidth + keyWidth + valueWidth + outputWidth) * hiddenSize
  }
}
