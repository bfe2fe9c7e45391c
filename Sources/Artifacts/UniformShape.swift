/// A language model whose blocks are all alike, in the five numbers that the paper's method prunes.
///
/// Order of the fields is the order of the stages: blocks first, then inter-module dimensions, then
/// the input/output (hidden) dimension.
package struct UniformShape: Codable, Hashable, Sendable, CustomStringConvertible {
  package var blocks: Int
  package var feedForwardWidth: Int
  package var heads: Int
  package var headSize: Int
  package var hiddenSize: Int

  package init(blocks: Int, feedForwardWidth: Int, heads: Int, headSize: Int, hiddenSize: Int) {
    self.blocks = blocks
    self.feedForwardWidth = feedForwardWidth
    self.heads = heads
    self.headSize = headSize
    self.hiddenSize = hiddenSize
  }

  /// Width of the attention module between its input and output projections.
  package var attentionWidth: Int { heads * headSize }

  /// Weights and biases of one block with four square attention projections, two feed-forward layers and two
  /// layer norms, OPT's; what other families' blocks have is `BlockShape.parameterCount`.
  package var parametersPerBlock: Int {
    let attention = 4 * hiddenSize * attentionWidth + 3 * attentionWidth + hiddenSize
    let feedForward = 2 * hiddenSize * feedForwardWidth + feedForwardWidth + hiddenSize
    return attention + feedForward + 4 * hiddenSize
  }

  package var description: String {
    "\(blocks) blocks × hidden \(hiddenSize), FFN \(feedForwardWidth), \(heads) heads of \(headSize)"
  }
}

extension LanguageModelShape {
  /// The five numbers of a model whose blocks are all alike; nil where they differ.
  package var uniform: UniformShape? {
    guard let first = blocks.first, blocks.allSatisfy({ $0 == first }) else { return nil }
    return UniformShape(
      blocks: blocks.count, feedForwardWidth: first.feedForward.width,
      heads: first.attention.queryHeads, headSize: first.attention.headSize,
      hiddenSize: hiddenSize)
  }

  /// This model with every block changed to a uniform shape; vocabulary and positions stay. The last rotary
  /// pairs of heads that become smaller are dropped.
  package func resized(to shape: UniformShape) -> LanguageModelShape {
    guard let block = blocks.first else { return self }
    var result = self
    result.hiddenSize = shape.hiddenSize
    if let rotary {
      result.rotary?.frequencies = Array(rotary.frequencies.prefix(shape.headSize / 2))
    }
    result.blocks = Array(repeating: block.resized(to: shape), count: shape.blocks)
    return result
  }
}

extension BlockShape {
  /// This block at a uniform shape's sizes.
  ///
  /// Head sizes change the score scale as the stock classes compute it, 1/√headSize. Key/value heads
  /// follow the query heads group by group; where groups would break, as many remain as share the query
  /// heads evenly.
  package func resized(to shape: UniformShape) -> BlockShape {
    let wanted = max(1, shape.heads / attention.groupSize)
    let keyValueHeads =
      attention.keyValueHeads(keeping: shape.heads)
      ?? (1...wanted).last { shape.heads.isMultiple(of: $0) } ?? 1
    var block = self
    block.hiddenSize = shape.hiddenSize
    block.attention = AttentionShape(
      queryHeads: shape.heads,
      keyValueHeads: keyValueHeads,
      headSize: shape.headSize, bias: attention.bias, outputBias: attention.outputBias,
      headNorm: attention.headNorm, window: attention.window)
    block.feedForward.width = shape.feedForwardWidth
    return block
  }
}
