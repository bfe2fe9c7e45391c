import Artifacts
import Storage

extension JSONDocument {
  /// For every block, whether `layer_types` says that it attends within a window; nil where there is
  /// no such list.
  ///
  /// - Throws: `StorageError` for another number of types than of blocks, or an unknown type.
  func slidingLayers(count: Int) throws(StorageError) -> [Bool]? {
    guard let list = try optional("layer_types") else { return nil }
    let types = try list.elements
    guard types.count == count else {
      throw list.malformed("\(types.count) types, where the model has \(count) blocks")
    }
    var sliding: [Bool] = []
    for type in types {
      switch try type.asString {
      case "full_attention": sliding.append(false)
      case "sliding_attention": sliding.append(true)
      case let other:
        throw type.unsupported(
          "\"\(other)\" is another kind of block", supported: "full_attention, sliding_attention")
      }
    }
    return sliding
  }

  /// Refuses windows of attention in a family whose stock class has none.
  func demandFullAttention(count: Int) throws(StorageError) {
    guard let sliding = try slidingLayers(count: count), sliding.contains(true) else { return }
    throw try at("layer_types").unsupported(
      "sliding_attention in a family without windows of attention",
      supported: "full_attention here, sliding_attention in mistral, qwen2 and qwen3")
  }
}

extension JSONValue {
  /// Lists of this configuration that have one entry per block, cut for fewer blocks: the last ones
  /// are those that go.
  func cuttingLists(from count: Int, to kept: Int) -> [(String, JSONValue)] {
    guard kept < count, case .object(let members) = self else { return [] }
    return members.compactMap { name, value in
      switch value {
      case .array(let entries) where entries.count == count && Self.isPerBlock(name):
        (name, .array(Array(entries.prefix(kept))))
      case .integer(let first) where name == "max_window_layers" && first > kept:
        (name, .integer(kept))
      default: nil
      }
    }
  }

  /// Whether a list as long as the model is deep means its blocks. Lists of tokens and of classes do
  /// not.
  private static func isPerBlock(_ name: String) -> Bool {
    name != "architectures" && !name.contains("token") && !name.hasSuffix("_ids")
      && !name.hasSuffix("label") && !name.hasSuffix("size")
  }
}
