package import Artifacts

/// BLIP-2: vision transformer, Q-Former, projection, language model.
///
/// Source: Li et al., "BLIP-2: Bootstrapping Language-Image Pre-training with Frozen Image Encoders
/// and Large Language Models", arXiv 2301.12597.
package enum BLIP2Family {
  static let languagePrefix = "language_model."

  static func visionNames(_ index: Int) -> BlockNames {
    let base = "vision_model.encoder.layers.\(index)."
    return BlockNames(
      attentionNorm: base + "layer_norm1", queryKeyValue: [base + "self_attn.qkv"],
      attentionOutput: base + "self_attn.projection", feedForwardNorm: base + "layer_norm2",
      feedForwardInput: [base + "mlp.fc1"], feedForwardOutput: base + "mlp.fc2")
  }

  static func queryFormerNames(_ index: Int) -> BlockNames {
    let base = "qformer.encoder.layer.\(index)."
    return BlockNames(
      attentionNorm: base + "attention.output.LayerNorm",
      queryKeyValue: ["query", "key", "value"].map { base + "attention.attention." + $0 },
      attentionOutput: base + "attention.output.dense",
      crossNorm: base + "crossattention.output.LayerNorm",
      crossQuery: base + "crossattention.attention.query",
      crossKeyValue: ["key", "value"].map { base + "crossattention.attention." + $0 },
      crossOutput: base + "crossattention.output.dense",
      feedForwardNorm: base + "output_query.LayerNorm",
      feedForwardInput: [base + "intermediate_query.dense"],
      feedForwardOutput: base + "output_query.dense")
  }

  static func layout(_ shape: VisionShape, into builder: inout LayoutBuilder) -> VisionLayout {
    let base = "vision_model."
    let patchWeight = builder.tensor(
      base + "embeddings.patch_embedding.weight",
      [shape.hiddenSize, shape.channels, shape.patchSize, shape.patchSize])
    let patchBias = builder.tensor(base + "embeddings.patch_embedding.bias", [shape.hiddenSize])
    let classEmbedding = builder.tensor(
      base + "embeddings.class_embedding", [1, 1, shape.hiddenSize])
    let positions = builder.tensor(
      base + "embeddings.position_embedding", [1, shape.tokenCount, shape.hiddenSize])
    return VisionLayout(
      shape: shape,
      patchEmbedding: LinearLayout(
        weight: patchWeight, bias: patchBias, inputs: shape.patchWidth, outputs: shape.hiddenSize,
        format: builder.format),
      classEmbedding: classEmbedding, positionEmbedding: positions,
      blocks: shape.blocks.enumerated().map { builder.block($1, names: visionNames($0)) },
      finalNorm: builder.norm(
        base + "post_layernorm", width: shape.hiddenSize, epsilon: shape.normEpsilon))
  }

  static func layout(
    _ shape: QFormerShape, languageHiddenSize: Int, into builder: inout LayoutBuilder
  ) -> (queryFormer: QueryFormerLayout, languageStart: Int) {
    let queries = builder.tensor("query_tokens", [1, shape.queryCount, shape.hiddenSize])
    let inputNorm = builder.norm(
      "qformer.layernorm", width: shape.hiddenSize, epsilon: shape.normEpsilon)
    let blocks = shape.blocks.enumerated().map {
      builder.block($1, names: queryFormerNames($0))
    }
    let languageStart = builder.table.count
    let projection = builder.linear(
      [("language_projection", languageHiddenSize)], inputs: shape.hiddenSize)
    return (
      QueryFormerLayout(
        shape: shape, queryTokens: queries, inputNorm: inputNorm, blocks: blocks,
        languageProjection: projection), languageStart
    )
  }

  /// A vision encoder of equal blocks.
  package static func vision(
    imageSize: Int, patchSize: Int, hiddenSize: Int, heads: Int, feedForwardWidth: Int,
    blocks: Int, normEpsilon: Float = 1e-6
  ) -> VisionShape {
    let block = BlockShape(
      hiddenSize: hiddenSize,
      attention: AttentionShape(queryHeads: heads, headSize: hiddenSize / heads),
      feedForward: FeedForwardShape(width: feedForwardWidth, activation: .gelu),
      normPlacement: .before, normEpsilon: normEpsilon)
    return VisionShape(
      imageSize: imageSize, patchSize: patchSize, hiddenSize: hiddenSize,
      blocks: Array(repeating: block, count: blocks), normEpsilon: normEpsilon)
  }

  /// A Q-Former whose blocks attend to the image every `crossAttentionFrequency` blocks.
  package static func queryFormer(
    queryCount: Int, hiddenSize: Int, heads: Int, feedForwardWidth: Int, blocks: Int,
    crossAttentionFrequency: Int, imageHiddenSize: Int, normEpsilon: Float = 1e-12
  ) -> QFormerShape {
    let attention = AttentionShape(queryHeads: heads, headSize: hiddenSize / heads)
    let shapes = (0..<blocks).map { index in
      let crosses = index % crossAttentionFrequency == 0
      return BlockShape(
        hiddenSize: hiddenSize, attention: attention, crossAttention: crosses ? attention : nil,
        memorySize: crosses ? imageHiddenSize : 0,
        feedForward: FeedForwardShape(width: feedForwardWidth, activation: .gelu),
        normPlacement: .after, normEpsilon: normEpsilon)
    }
    return QFormerShape(
      queryCount: queryCount, hiddenSize: hiddenSize, blocks: shapes, normEpsilon: normEpsilon)
  }
}

extension ModelLayout {
  /// Lays out a model: BLIP-2 where the shape has an image encoder and a Q-Former, else a language
  /// model alone.
  package init(_ shape: ModelShape, precision: Precision = .f32) {
    var builder = LayoutBuilder()
    builder.format = precision.format
    var vision: VisionLayout?
    var queryFormer: QueryFormerLayout?
    var languageStart = 0
    if let visionShape = shape.vision, let queryShape = shape.queryFormer {
      vision = BLIP2Family.layout(visionShape, into: &builder)
      let result = BLIP2Family.layout(
        queryShape, languageHiddenSize: shape.languageModel.hiddenSize, into: &builder)
      queryFormer = result.queryFormer
      languageStart = result.languageStart
    }
    var language = builder.languageModel(
      shape.languageModel,
      names: shape.languageModel.family.implementation.names(
        prefix: vision == nil ? "" : BLIP2Family.languagePrefix))
    language.headFormat = precision.format
    self.init(
      shape: shape, table: builder.table, vision: vision, queryFormer: queryFormer,
      languageModel: language, languageRange: languageStart..<builder.table.count,
      precision: precision)
  }
}
