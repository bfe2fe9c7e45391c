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
  /// Biases of the query, key and value projections.
  package var bias: Bool
  package var outputBias: Bool
  /// An RMS norm over each query head and each key head, with one gain for all of a kind (Qwen3).
  package var headNorm: Bool
  /// Newest keys that a query sees, its own among them (Mistral); nil where it sees all before it.
  package var window: Int?

  package init(
    queryHeads: Int, keyValueHeads: Int? = nil, headSize: Int, valueHeadSize: Int? = nil,
    scale: Float? = nil, bias: Bool = true, outputBias: Bool? = nil, headNorm: Bool = false,
    window: Int? = nil
  ) {
    self.queryHeads = queryHeads
    self.keyValueHeads = keyValueHeads ?? queryHeads
    self.headSize = headSize
    self.valueHeadSize = valueHeadSize ?? headSize
    self.scale = scale ?? 1 / Float(headSize).squareRoot()
    self.bias = bias
    self.outputBias = outputBias ?? bias
    self.headNorm = headNorm
    self.window = window
  }

  /// Query heads that share one key/value head.
  package var groupSize: Int { queryHeads / keyValueHeads }

  /// Query heads come and go in multiples of this: whole groups, except that a single key/value head
  /// serves any number.
  package var queryHeadMultiple: Int { keyValueHeads == 1 ? 1 : groupSize }

  /// Key/value heads that remain beside `heads` query heads: whole groups go together, except that a
  /// single key/value head serves any number. Nil where groups would break.
  package func keyValueHeads(keeping heads: Int) -> Int? {
    if keyValueHeads == 1 { return 1 }
    return heads.isMultiple(of: groupSize) ? heads / groupSize : nil
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
  case relu, gelu, silu
  /// GELU by the hyperbolic tangent.
  case geluTanh
}

/// The shape of one feed-forward module.
package struct FeedForwardShape: Codable, Hashable, Sendable {
  package var width: Int
  package var activation: Activation
  /// f(x·Gᵀ) ⊙ (x·Uᵀ) in place of f(x·Uᵀ): Shazeer, "GLU Variants Improve Transformer", 2020.
  package var gated: Bool
  package var bias: Bool

  package init(width: Int, activation: Activation, gated: Bool = false, bias: Bool = true) {
    self.width = width
    self.activation = activation
    self.gated = gated
    self.bias = bias
  }

  /// Rows of the first layer: gate and value, where gated.
  package var inputWidth: Int { gated ? 2 * width : width }
}

/// How a norm computes.
package enum NormKind: String, Codable, Sendable {
  /// (x − mean) / deviation · gain + bias
  case layer
  /// x / root mean square · gain: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.
  case rms
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
  package var norm: NormKind

  package init(
    hiddenSize: Int, attention: AttentionShape, crossAttention: AttentionShape? = nil,
    memorySize: Int = 0, feedForward: FeedForwardShape, normPlacement: NormPlacement = .before,
    normEpsilon: Float = 1e-5, norm: NormKind = .layer
  ) {
    self.hiddenSize = hiddenSize
    self.attention = attention
    self.crossAttention = crossAttention
    self.memorySize = memorySize
    self.feedForward = feedForward
    self.normPlacement = normPlacement
    self.normEpsilon = normEpsilon
    self.norm = norm
  }
}

/// Rotary position embedding: pair (i, i + size / 2) of every query and key head turns by position ×
/// frequency i. One set for all layers and heads.
///
/// Source: Su et al., "RoFormer", arXiv 2104.09864.
package struct RotaryShape: Codable, Hashable, Sendable {
  /// Base of the frequencies as the configuration states it.
  package var theta: Double
  /// Radians per position, one per pair.
  package var frequencies: [Float]
  /// Multiplies cosine and sine (YaRN and longrope; else 1).
  package var scale: Float

  package init(theta: Double, frequencies: [Float], scale: Float = 1) {
    self.theta = theta
    self.frequencies = frequencies
    self.scale = scale
  }
}

/// Families of language models, by their `model_type` in config.json.
package enum LanguageFamily: String, Codable, Sendable, CaseIterable {
  case opt, gpt2, llama, mistral, qwen2, qwen3
}

/// The shape of a decoder-only language model.
package struct LanguageModelShape: Codable, Hashable, Sendable {
  /// Whose names and configuration the checkpoint has.
  package var family: LanguageFamily
  package var vocabularySize: Int
  /// Positions 0 … maximum − 1 exist.
  package var maximumPositions: Int
  /// A table of position embeddings, added to the tokens' embeddings.
  package var learnedPositions: Bool
  /// Rows of that table before the one of position 0 (OPT: 2).
  package var positionOffset: Int
  package var rotary: RotaryShape?
  package var hiddenSize: Int
  package var blocks: [BlockShape]
  /// A norm after the last block (OPT: with pre-norm only).
  package var finalNorm: Bool
  /// The output head shares the embedding's weights.
  package var tiedHead: Bool

  package init(
    family: LanguageFamily = .opt, vocabularySize: Int, maximumPositions: Int,
    learnedPositions: Bool = true, positionOffset: Int = 2, rotary: RotaryShape? = nil,
    hiddenSize: Int, blocks: [BlockShape], finalNorm: Bool = true, tiedHead: Bool = true
  ) {
    self.family = family
    self.learnedPositions = learnedPositions
    self.rotary = rotary
    self.vocabularySize = vocabularySize
    self.maximumPositions = maximumPositions
    self.positionOffset = positionOffset
    self.hiddenSize = hiddenSize
    self.blocks = blocks
    self.finalNorm = finalNorm
    self.tiedHead = tiedHead
  }
}

extension LanguageModelShape {
  /// Rows of the table of positions; 0 where there is none.
  package var positionRows: Int { learnedPositions ? maximumPositions + positionOffset : 0 }
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

// Artifacts of earlier versions lack the members that newer families need: they describe what was
// then the only kind.

extension AttentionShape {
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let bias = try values.decode(Bool.self, forKey: .bias)
    self.init(
      queryHeads: try values.decode(Int.self, forKey: .queryHeads),
      keyValueHeads: try values.decode(Int.self, forKey: .keyValueHeads),
      headSize: try values.decode(Int.self, forKey: .headSize),
      valueHeadSize: try values.decode(Int.self, forKey: .valueHeadSize),
      scale: try values.decode(Float.self, forKey: .scale), bias: bias,
      outputBias: try values.decodeIfPresent(Bool.self, forKey: .outputBias),
      headNorm: try values.decodeIfPresent(Bool.self, forKey: .headNorm) ?? false,
      window: try values.decodeIfPresent(Int.self, forKey: .window))
  }
}

extension FeedForwardShape {
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      width: try values.decode(Int.self, forKey: .width),
      activation: try values.decode(Activation.self, forKey: .activation),
      gated: try values.decodeIfPresent(Bool.self, forKey: .gated) ?? false,
      bias: try values.decodeIfPresent(Bool.self, forKey: .bias) ?? true)
  }
}

extension BlockShape {
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      hiddenSize: try values.decode(Int.self, forKey: .hiddenSize),
      attention: try values.decode(AttentionShape.self, forKey: .attention),
      crossAttention: try values.decodeIfPresent(AttentionShape.self, forKey: .crossAttention),
      memorySize: try values.decode(Int.self, forKey: .memorySize),
      feedForward: try values.decode(FeedForwardShape.self, forKey: .feedForward),
      normPlacement: try values.decode(NormPlacement.self, forKey: .normPlacement),
      normEpsilon: try values.decode(Float.self, forKey: .normEpsilon),
      norm: try values.decodeIfPresent(NormKind.self, forKey: .norm) ?? .layer)
  }
}

extension LanguageModelShape {
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      family: try values.decodeIfPresent(LanguageFamily.self, forKey: .family) ?? .opt,
      vocabularySize: try values.decode(Int.self, forKey: .vocabularySize),
      maximumPositions: try values.decode(Int.self, forKey: .maximumPositions),
      learnedPositions: try values.decodeIfPresent(Bool.self, forKey: .learnedPositions) ?? true,
      positionOffset: try values.decode(Int.self, forKey: .positionOffset),
      rotary: try values.decodeIfPresent(RotaryShape.self, forKey: .rotary),
      hiddenSize: try values.decode(Int.self, forKey: .hiddenSize),
      blocks: try values.decode([BlockShape].self, forKey: .blocks),
      finalNorm: try values.decode(Bool.self, forKey: .finalNorm),
      tiedHead: try values.decode(Bool.self, forKey: .tiedHead))
  }
}
