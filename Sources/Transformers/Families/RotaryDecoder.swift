import Artifacts
import Storage

/// What Llama, Mistral and the Qwen families have in common: RMS norms before each module, rotary
/// positions, grouped queries, a gated feed-forward layer.
struct RotaryDecoder {
  var queryKeyValueBias = false
  var outputBias = false
  var feedForwardBias = false
  var headNorm = false
  /// Newest keys that the queries of a block see.
  var window: (_ block: Int) -> Int? = { _ in nil }

  func shape(_ family: LanguageFamily, from config: JSONDocument, defaultHeadSize: Int? = nil)
    throws(StorageError) -> LanguageModelShape
  {
    let hidden = try config.dimension("hidden_size")
    let heads = try config.dimension("num_attention_heads", limit: 1 << 16)
    let keyValueHeads = try config.dimension(
      "num_key_value_heads", default: heads, limit: 1 << 16)
    guard heads.isMultiple(of: keyValueHeads) else {
      throw try config.at("num_key_value_heads").malformed(
        "\(heads) query heads cannot share \(keyValueHeads) key/value heads evenly")
    }
    let headSize: Int
    if try config.optionalInt("head_dim") != nil {
      headSize = try config.dimension("head_dim", limit: 1 << 16)
    } else if let defaultHeadSize {
      headSize = defaultHeadSize
    } else {
      guard hidden.isMultiple(of: heads) else {
        throw try config.at("num_attention_heads").malformed(
          "hidden_size \(hidden) is not a multiple of it, and head_dim is not given")
      }
      headSize = hidden / heads
    }
    guard heads * headSize <= 1 << 20 else {
      throw config.malformed("\(heads) heads of \(headSize) dimensions are too many")
    }
    let width = try config.dimension("intermediate_size")
    let activation = try Activation(config, "hidden_act", default: "silu")
    let epsilon = try config.epsilon("rms_norm_eps", default: 1e-6)
    let count = try config.dimension("num_hidden_layers", limit: 1_000)
    let blocks = (0..<count).map { index in
      BlockShape(
        hiddenSize: hidden,
        attention: AttentionShape(
          queryHeads: heads, keyValueHeads: keyValueHeads, headSize: headSize,
          bias: queryKeyValueBias, outputBias: outputBias, headNorm: headNorm,
          window: window(index)),
        feedForward: FeedForwardShape(
          width: width, activation: activation, gated: true, bias: feedForwardBias),
        normPlacement: .before, normEpsilon: epsilon, norm: .rms)
    }
    return LanguageModelShape(
      family: family, vocabularySize: try config.dimension("vocab_size", limit: 1 << 24),
      maximumPositions: try config.dimension("max_position_embeddings", limit: 1 << 24),
      learnedPositions: false,
      positionOffset: 0, rotary: try RotaryShape(from: config, headSize: headSize),
      hiddenSize: hidden, blocks: blocks, finalNorm: true,
      tiedHead: try config.bool("tie_word_embeddings", default: false))
  }

  static func names(prefix: String) -> LanguageModelNames {
    let base = prefix + "model."
    return LanguageModelNames(
      tokenEmbedding: base + "embed_tokens.weight", finalNorm: base + "norm",
      head: prefix + "lm_head.weight"
    ) { index in
      let block = "\(base)layers.\(index)."
      return BlockNames(
        attentionNorm: block + "input_layernorm",
        queryKeyValue: ["q_proj", "k_proj", "v_proj"].map { block + "self_attn." + $0 },
        attentionOutput: block + "self_attn.o_proj", queryNorm: block + "self_attn.q_norm",
        keyNorm: block + "self_attn.k_norm", feedForwardNorm: block + "post_attention_layernorm",
        feedForwardInput: ["gate_proj", "up_proj"].map { block + "mlp." + $0 },
        feedForwardOutput: block + "mlp.down_proj")
    }
  }

  static func configuration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    let block = shape.blocks.first
    return [
      ("model_type", .string(shape.family.rawValue)), ("hidden_size", .integer(shape.hiddenSize)),
      ("intermediate_size", .integer(block?.feedForward.width ?? 0)),
      ("num_hidden_layers", .integer(shape.blocks.count)),
      ("num_attention_heads", .integer(block?.attention.queryHeads ?? 0)),
      ("num_key_value_heads", .integer(block?.attention.keyValueHeads ?? 0)),
      ("head_dim", .integer(block?.attention.headSize ?? 0)),
      ("vocab_size", .integer(shape.vocabularySize)),
      ("max_position_embeddings", .integer(shape.maximumPositions)),
      ("tie_word_embeddings", .bool(shape.tiedHead)),
    ]
  }

  static func newConfiguration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    let block = shape.blocks.first
    var members: [(String, JSONValue)] = [
      (
        "hidden_act",
        .string(
          block?.feedForward.activation == .silu
            ? "silu" : block?.feedForward.activation == .gelu ? "gelu" : "gelu_pytorch_tanh")
      ),
      ("rms_norm_eps", .number(Double("\(block?.normEpsilon ?? 1e-6)") ?? 1e-6)),
    ]
    if let rotary = shape.rotary {
      members.append(
        (
          "rope_parameters",
          .object(["rope_type": .string("default"), "rope_theta": .number(rotary.theta)])
        ))
    }
    return members
  }

  static func obstacle(_ uniform: UniformShape) -> String? {
    uniform.headSize.isMultiple(of: 2) ? nil : "rotary heads of \(uniform.headSize) dimensions"
  }
}
