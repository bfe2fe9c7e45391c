import Artifacts
import Foundation
package import Storage

extension Checkpoint {
  /// Writes weights and config.json; each file is replaced as a whole, weights first. Shards of an
  /// earlier checkpoint in the folder are removed when they are there.
  ///
  /// - Parameters:
  ///   - format: names, numeric types and shards to keep; nil for one file of `storedType`.
  ///   - configuration: the configuration to keep, with the shape's members replaced; nil for a new
  ///     one.
  ///   - others: names of files that stay although they look like another model's weights.
  /// - Returns: the names of the files, in the order written.
  @discardableResult package static func save(
    _ parameters: Parameters, to folder: String, storedType: TensorType = .f32,
    format: CheckpointFormat? = nil, configuration: JSONValue? = nil, imageToken: Int = 0,
    keeping others: [String] = []
  ) throws -> [String] {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    let weights = try saveWeights(parameters, to: folder, storedType: storedType, format: format)
    let config = Checkpoint.configuration(
      parameters.layout.shape, base: configuration, storedType: format == nil ? storedType : nil,
      imageToken: imageToken)
    let path = file(in: folder, "config.json")
    try AtomicFile.write(try config.serialized(keys: .sorted, indented: true, path: path), to: path)
    let written = weights + ["config.json"]
    try removeOtherShards(from: folder, keeping: written + others)
    return written
  }

  /// Names of the files that weights of a format are saved in, their index among them.
  package static func weightFiles(of format: CheckpointFormat?) -> [String] {
    guard let format, format.sharded else { return [single] }
    let stored = Array(format.tensors.values) + [format.repeatedHead].compactMap { $0 }
    return Set(stored.map(\.file)).sorted() + [index]
  }

  private static let single = "model.safetensors"
  private static let index = "model.safetensors.index.json"

  private static func file(in folder: String, _ name: String) -> String {
    (folder as NSString).appendingPathComponent(name)
  }

  private static func saveWeights(
    _ parameters: Parameters, to folder: String, storedType: TensorType,
    format: CheckpointFormat?
  ) throws -> [String] {
    let layout = parameters.layout
    var shards: [String: [SafetensorsWriter.Entry]] = [:]
    func add(_ stored: CheckpointFormat.StoredTensor, _ view: ParameterView) {
      let dtype = [.f32, .f16, .bf16].contains(stored.dtype) ? stored.dtype : .f32
      shards[format?.sharded == true ? stored.file : single, default: []].append(
        view.storedTransposed
          ? SafetensorsWriter.Entry(name: stored.name, dtype: dtype, shape: view.storedShape) {
            parameters.storedElements(of: view)
          }
          : SafetensorsWriter.Entry(
            name: stored.name, dtype: dtype, shape: view.shape,
            pointer: parameters.pointer(of: view)))
    }
    for view in layout.table.views {
      add(
        format?.tensors[view.name]
          ?? CheckpointFormat.StoredTensor(name: view.name, dtype: storedType, file: single), view)
    }
    if let head = format?.repeatedHead, layout.shape.languageModel.tiedHead,
      let embedding = layout.table.views.first(where: {
        $0.offset == layout.languageModel.tokenEmbedding
      })
    {
      add(head, embedding)
    }
    let names = shards.keys.sorted()
    for name in names {
      try SafetensorsWriter.write(shards[name] ?? [], to: file(in: folder, name))
    }
    guard format?.sharded == true else { return names }
    try writeIndex(shards, to: file(in: folder, index))
    return names + [index]
  }

  private static func writeIndex(_ shards: [String: [SafetensorsWriter.Entry]], to path: String)
    throws
  {
    var bytes = 0
    var files: [(key: String, value: JSONValue)] = []
    for (name, entries) in shards {
      for entry in entries {
        bytes += entry.shape.reduce(entry.dtype == .f32 ? 4 : 2, *)
        files.append((entry.name, .string(name)))
      }
    }
    files.sort { $0.key < $1.key }
    guard let map = JSONObject(files) else {
      throw StorageError.malformed(
        path: path, field: "weight_map", reason: "two tensors have the same name")
    }
    let index = JSONValue.object([
      "metadata": .object(["total_size": .integer(bytes)]), "weight_map": .object(map),
    ])
    try AtomicFile.write(try index.serialized(indented: true, path: path), to: path)
  }

  /// `base` with the members that follow from the shape replaced.
  ///
  /// - Parameter storedType: what to name as numeric type; nil keeps what `base` says.
  static func configuration(
    _ shape: ModelShape, base: JSONValue?, storedType: TensorType?, imageToken: Int
  ) -> JSONValue {
    let type: [(String, JSONValue)] =
      storedType.map {
        [("dtype", .string($0 == .f32 ? "float32" : $0 == .f16 ? "float16" : "bfloat16"))]
      } ?? []
    let family = shape.languageModel.family.implementation
    guard shape.vision != nil else {
      let start =
        base
        ?? JSONValue.object(["architectures": .array([.string(family.architecture)])])
        .replacing(family.newConfiguration(shape.languageModel))
      return language(shape.languageModel, start).replacing(type)
    }
    let start = base ?? BLIP2Family.configuration(shape, imageToken: imageToken) ?? .object([:])
    var text = JSONValue.object([:])
    if case .object(let members) = start, let value = members["text_config"] { text = value }
    if base == nil { text = text.replacing(family.newConfiguration(shape.languageModel)) }
    return start.replacing([("text_config", language(shape.languageModel, text))]).replacing(type)
  }

  private static func language(_ shape: LanguageModelShape, _ base: JSONValue) -> JSONValue {
    let family = shape.family.implementation
    let before = try? shape.family.shape(from: JSONDocument(path: "config.json", value: base))
    // The members that follow from a shape have their first names.
    let base = base.leavingOut(Set(family.aliases.values))
    let lists = base.cuttingLists(from: before?.blocks.count ?? 0, to: shape.blocks.count)
    let config = base.replacing(lists).replacing(family.configuration(shape))
    guard let rotary = shape.rotary else { return config }
    let headSize = shape.blocks.first?.attention.headSize ?? 0
    let document = JSONDocument(path: "config.json", value: config)
    if let described = try? RotaryShape(from: document, headSize: headSize), described == rotary {
      return config
    }
    guard
      let parameters = JSONObject(
        rotary.longropeParameters(maximumPositions: shape.maximumPositions).map {
          (key: $0.0, value: $0.1)
        })
    else { return config }
    let older = !document.contains("rope_parameters") && document.contains("rope_theta")
    return config.replacing([(older ? "rope_scaling" : "rope_parameters", .object(parameters))])
  }
}

extension JSONValue {
  /// This object without some of its members.
  func leavingOut(_ names: Set<String>) -> JSONValue {
    guard !names.isEmpty, case .object(let object) = self else { return self }
    let members = object.filter { !names.contains($0.key) }.map { (key: $0.key, value: $0.value) }
    return JSONObject(members).map { .object($0) } ?? self
  }

  /// This object with members replaced in place, or appended.
  func replacing(_ updates: [(String, JSONValue)]) -> JSONValue {
    guard case .object(let object) = self else { return self }
    var members = object.map { (key: $0.key, value: $0.value) }
    for (key, value) in updates {
      if let index = members.firstIndex(where: { $0.key == key }) {
        members[index].value = value
      } else {
        members.append((key: key, value: value))
      }
    }
    return JSONObject(members).map { .object($0) } ?? self
  }
}
