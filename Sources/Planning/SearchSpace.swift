package import Artifacts

/// The uniform shapes that a plan may end in.
///
/// Blocks 1 … L; feed-forward widths in multiples of 32 from 64 (or 1/16 of the original); any
/// number of heads up to the original's; head sizes in multiples of 4; hidden = heads · head size,
/// which the stock OPT class requires, from 1/8 of the original's hidden size up and in multiples of
/// 16 where the original's is one: profiles sample aligned sizes, and odd ones cost more than the
/// line between their neighbours says. Of all ways to divide a hidden size the one with the most heads
/// stands: the paper's method shortens heads and keeps their number, and the forecasts of accuracy
/// know nothing of fewer heads.
package struct SearchSpace: Sendable {
  package let original: UniformShape
  /// Ascending.
  package let feedForwardWidths: [Int]
  /// Of different widths, those with more heads first.
  package let attentions: [(heads: Int, headSize: Int)]

  /// - Parameters:
  ///   - headMultiple: query heads that share a key/value head, which go together.
  ///   - allows: whether a shape is wanted, whatever its blocks and feed-forward width.
  package init(
    original: UniformShape, headMultiple: Int = 1, allows: (UniformShape) -> Bool = { _ in true }
  ) {
    self.original = original
    let width = original.feedForwardWidth
    let smallest = max(64, width / 16 / 32 * 32)
    var widths = Array(stride(from: smallest, to: width, by: 32))
    widths.append(width)
    feedForwardWidths = widths

    var sizes = Array(stride(from: 4, to: original.headSize, by: 4))
    sizes.append(original.headSize)
    let smallestHidden = max(4, original.hiddenSize / 8)
    let alignment = original.hiddenSize.isMultiple(of: 16) ? 16 : 1
    var attentions: [(heads: Int, headSize: Int)] = []
    var divided: Set<Int> = []
    for heads in stride(from: original.heads, through: 1, by: -headMultiple) {
      for size in sizes.reversed() {
        let hidden = heads * size
        guard hidden <= original.hiddenSize, hidden >= smallestHidden,
          hidden.isMultiple(of: alignment)
        else { continue }
        let shape = UniformShape(
          blocks: original.blocks, feedForwardWidth: original.feedForwardWidth, heads: heads,
          headSize: size, hiddenSize: hidden)
        if allows(shape) && divided.insert(hidden).inserted { attentions.append((heads, size)) }
      }
    }
    self.attentions = attentions
  }

  /// Number of shapes.
  package var count: Int { original.blocks * feedForwardWidths.count * attentions.count }

  package func shape(blocks: Int, width: Int, attention: Int) -> UniformShape {
    let (heads, size) = attentions[attention]
    return UniformShape(
      blocks: blocks, feedForwardWidth: feedForwardWidths[width], heads: heads, headSize: size,
      hiddenSize: heads * size)
  }
}
