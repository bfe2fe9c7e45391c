package import Artifacts

/// The uniform shapes that a plan may end in.
///
/// Blocks 1 … L; feed-forward widths in multiples of 32 from 64 (or 1/16 of the original); any
/// number of heads up to the original's, in whole key/value groups; head sizes in multiples of 4; hidden
/// sizes from 1/8 of the original's up.
///
/// Where the original's heads are as wide as its hidden size, so are those of every shape, which the
/// stock classes of OPT and GPT-2 require: hidden = heads · head size, in multiples of 16 where the
/// original's is one, because profiles sample aligned sizes, and odd ones cost more than the line between
/// their neighbours says. Where the original's are wider or narrower (Qwen3), the width of the heads and
/// the hidden size are dimensions of their own, in steps of about 1/32 and 1/16.
///
/// Of all ways to divide a width the one with the most heads stands: the paper's method shortens heads and
/// keeps their number, and the forecasts of accuracy know nothing of fewer heads.
package struct SearchSpace: Sendable {
  /// Heads, and the hidden size that they read and write.
  package struct Attention: Hashable, Sendable {
    package var heads: Int
    package var headSize: Int
    package var hiddenSize: Int
  }

  package let original: UniformShape
  /// Ascending.
  package let feedForwardWidths: [Int]
  /// Those with more heads first.
  package let attentions: [Attention]

  /// Of the hidden size, where it is a dimension of its own, and of the heads' width.
  private static let hiddenSteps = 16
  private static let widthSteps = 32

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

    func isAllowed(_ attention: Attention) -> Bool {
      var shape = original
      shape.heads = attention.heads
      shape.headSize = attention.headSize
      shape.hiddenSize = attention.hiddenSize
      return allows(shape)
    }
    attentions =
      original.tiesHiddenSize
      ? Self.tied(original, headMultiple, isAllowed)
      : Self.free(original, headMultiple, isAllowed)
  }

  /// One for every hidden size that heads can be as wide as.
  private static func tied(
    _ original: UniformShape, _ headMultiple: Int, _ isAllowed: (Attention) -> Bool
  ) -> [Attention] {
    let smallest = max(4, original.hiddenSize / 8)
    let alignment = original.hiddenSize.isMultiple(of: 16) ? 16 : 1
    var divided: Set<Int> = []
    return divisions(original, headMultiple).compactMap { heads, size -> Attention? in
      let hidden = heads * size
      guard hidden <= original.hiddenSize, hidden >= smallest, hidden.isMultiple(of: alignment)
      else { return nil }
      let attention = Attention(heads: heads, headSize: size, hiddenSize: hidden)
      return isAllowed(attention) && divided.insert(hidden).inserted ? attention : nil
    }
  }

  /// Every width of the heads with every hidden size, the original's own among both.
  private static func free(
    _ original: UniformShape, _ headMultiple: Int, _ isAllowed: (Attention) -> Bool
  ) -> [Attention] {
    let width = original.attentionWidth
    let widthStep = max(1, width / widthSteps)
    var taken: Set<Int> = []
    let heads = divisions(original, headMultiple).filter { heads, size in
      heads * size >= width / 8 && taken.insert(heads * size / widthStep).inserted
    }
    return heads.flatMap { heads, size in
      hiddenSizes(original) {
        isAllowed(Attention(heads: heads, headSize: size, hiddenSize: $0))
      }.map { Attention(heads: heads, headSize: size, hiddenSize: $0) }
    }
  }

  /// Descending, at least a step apart. Aligned ones where some are allowed beside the original's; Llama's
  /// stock class wants multiples of the number of heads.
  private static func hiddenSizes(_ original: UniformShape, _ isAllowed: (Int) -> Bool) -> [Int] {
    var found: [Int] = []
    for unit in Set([original.hiddenSizeUnit, 4, 2, 1]).sorted(by: >)
    where unit <= original.hiddenSizeUnit {
      let step = max(unit, original.hiddenSize / hiddenSteps)
      let smallest = max(unit, original.hiddenSize / 8)
      found = []
      for hidden in stride(from: original.hiddenSize, through: smallest, by: -unit)
      where found.last.map({ $0 - hidden >= step }) ?? true && isAllowed(hidden) {
        found.append(hidden)
      }
      if found.contains(where: { $0 < original.hiddenSize }) { break }
    }
    return found
  }

  /// Numbers of heads and head sizes, the original's first, most heads first, long before short.
  private static func divisions(
    _ original: UniformShape, _ headMultiple: Int
  ) -> [(heads: Int, headSize: Int)] {
    var sizes = Array(stride(from: 4, to: original.headSize, by: 4))
    sizes.append(original.headSize)
    return stride(from: original.heads, through: 1, by: -headMultiple).flatMap { heads in
      sizes.reversed().map { (heads, $0) }
    }
  }

  /// Number of shapes.
  package var count: Int { original.blocks * feedForwardWidths.count * attentions.count }

  package func shape(blocks: Int, width: Int, attention: Int) -> UniformShape {
    let attention = attentions[attention]
    return UniformShape(
      blocks: blocks, feedForwardWidth: feedForwardWidths[width], heads: attention.heads,
      headSize: attention.headSize, hiddenSize: attention.hiddenSize)
  }
}
