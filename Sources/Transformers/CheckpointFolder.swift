import Foundation
import Storage

/// What lies in a model's folder beside its weights and config.json.
extension Checkpoint {
  /// Tokenizer, image processor and settings of generation, by their names in published folders.
  private static let companions = [
    "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json", "merges.txt",
    "added_tokens.json", "special_tokens_map.json", "chat_template.jinja", "chat_template.json",
    "preprocessor_config.json", "processor_config.json", "generation_config.json",
  ]

  /// One hash over the companions that are there.
  package static func companionsHash(folder: String) throws -> String {
    let paths = companions.map { (folder as NSString).appendingPathComponent($0) }
    return try contentHash(paths.filter { FileManager.default.fileExists(atPath: $0) })
  }

  /// Copies a model's companions into the folder of a model made from it, and removes those that an
  /// earlier model left there.
  ///
  /// - Returns: the names of the files copied.
  /// - Throws: `StorageError` for a file that cannot be read or written.
  @discardableResult package static func copyCompanions(
    from source: String, to target: String
  ) throws -> [String] {
    guard !isSameFolder(source, target) else { return [] }
    let files = FileManager.default
    var copied: [String] = []
    for name in companions {
      let from = (source as NSString).appendingPathComponent(name)
      let to = (target as NSString).appendingPathComponent(name)
      if files.fileExists(atPath: from) {
        let file = try MappedFile(path: from)
        try AtomicFile.write(to: to) { sink in try file.withUnsafeBytes { try sink.write($0) } }
        copied.append(name)
      } else {
        try remove(to)
      }
    }
    return copied
  }

  /// Removes the single file, the shards or the index of an earlier checkpoint, which a loader would
  /// take in place of those just written; other files are not ours to remove.
  ///
  /// - Parameter kept: names of the files just written.
  static func removeOtherShards(from folder: String, keeping kept: [String]) throws {
    for name in weights(in: folder) where !kept.contains(name) {
      let isOfACheckpoint =
        name == "model.safetensors" || name == "model.safetensors.index.json"
        || name.hasPrefix("model-") && name.hasSuffix(".safetensors")
      if isOfACheckpoint { try remove((folder as NSString).appendingPathComponent(name)) }
    }
  }

  /// Names of the files in a folder that a loader takes for weights or for their index.
  package static func weights(in folder: String) -> [String] {
    let files = FileManager.default
    return ((try? files.contentsOfDirectory(atPath: folder)) ?? []).filter(isWeights).sorted()
  }

  /// Whether both paths lead to one folder.
  package static func isSameFolder(_ one: String, _ other: String) -> Bool {
    func place(_ path: String) -> String {
      URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }
    return place(one) == place(other)
  }

  private static func isWeights(_ name: String) -> Bool {
    let suffixes = [
      ".safetensors", ".safetensors.index.json", ".onnx", ".onnx.data", ".onnx_data", ".gguf",
    ]
    return suffixes.contains { name.hasSuffix($0) } || name.hasPrefix("pytorch_model")
      || ["adapter_config.json", "adapter_model.bin", "tf_model.h5", "flax_model.msgpack"]
        .contains(name)
  }

  /// Removes a file or a link; folders and what is not there stay as they are.
  @discardableResult private static func remove(_ path: String) throws -> Bool {
    let files = FileManager.default
    guard let type = try? files.attributesOfItem(atPath: path)[.type] as? FileAttributeType,
      type != .typeDirectory
    else { return false }
    do {
      try files.removeItem(atPath: path)
    } catch {
      throw StorageError.notWritable(path: path, reason: "it is of an earlier model and stays")
    }
    return true
  }
}
