package import Artifacts

/// OPT: pre-norm decoder, learned positions with two rows before position 0, ReLU, tied head.
///
/// Source: Zhang et al., "OPT: Open Pre-trained Transformer Language Models", arXiv 2205.01068.
package enum OPTFamily: LanguageModelFamily {
  static let architecture = "OPTForCausalLM"
  static let basePrefix = "model."
  static let classDefaults = ClassDefaults.opt
  /// OPT fixes the epsilon of its norms.
  package static let normEpsilon: Float = 1e-5
  /// Rows of the position table before the one of position 0.
  package static let positionOffset = 2

  static func names(prefix: String) -> LanguageModelNames {
    let base = prefix + "model.decoder."
    return LanguageModelNames(
      tokenEmbedding: base + "embed_tokens.weight",
      positionEmbedding: base + "embed_positions.weight", finalNorm: base + "final_layer_norm",
      head: prefix + "lm_head.weight"
    ) { index in
      let block = "\(base)layers.\(index)."
      return BlockNames(
        attentionNorm: block + "self_attn_layer_norm",
        queryKeyValue: ["q_proj", "k_proj", "v_proj"].map { block + "self_attn." + $0 },
        attentionOutput: block + "self_attn.out_proj",
        feedForwardNorm: block + "final_layer_norm", feedForwardInput: [block + "fc1"],
        feedForwardOutput: block + "fc2")
    }
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

  /// The stock class derives the head size from the hidden size: another one in the configuration
  /// is silently ignored there.
  static func obstacle(_ shape: LanguageModelShape, _ uniform: UniformShape) -> String? {
    uniform.hiddenSize == uniform.attentionWidth
      ? nil
      : "hidden size \(uniform.hiddenSize) is not \(uniform.heads) heads of \(uniform.headSize)"
  }
}
