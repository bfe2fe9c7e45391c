import Artifacts
import Storage

extension OPTFamily {
  /// Reads an OPT configuration. Refuses what this engine does not compute.
  static func shape(from config: JSONDocument) throws(StorageError) -> LanguageModelShape {
    let hidden = try config.dimension("hidden_size")
    let heads = try config.dimension("num_attention_heads")
    guard hidden % heads == 0 else {
      throw try config.at("num_attention_heads").malformed(
        "hidden_size \(hidden) is not a multiple of it")
    }
    try config.demand(
      "word_embed_proj_dim", is: hidden,
      because: "embeddings of another width than the blocks, with projections between them")
    let activation = try Activation(config, "activation_function", default: "relu")
    try config.demand("enable_bias", is: true, because: "OPT without biases")
    try config.demand(
      "layer_norm_elementwise_affine", is: true, because: "norms without parameters")
    let count = try config.dimension("num_hidden_layers", limit: 1_000)
    try config.demandFullAttention(count: count)
    let before = try config.bool("do_layer_norm_before", default: true)
    let removed = try config.bool("_remove_final_layer_norm", default: false)
    let block = BlockShape(
      hiddenSize: hidden, attention: AttentionShape(queryHeads: heads, headSize: hidden / heads),
      feedForward: FeedForwardShape(width: try config.dimension("ffn_dim"), activation: activation),
      normPlacement: before ? .before : .after, normEpsilon: normEpsilon)
    return LanguageModelShape(
      vocabularySize: try config.dimension("vocab_size", limit: 1 << 24),
      maximumPositions: try config.dimension("max_position_embeddings", limit: 1 << 24),
      positionOffset: positionOffset, hiddenSize: hidden,
      blocks: Array(
        repeating: block, count: count),
      finalNorm: before && !removed, tiedHead: try config.bool("tie_word_embeddings", default: true)
    )
  }

  /// The members of a configuration that follow from a uniform shape.
  static func configuration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    let uniform = shape.uniform
    return [
      ("model_type", .string("opt")),
      ("hidden_size", .integer(shape.hiddenSize)),
      ("word_embed_proj_dim", .integer(shape.hiddenSize)),
      ("num_hidden_layers", .integer(shape.blocks.count)),
      ("num_attention_heads", .integer(uniform?.heads ?? 0)),
      ("ffn_dim", .integer(uniform?.feedForwardWidth ?? 0)),
      ("vocab_size", .integer(shape.vocabularySize)),
      ("max_position_embeddings", .integer(shape.maximumPositions)),
      ("do_layer_norm_before", .bool(shape.blocks.first?.normPlacement != .after)),
      (
        "_remove_final_layer_norm",
        .bool(
          !shape.finalNorm && shape.blocks.first?.normPlacement != .after)
      ),
      ("tie_word_embeddings", .bool(shape.tiedHead)), ("enable_bias", .bool(true)),
      ("layer_norm_elementwise_affine", .bool(true)),
    ]
  }

  static func newConfiguration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    let gelu = shape.blocks.first?.feedForward.activation == .gelu
    return [("activation_function", .string(gelu ? "gelu" : "relu"))]
  }
}
