import Artifacts
import Storage

/// Mistral: Llama with a sliding window of attention.
///
/// Source: Jiang et al., "Mistral 7B", arXiv 2310.06825.
enum MistralFamily: LanguageModelFamily {
  static let architecture = "MistralForCausalLM"
  static let basePrefix = "model."
  static let classDefaults = ClassDefaults.mistral

  static func names(prefix: String) -> LanguageModelNames { RotaryDecoder.names(prefix: prefix) }

  static func shape(from config: JSONDocument) throws(StorageError) -> LanguageModelShape {
    let window = try slidingWindow(config)
    return try RotaryDecoder(window: { _ in window }).shape(.mistral, from: config)
  }

  static func configuration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    RotaryDecoder.configuration(shape)
  }

  static func newConfiguration(_ shape: LanguageModelShape) -> [(String, JSONValue)] {
    RotaryDecoder.newConfiguration(shape) + [
      (
        "sliding_window",
        shape.blocks.first?.attention.window.map { .integer($0) } ?? .null
      )
    ]
  }

  static func obstacle(_ shape: LanguageModelShape, _ uniform: UniformShape) -> String? {
    RotaryDecoder.obstacle(uniform)
  }

  /// One window for every block, or none where it is null. The stock class takes no list of types;
  /// one that says the same is read over.
  private static func slidingWindow(_ config: JSONDocument) throws(StorageError) -> Int? {
    var window: Int?
    if config.contains("sliding_window") { window = try config.dimension("sliding_window") }
    let count = try config.dimension("num_hidden_layers", limit: 1_000)
    guard let sliding = try config.slidingLayers(count: count) else { return window }
    let types = try config.at("layer_types")
    guard Set(sliding).count < 2 else {
      throw types.unsupported(
        "blocks with and without a window in one model", supported: "one type for all blocks")
    }
    if sliding.contains(true) {
      guard window != nil else { throw types.malformed("sliding_attention without sliding_window") }
    } else if let window {
      // A window that no text leaves is full attention.
      let positions = try config.dimension("max_position_embeddings", limit: 1 << 24)
      guard window >= positions else {
        throw types.malformed("full_attention, though sliding_window is \(window)")
      }
    }
    return window
  }
}
