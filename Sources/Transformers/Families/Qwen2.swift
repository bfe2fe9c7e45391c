import Artifacts
import Storage

/// Qwen 2 and 2.5: Llama with biases on query, key and value alone.
///
/// Source: Yang et al., "Qwen2 Technical Report", arXiv 2407.10671.
enum Qwen2Family: LanguageModelFamily {
  static let architecture = "Qwen2ForCausalLM"
  static let basePrefix = "model."
  static let classDefaults = ClassDefaults.qwen
  static let variesWindows = true

  static func names(prefix: String) -> LanguageModelNames { RotaryDecoder.names(prefix: prefix) }

  static func shape(from config: JSONDocument) throws(StorageError) -> LanguageModelShape {
    let window = try qwenWindows(config)
    return try RotaryDecoder(queryKeyValueBias: true, window: window).shape(.qwen2, from: config)
  }

  static func configuration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    RotaryDecoder.configuration(shape) + qwenLayerTypes(shape)
  }

  static func newConfiguration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    RotaryDecoder.newConfiguration(shape) + qwenWindowMembers(shape)
  }

  static func obstacle(_ shape: LanguageModelShape, _ uniform: UniformShape) -> String? {
    RotaryDecoder.obstacle(uniform)
  }
}

/// Which blocks of a Qwen model attend within a window: by `layer_types`, else the blocks from
/// `max_window_layers` on, and none unless `use_sliding_window` is set.
func qwenWindows(_ config: JSONDocument) throws(StorageError) -> (_ block: Int) -> Int? {
  var window: Int?
  if try config.bool("use_sliding_window", default: false), config.contains("sliding_window") {
    window = try config.dimension("sliding_window")
  }
  let count = try config.dimension("num_hidden_layers", limit: 1_000)
  guard let sliding = try config.slidingLayers(count: count) else {
    let first = try config.int("max_window_layers", default: 28)
    return { $0 >= first ? window : nil }
  }
  guard window != nil || !sliding.contains(true) else {
    throw try config.at("layer_types").malformed(
      "sliding_attention without use_sliding_window and sliding_window")
  }
  return { sliding[$0] ? window : nil }
}

/// The list of layer types that goes with a shape.
func qwenLayerTypes(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
  [
    (
      "layer_types",
      .array(
        shape.blocks.map {
          .string($0.attention.window == nil ? "full_attention" : "sliding_attention")
        })
    )
  ]
}

func qwenWindowMembers(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
  let window = shape.blocks.lazy.compactMap(\.attention.window).first
  return [
    ("use_sliding_window", .bool(window != nil)),
    ("sliding_window", window.map { .integer($0) } ?? .null),
  ]
}
