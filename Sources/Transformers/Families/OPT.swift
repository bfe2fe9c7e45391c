package import Artifacts

/// OPT: pre-norm decoder, learned positions with two rows before position 0, ReLU, tied head.
///
/// Source: Zhang et al., "OPT: Open Pre-trained Transformer Language Models", arXiv 2205.01068.
package enum OPTFamily {
  /// OPT fixes the epsilon of its norms.
  package static let normEpsilon: Float = 1e-5
  /// Rows of the position table before the one of position 0.
  package static let positionOffset = 2

  /// Names of the parts of block `index`; `prefix` is "" or "language_model.".
  static func blockNames(_ index: Int, prefix: String) -> BlockNames {
    let base = "\(prefix)model.decoder.layers.\(index)."
    return BlockNames(
      attentionNorm: base + "self_attn_layer_norm",
      queryKeyValue: ["q_proj", "k_proj", "v_proj"].map { base + "self_attn." + $0 },
      attentionOutput: base + "self_attn.out_proj", feedForwardNorm: base + "final_layer_norm",
      feedForwardInput: base + "fc1", feedForwardOutput: base + "fc2")
  }

  static func layout(_ shape: LanguageModelShape, prefix: String, into builder: inout LayoutBuilder)
    -> LanguageModelLayout
  {
    let base = prefix + "model.decoder."
    let tokens = builder.tensor(
      base + "embed_tokens.weight", [shape.vocabularySize, shape.hiddenSize])
    let positions = builder.tensor(
      base + "embed_positions.weight",
      [shape.maximumPositions + shape.positionOffset, shape.hiddenSize])
    let blocks = shape.blocks.enumerated().map {
      builder.block($1, names: blockNames($0, prefix: prefix))
    }
    let finalNorm =
      shape.finalNorm
      ? builder.norm(base + "final_layer_norm", width: shape.hiddenSize, epsilon: normEpsilon)
      : nil
    let head =
      shape.tiedHead
      ? tokens
      : builder.tensor(prefix + "lm_head.weight", [shape.vocabularySize, shape.hiddenSize])
    return LanguageModelLayout(
      shape: shape, tokenEmbedding: tokens, positionEmbedding: positions, blocks: blocks,
      finalNorm: finalNorm, head: head)
  }

  /// A decoder of equal blocks, as the stock class builds it.
  package static func shape(
    vocabularySize: Int, maximumPositions: Int, uniform: UniformShape
  ) -> LanguageModelShape {
    let block = BlockShape(
      hiddenSize: uniform.hiddenSize,
      attention: AttentionShape(queryHeads: uniform.heads, headSize: uniform.headSize),
      feedForward: FeedForwardShape(width: uniform.feedForwardWidth, activation: .relu),
      normPlacement: .before, normEpsilon: normEpsilon)
    return LanguageModelShape(
      vocabularySize: vocabularySize, maximumPositions: maximumPositions,
      positionOffset: positionOffset, hiddenSize: uniform.hiddenSize,
      blocks: Array(repeating: block, count: uniform.blocks))
  }

  /// Whether transformers' stock OPT class can hold this shape: blocks all alike, hidden size =
  /// heads · head size (another head size in the configuration is silently ignored there).
  package static func isRepresentable(_ shape: LanguageModelShape) -> Bool {
    guard let uniform = shape.uniform else { return false }
    return uniform.hiddenSize == uniform.attentionWidth
  }
}
