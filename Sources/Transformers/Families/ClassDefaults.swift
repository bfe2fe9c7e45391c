import Artifacts
import Storage

/// Sizes that a configuration may leave out because they equal those of the stock class.
///
/// Source: the configuration classes of Hugging Face transformers 5.24.
enum ClassDefaults {
  static let opt = [
    "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "ffn_dim": 3_072,
    "max_position_embeddings": 2_048, "vocab_size": 50_272,
  ]
  static let gpt2 = [
    "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1_024, "vocab_size": 50_257,
  ]
  /// As many heads for keys and values as for queries.
  static let llama = [
    "hidden_size": 4_096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "intermediate_size": 11_008, "max_position_embeddings": 2_048, "vocab_size": 32_000,
  ]
  static let mistral = [
    "hidden_size": 4_096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14_336, "max_position_embeddings": 131_072,
    "vocab_size": 32_000, "sliding_window": 4_096,
  ]
  /// Of Qwen 2 and 3; Qwen 3's heads have 128 dimensions.
  static let qwen = [
    "hidden_size": 4_096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 32, "intermediate_size": 22_016, "max_position_embeddings": 32_768,
    "vocab_size": 151_936, "sliding_window": 4_096, "max_window_layers": 28,
  ]
  static let blip2 = ["num_query_tokens": 32]
  static let blip2Vision = [
    "hidden_size": 1_408, "num_hidden_layers": 39, "num_attention_heads": 16,
    "intermediate_size": 6_144, "image_size": 224, "patch_size": 14,
  ]
  static let blip2QueryFormer = [
    "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3_072, "cross_attention_frequency": 2,
  ]
}

extension JSONDocument {
  /// This object with the members that it leaves out; one that is null stays null, as in the stock
  /// classes.
  ///
  /// - Parameter aliases: second names of members, by their first.
  func completed(by defaults: [String: Int], aliases: [String: String] = [:])
    throws(StorageError) -> JSONDocument
  {
    let given = try members
    let names = Set(given.map(\.key))
    let left = defaults.filter { name, _ in
      !names.contains(name) && !(aliases[name].map(names.contains) ?? false)
    }
    let filled =
      given.map { (key: $0.key, value: $0.value.value) }
      + left.sorted { $0.key < $1.key }.map { (key: $0.key, value: JSONValue.integer($0.value)) }
    return JSONDocument(
      path: path, value: JSONObject(filled).map { .object($0) } ?? value, field: field)
  }

  /// The object of a name, or an empty one where it is absent or null.
  func part(_ name: String) throws(StorageError) -> JSONDocument {
    if let given = try optional(name) { return given }
    return JSONDocument(
      path: path, value: .object([:]), field: field.isEmpty ? name : "\(field).\(name)")
  }
}
