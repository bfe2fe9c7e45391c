/// Every dimension of a transformer block, stated explicitly: nothing is derived from the hidden
/// size, because pruning changes each of them on its own.

/// The shape of one attention module.
package struct AttentionShape: Codable, Hashable, Sendable {
  package var queryHeads: Int
  /// Divides `queryHeads`; query head q reads key/value head q / (queryHeads / keyValueHeads).
  package var keyValueHeads: Int
  /// Dimensions of one query or key head.
  package var headSize: Int
  /// Dimensions of one value head.
  package var valueHeadSize: Int
  /// Multiplies the scores before the softmax.
  package var scale: Float
  package var bias: Bool

  package init(
    queryHeads: Int, keyValueHeads: Int? = nil, headSize: Int, valueHeadSize: Int? = nil,
    scale: Float? = nil, bias: Bool = true
  ) {
    self.queryHeads = queryHeads
    self.keyValueHeads = keyValueHeads ?? queryHeads
    self.headSize = headSize
    self.valueHeadSize = valueHeadSize ?? headSize
    self.scale = scale ?? 1 / Float(headSize).squareRoot()
    self.bias = bias
  }

  /// Rows of the query projection.
  package var queryWidth: Int { queryHeads * headSize }
  /// Rows of the key projection.
  package var keyWidth: Int { keyValueHeads * headSize }
  /// Rows of the value projection.
  package var valueWidth: Int { keyValueHeads * valueHeadSize }
  /// Columns of the output projection.
  package var outputWidth: Int { queryHeads * valueHeadSize }
}

/// Elementwise functions between the two layers of a feed-forward module.
package enum Activation: String, Codable, Sendable {
  case relu, gelu
}

/// The shape of one feed-forward module.
package struct FeedForwardShape: Codable, Hashable, Sendable {
  package var width: Int
  package var activation: Activation

  package init(width: Int, activation: Activation) {
    self.width = width
    self.activation = activation
  }
}

/// Where the norms of a block stand.
package enum NormPlacement: String, Codable, Sendable {
  /// x + f(norm(x))
  case before
  /// norm(x + f(x))
  case after
}

/// The shape of one transformer block.
package struct BlockShape: Codable, Hashable, Sendable {
  /// Width of the residual stream.
  package var hiddenSize: Int
  package var attention: AttentionShape
  /// Attention to a second sequence (the Q-Former's view of the image), and that sequence's width.
  package var crossAttention: AttentionShape?
  package var memorySize: Int
  package var feedForward: FeedForwardShape
  package var normPlacement: NormPlacement
  package var normEpsilon: Float

  package init(
    hiddenSize: Int, attention: AttentionShape, crossAttention: AttentionShape? = nil,
    memorySize: Int = 0, feedForward: FeedForwardShape, normPlacement: NormPlacement = .before,
    normEpsilon: Float = 1e-5
  ) {
    self.hiddenSize = hiddenSize
    self.attention = attention
    self.crossAttention = crossAttention
    self.memorySize = memorySize
    self.feedForward = feedForward
    self.normPlacement = normPlacement
    self.normEpsilon = normEpsilon
  }
}

/// The shape of a decoder-only language model.
package struct LanguageModelShape: Codable, Hashable, Sendable {
  package var vocabularySize: Int
  /// Rows of the position table that positions 0 … maximum − 1 use.
  package var maximumPositions: Int
  /// Rows before the one of position 0 (OPT: 2).
  package var positionOffset: Int
  package var hiddenSize: Int
  package var blocks: [BlockShape]
  /// A norm after the last block (OPT: with pre-norm only).
  package var finalNorm: Bool
  /// The output head shares the embedding's weights.
  package var tiedHead: Bool

  package init(
    vocabularySize: Int, maximumPositions: Int, positionOffset: Int = 2, hiddenSize: Int,
    blocks: [BlockShape], finalNorm: Bool = true, tiedHead: Bool = true
  ) {
    self.vocabularySize = vocabularySize
    self.maximumPositions = maximumPositions
    self.positionOffset = positionOffset
    self.hiddenSize = hiddenSize
    self.blocks = blocks
    self.finalNorm = finalNorm
    self.tiedHead = tiedHead
  }
}

/// The shape of a vision transformer.
package struct VisionShape: Codable, Hashable, Sendable {
  package var imageSize: Int
  package var patchSize: Int
  package var channels: Int
  package var hiddenSize: Int
  package var blocks: [BlockShape]
  package var normEpsilon: Float

  package init(
    imageSize: Int, patchSize: Int, channels: Int = 3, hiddenSize: Int, blocks: [BlockShape],
    normEpsilon: Float = 1e-6
  ) {
    self.imageSize = imageSize
    self.patchSize = patchSize
    self.channels = channels
    self.hiddenSize = hiddenSize
    self.blocks = blocks
    self.normEpsilon = normEpsilon
  }

  /// Patches of an image, without the class token.
  package var patchCount: Int { (imageSize / patchSize) * (imageSize / patchSize) }
  /// Tokens of an image: the class token and the patches.
  package var tokenCount: Int { patchCount + 1 }
  /// Values of one flattened patch.
  package var patchWidth: Int { channels * patchSize * patchSize }
}

/// The shape of a Q-Former: learned queries that read the image's tokens.
package struct QFormerShape: Codable, Hashable, Sendable {
  package var queryCount: Int
  package var hiddenSize: Int
  package var blocks: [BlockShape]
  package var normEpsilon: Float

  package init(queryCount: Int, hiddenSize: Int, blocks: [BlockShape], normEpsilon: Float = 1e-12) {
    self.queryCount = queryCount
    self.hiddenSize = hiddenSize
    self.blocks = blocks
    self.normEpsilon = normEpsilon
  }
}

/// The shape of a whole model. Vision encoder and Q-Former are absent in a text-only model.
package struct ModelShape: Codable, Hashable, Sendable {
  package var vision: VisionShape?
  package var queryFormer: QFormerShape?
  package var languageModel: LanguageModelShape

  package init(
    vision: VisionShape? = nil, queryFormer: QFormerShape? = nil, languageModel: LanguageModelShape
  ) {
    self.vision = vision
    self.queryFormer = queryFormer
    self.languageModel = languageModel
  }
}
