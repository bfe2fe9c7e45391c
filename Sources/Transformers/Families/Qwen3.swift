import Artifacts
import Storage

/// Qwen 3: Llama with RMS norms over each query and key head.
///
/// Source: Yang et al., "Qwen3 Technical Report", arXiv 2505.09388.
enum Qwen3Family: LanguageModelFamily {
  static let architecture = "Qwen3ForCausalLM"
  static let basePrefix = "model."
  static let classDefaults = ClassDefaults.qwen
  static let variesWindows = true

  static func names(prefix: String) -> LanguageModelNames { RotaryDecoder.names(prefix: prefix) }

  static func shape(from config: JSONDocument) throws(StorageError) -> LanguageModelShape {
    let bias = try config.bool("attention_bias", default: false)
    let window = try qwenWindows(config)
    return try RotaryDecoder(
      queryKeyValueBias: bias, outputBias: bias, headNorm: true, window: window
    ).shape(.qwen3, from: config, defaultHeadSize: 128)
  }

  static func configuration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    RotaryDecoder.configuration(shape) + qwenLayerTypes(shape)
  }

  static func newConfiguration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    RotaryDecoder.newConfiguration(shape) + qwenWindowMembers(shape) + [
      ("attention_bias", .bool(shape.blocks.first?.attention.bias ?? false))
    ]
  }

  static func obstacle(_ shape: LanguageModelShape, _ uniform: UniformShape) -> String? {
    RotaryDecoder.obstacle(uniform)
  }
}
