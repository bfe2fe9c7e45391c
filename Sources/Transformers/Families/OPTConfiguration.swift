import Artifacts
import Storage

extension OPTFamily {
  /// Reads an OPT configuration. Refuses what this engine does not compute.
  static func shape(from config: JSONDocument) throws(StorageError) -> LanguageModelShape {
    let hidden = try config.dimension("hidden_size")
    let heads = try config.dimension("num_attention_heads")
    guard hidden % heads == 0 else {
      throw try config.required("num_attention_heads").malformed(
        "hidden_size \(hidden) is not a multiple of it")
    }
    try config.demand("word_embed_proj_dim", is: hidden, because: "project_in/project_out")
    let activation = try Activation(config, "activation_function", default: "relu")
    try config.demand("enable_bias", is: true, because: "OPT without biases")
    try config.demand(
      "layer_norm_elementwise_affine", is: true, because: "norms without parameters")
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
        repeating: block, count: try config.dimension("num_hidden_layers", limit: 1_000)),
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

extension JSONDocument {
  /// A size that tables are built from: positive, and small enough that products do not overflow.
  func dimension(_ name: String, limit: Int = 1 << 20) throws(StorageError) -> Int {
    try checked(try int(name), name, limit: limit)
  }

  func dimension(_ name: String, default fallback: Int, limit: Int = 1 << 20) throws(StorageError)
    -> Int
  { try checked(try int(name, default: fallback), name, limit: limit) }

  private func checked(_ value: Int, _ name: String, limit: Int) throws(StorageError) -> Int {
    guard value >= 1 && value <= limit else {
      throw try required(name).malformed("\(value) is outside 1 … \(limit)")
    }
    return value
  }

  /// Refuses a member that is present with another value than the one that is computed here.
  func demand(_ name: String, is expected: Int, because feature: String) throws(StorageError) {
    if let value = try optionalInt(name), value != expected { throw try refused(name, feature) }
  }

  func demand(_ name: String, is expected: String, because feature: String) throws(StorageError) {
    if let value = try optionalString(name), value != expected { throw try refused(name, feature) }
  }

  func demand(_ name: String, is expected: Bool, because feature: String) throws(StorageError) {
    if let value = try optionalBool(name), value != expected { throw try refused(name, feature) }
  }

  private func refused(_ name: String, _ feature: String) throws(StorageError) -> StorageError {
    try required(name).malformed("not supported here: \(feature)")
  }
}
