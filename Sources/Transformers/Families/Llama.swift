import Artifacts
import Storage

/// Llama 1 to 3.
///
/// Source: Touvron et al., "LLaMA: Open and Efficient Foundation Language Models", arXiv 2302.13971.
enum LlamaFamily: LanguageModelFamily {
  static let architecture = "LlamaForCausalLM"
  static let basePrefix = "model."
  static let classDefaults = ClassDefaults.llama

  static func names(prefix: String) -> LanguageModelNames { RotaryDecoder.names(prefix: prefix) }

  static func shape(from config: JSONDocument) throws(StorageError) -> LanguageModelShape {
    try config.demandFullAttention(
      count: try config.dimension("num_hidden_layers", limit: 1_000))
    let bias = try config.bool("attention_bias", default: false)
    return try RotaryDecoder(
      queryKeyValueBias: bias, outputBias: bias,
      feedForwardBias: try config.bool("mlp_bias", default: false)
    ).shape(.llama, from: config)
  }

  static func configuration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    RotaryDecoder.configuration(shape)
  }

  static func newConfiguration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    let block = shape.blocks.first
    return RotaryDecoder.newConfiguration(shape) + [
      ("attention_bias", .bool(block?.attention.bias ?? false)),
      ("mlp_bias", .bool(block?.feedForward.bias ?? false)),
    ]
  }

  /// The stock class refuses a hidden size that the number of heads does not divide, although the
  /// head size is a setting of its own.
  static func obstacle(_ shape: LanguageModelShape, _ uniform: UniformShape) -> String? {
    guard uniform.hiddenSize.isMultiple(of: uniform.heads) else {
      return "hidden size \(uniform.hiddenSize) is not a multiple of \(uniform.heads) heads"
    }
    return RotaryDecoder.obstacle(uniform)
  }
}
