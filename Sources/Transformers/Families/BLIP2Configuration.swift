import Artifacts
import Storage

extension BLIP2Family {
  /// Reads a BLIP-2 configuration with a decoder-only language model of any known family.
  static func shape(from config: JSONDocument) throws(StorageError) -> ModelShape {
    let config = try config.completed(by: ClassDefaults.blip2)
    let text = try config.part("text_config")
    let family = try LanguageFamily(from: text, default: LanguageFamily.opt.rawValue)
    let vision = try visionShape(
      try config.part("vision_config").completed(by: ClassDefaults.blip2Vision))
    // The class takes the width of the image's tokens from the vision encoder, whatever
    // encoder_hidden_size says.
    let query = try queryShape(
      try config.part("qformer_config").completed(by: ClassDefaults.blip2QueryFormer),
      count: try config.dimension("num_query_tokens", limit: 1 << 16))
    return ModelShape(
      vision: vision,
      queryFormer: QFormerShape(
        queryCount: query.queryCount, hiddenSize: query.hiddenSize,
        blocks: query.blocks.map {
          var block = $0
          if block.crossAttention != nil { block.memorySize = vision.hiddenSize }
          return block
        }, normEpsilon: query.normEpsilon),
      languageModel: try family.shape(from: text))
  }

  private static func visionShape(_ config: JSONDocument) throws(StorageError) -> VisionShape {
    let hidden = try config.dimension("hidden_size")
    let heads = try config.dimension("num_attention_heads")
    let image = try config.dimension("image_size", limit: 1 << 14)
    let patch = try config.dimension("patch_size", limit: 1 << 14)
    guard hidden % heads == 0 else {
      throw try config.at("num_attention_heads").malformed(
        "hidden_size \(hidden) is not a multiple of it")
    }
    guard patch <= image else {
      throw try config.at("patch_size").malformed("larger than image_size \(image)")
    }
    try config.demand("hidden_act", is: "gelu", because: "another activation")
    try config.demand("qkv_bias", is: true, because: "attention without biases")
    return vision(
      imageSize: image, patchSize: patch, hiddenSize: hidden, heads: heads,
      feedForwardWidth: try config.dimension("intermediate_size"),
      blocks: try config.dimension("num_hidden_layers", limit: 1_000),
      normEpsilon: try config.epsilon("layer_norm_eps", default: 1e-6))
  }

  private static func queryShape(_ config: JSONDocument, count: Int) throws(StorageError)
    -> QFormerShape
  {
    let hidden = try config.dimension("hidden_size")
    let heads = try config.dimension("num_attention_heads")
    guard hidden % heads == 0 else {
      throw try config.at("num_attention_heads").malformed(
        "hidden_size \(hidden) is not a multiple of it")
    }
    try config.demand("hidden_act", is: "gelu", because: "another activation")
    try config.demand(
      "use_qformer_text_input", is: false, because: "text as an input of the Q-Former")
    return queryFormer(
      queryCount: count, hiddenSize: hidden, heads: heads,
      feedForwardWidth: try config.dimension("intermediate_size"),
      blocks: try config.dimension("num_hidden_layers", limit: 1_000),
      crossAttentionFrequency: try config.dimension("cross_attention_frequency"),
      imageHiddenSize: hidden,
      normEpsilon: try config.epsilon("layer_norm_eps", default: 1e-12))
  }

  /// A configuration from nothing, for a model that was born here.
  static func configuration(_ shape: ModelShape, imageToken: Int) -> JSONValue? {
    guard let vision = shape.vision, let query = shape.queryFormer,
      let visionBlock = vision.blocks.first, let queryBlock = query.blocks.first
    else { return nil }
    let frequency =
      query.blocks.dropFirst().firstIndex { $0.crossAttention != nil } ?? max(1, query.blocks.count)
    return .object([
      "architectures": .array([.string("Blip2ForConditionalGeneration")]),
      "model_type": .string("blip-2"), "dtype": .string("bfloat16"),
      "image_token_index": .integer(imageToken), "num_query_tokens": .integer(query.queryCount),
      "use_decoder_only_language_model": .bool(true),
      "vision_config": .object([
        "model_type": .string("blip_2_vision_model"), "hidden_act": .string("gelu"),
        "hidden_size": .integer(vision.hiddenSize), "image_size": .integer(vision.imageSize),
        "patch_size": .integer(vision.patchSize), "qkv_bias": .bool(true),
        "intermediate_size": .integer(visionBlock.feedForward.width),
        "num_attention_heads": .integer(visionBlock.attention.queryHeads),
        "num_hidden_layers": .integer(vision.blocks.count), "attention_dropout": .number(0),
        "layer_norm_eps": .number(1e-6),
      ]),
      "qformer_config": .object([
        "model_type": .string("blip_2_qformer"), "hidden_act": .string("gelu"),
        "hidden_size": .integer(query.hiddenSize),
        "encoder_hidden_size": .integer(vision.hiddenSize),
        "cross_attention_frequency": .integer(frequency),
        "intermediate_size": .integer(queryBlock.feedForward.width),
        "num_attention_heads": .integer(queryBlock.attention.queryHeads),
        "num_hidden_layers": .integer(query.blocks.count), "vocab_size": .integer(2),
        "max_position_embeddings": .integer(query.queryCount), "layer_norm_eps": .number(1e-12),
        "use_qformer_text_input": .bool(false), "pad_token_id": .integer(0),
      ]),
      "text_config": .object([
        "bos_token_id": .integer(2), "eos_token_id": .integer(2), "pad_token_id": .integer(1),
        "dropout": .number(0), "attention_dropout": .number(0), "layerdrop": .number(0),
      ]),
    ])
  }
}
