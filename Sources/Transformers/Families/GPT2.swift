import Artifacts
import Storage

/// GPT-2: pre-norm decoder, learned positions, matrices stored as [inputs, outputs] with query, key
/// and value fused.
///
/// Source: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.
enum GPT2Family: LanguageModelFamily {
  static let architecture = "GPT2LMHeadModel"
  static let basePrefix = "transformer."
  static let classDefaults = ClassDefaults.gpt2
  static let aliases = [
    "n_embd": "hidden_size", "n_head": "num_attention_heads", "n_layer": "num_hidden_layers",
    "n_positions": "max_position_embeddings",
  ]

  static func names(prefix: String) -> LanguageModelNames {
    let base = prefix + "transformer."
    return LanguageModelNames(
      tokenEmbedding: base + "wte.weight", positionEmbedding: base + "wpe.weight",
      finalNorm: base + "ln_f", head: prefix + "lm_head.weight"
    ) { index in
      let block = "\(base)h.\(index)."
      return BlockNames(
        attentionNorm: block + "ln_1", queryKeyValue: [block + "attn.c_attn"],
        attentionOutput: block + "attn.c_proj", feedForwardNorm: block + "ln_2",
        feedForwardInput: [block + "mlp.c_fc"], feedForwardOutput: block + "mlp.c_proj",
        storedTransposed: true)
    }
  }

  static func shape(from config: JSONDocument) throws(StorageError) -> LanguageModelShape {
    func dimension(_ name: String, limit: Int = 1 << 20) throws(StorageError) -> Int {
      let given = config.contains(name) ? name : aliases[name] ?? name
      return try config.dimension(given, limit: limit)
    }
    let hidden = try dimension("n_embd")
    let heads = try dimension("n_head", limit: 1 << 16)
    let count = try dimension("n_layer", limit: 1_000)
    try config.demandFullAttention(count: count)
    guard hidden.isMultiple(of: heads) else {
      throw config.malformed("n_embd \(hidden) is not a multiple of n_head \(heads)")
    }
    try config.demand("add_cross_attention", is: false, because: "cross-attention")
    try config.demand(
      "scale_attn_by_inverse_layer_idx", is: false, because: "scores scaled by the layer's index")
    let scaled = try config.bool("scale_attn_weights", default: true)
    let block = BlockShape(
      hiddenSize: hidden,
      attention: AttentionShape(
        queryHeads: heads, headSize: hidden / heads, scale: scaled ? nil : 1),
      feedForward: FeedForwardShape(
        width: try config.dimension("n_inner", default: 4 * hidden),
        activation: try Activation(config, "activation_function", default: "gelu_new")),
      normPlacement: .before,
      normEpsilon: try config.epsilon("layer_norm_epsilon", default: 1e-5))
    return LanguageModelShape(
      family: .gpt2, vocabularySize: try config.dimension("vocab_size", limit: 1 << 24),
      maximumPositions: try dimension("n_positions", limit: 1 << 24),
      positionOffset: 0, hiddenSize: hidden,
      blocks: Array(repeating: block, count: count),
      tiedHead: try config.bool("tie_word_embeddings", default: true))
  }

  static func configuration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    let block = shape.blocks.first
    return [
      ("model_type", .string("gpt2")), ("n_embd", .integer(shape.hiddenSize)),
      ("n_layer", .integer(shape.blocks.count)),
      ("n_head", .integer(block?.attention.queryHeads ?? 0)),
      ("n_inner", .integer(block?.feedForward.width ?? 0)),
      ("n_positions", .integer(shape.maximumPositions)),
      ("vocab_size", .integer(shape.vocabularySize)),
      ("tie_word_embeddings", .bool(shape.tiedHead)),
    ]
  }

  static func newConfiguration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    let block = shape.blocks.first
    let names: [Activation: String] = [
      .relu: "relu", .gelu: "gelu", .geluTanh: "gelu_new", .silu: "silu",
    ]
    return [
      (
        "activation_function",
        .string(block.flatMap { names[$0.feedForward.activation] } ?? "gelu_new")
      ),
      ("layer_norm_epsilon", .number(Double("\(block?.normEpsilon ?? 1e-5)") ?? 1e-5)),
      ("scale_attn_weights", .bool(block?.attention.scale != 1)),
    ]
  }

  /// The stock class derives the head size from the hidden size.
  static func obstacle(_ shape: LanguageModelShape, _ uniform: UniformShape) -> String? {
    uniform.hiddenSize == uniform.attentionWidth
      ? nil
      : "hidden size \(uniform.hiddenSize) is not \(uniform.heads) heads of \(uniform.headSize)"
  }
}
