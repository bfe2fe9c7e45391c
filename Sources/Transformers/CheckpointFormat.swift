import Artifacts
package import Storage

/// How a checkpoint lies on disk, kept so that a compressed model is written in its likeness.
package struct CheckpointFormat: Sendable {
  package struct StoredTensor: Hashable, Sendable {
    /// Name on disk, which may lack the base class's prefix.
    package var name: String
    package var dtype: TensorType
    /// Name of the file in the folder.
    package var file: String
  }

  /// By the family's full names.
  package var tensors: [String: StoredTensor]
  /// A tied head that is stored although it repeats the embedding.
  package var repeatedHead: StoredTensor?
  /// Weights lie in shards that an index lists.
  package var sharded: Bool

  /// Numeric type of most weights.
  package var mainType: TensorType {
    var counts: [TensorType: Int] = [:]
    for tensor in tensors.values { counts[tensor.dtype, default: 0] += 1 }
    return counts.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key ?? .f32
  }
}

extension ModelLayout {
  /// The tensor of a full name, or of one without the base class's prefix.
  package func view(named name: String) -> ParameterView? {
    if let view = table[name] { return view }
    let prefix = vision == nil ? "" : BLIP2Family.languagePrefix
    guard name.hasPrefix(prefix) else { return nil }
    let base = shape.languageModel.family.implementation.basePrefix
    return table[prefix + base + name.dropFirst(prefix.count)]
  }
}

/// Finds a model's tensors in a folder under the family's full names or without the base class's
/// prefix.
struct CheckpointNames {
  private let files: SafetensorsCheckpoint
  private let fullPrefix: String
  private let shortPrefix: String
  private let headName: String

  init(_ files: SafetensorsCheckpoint, shape: ModelShape) {
    self.files = files
    let family = shape.languageModel.family.implementation
    shortPrefix = shape.vision == nil ? "" : BLIP2Family.languagePrefix
    fullPrefix = shortPrefix + family.basePrefix
    headName = family.names(prefix: shortPrefix).head
  }

  /// The name on disk of a tensor, or nil if it is not there.
  func stored(_ name: String) -> String? {
    if files.contains(name) { return name }
    guard name.hasPrefix(fullPrefix) else { return nil }
    let short = shortPrefix + name.dropFirst(fullPrefix.count)
    return files.contains(short) ? short : nil
  }

  /// The head on disk, where there is one.
  var head: String? { files.contains(headName) ? headName : nil }

  /// Whether a head on disk holds other values than the token embedding, which means that the two
  /// are not tied, whatever the configuration says.
  func headDiffers(from embedding: String, shape: LanguageModelShape) throws -> Bool {
    guard let head, let embedding = stored(embedding) else { return false }
    let expected = [shape.vocabularySize, shape.hiddenSize]
    let first = try files.tensor(head)
    let second = try files.tensor(embedding)
    guard first.shape == expected else {
      throw StorageError.malformed(
        path: files.folder, field: head,
        reason: "shape \(first.shape), where \(expected) is expected")
    }
    guard second.shape == expected else { return false }
    if first.dtype == second.dtype {
      return try files.withUnsafeBytes(of: head) { one in
        try files.withUnsafeBytes(of: embedding) { other in !one.elementsEqual(other) }
      }
    }
    return try files.floats(head) != files.floats(embedding)
  }

  /// Compares names with the layout's before a byte of weights is read, and returns how the
  /// checkpoint lies on disk.
  func format(for layout: ModelLayout) throws(StorageError) -> CheckpointFormat {
    var tensors: [String: CheckpointFormat.StoredTensor] = [:]
    var used: Set<String> = []
    for view in layout.table.views {
      guard let name = stored(view.name) else {
        throw .missingTensor(path: files.folder, name: view.name)
      }
      tensors[view.name] = try storedTensor(name)
      used.insert(name)
    }
    var repeatedHead: CheckpointFormat.StoredTensor?
    for name in files.names where !used.contains(name) {
      if layout.shape.languageModel.tiedHead && name == headName {
        repeatedHead = try storedTensor(name)
      } else if !isBuffer(name) {
        throw .unsupported(
          path: files.folder, field: name, reason: "config.json describes no such tensor",
          supported: "the tensors of the stock class, without adapters or quantized weights")
      }
    }
    return CheckpointFormat(
      tensors: tensors, repeatedHead: repeatedHead, sharded: files.isSharded)
  }

  private func storedTensor(_ name: String) throws(StorageError) -> CheckpointFormat.StoredTensor {
    CheckpointFormat.StoredTensor(
      name: name, dtype: try files.tensor(name).dtype, file: try files.fileName(of: name))
  }

  /// Constants that older versions of the stock classes saved with the weights: masks, positions,
  /// rotary frequencies.
  private func isBuffer(_ name: String) -> Bool {
    name.hasSuffix(".attn.bias") || name.hasSuffix(".attn.masked_bias")
      || name.hasSuffix(".rotary_emb.inv_freq") || name.hasSuffix("embeddings.position_ids")
  }
}
