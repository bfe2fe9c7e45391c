import Artifacts
import Storage

/// Mistral: Llama with a sliding window of attention.
///
/// Source: Jiang et al., "Mistral 7B", arXiv 2310.06825.
enum MistralFamily: LanguageModelFamily {
  static let architecture = "MistralForCausalLM"
  static let basePrefix = "model."

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

  /// Absent means the class's default of 4096, null means none.
  private static func slidingWindow(_ config: JSONDocument) throws(StorageError) -> Int? {
    guard case .object(let members) = config.value, let value = members["sliding_window"] else {
      return 4_096
    }
    return value == .null ? nil : try config.dimension("sliding_window")
  }
}
