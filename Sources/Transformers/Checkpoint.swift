package import Artifacts
import Foundation
package import Storage

/// A model read from a Hugging Face folder.
package struct LoadedModel: Sendable {
  package internal(set) var parameters: Parameters
  /// The folder's config.json, kept so that a compressed model can be written in its likeness.
  package let configuration: JSONValue
  /// Numeric type of the weights on disk: BF16, F16 or F32.
  package let storedType: TensorType
  /// The folder's name and the hash of configuration and weights.
  package let content: ContentReference
  package let folder: String
}

/// Hugging Face folders: `config.json` with `model.safetensors`, or an index with shards.
package enum Checkpoint {
  /// Reads the shape from config.json and every tensor by name.
  ///
  /// - Parameter name: how the model is called in artifacts; the folder's path by default.
  /// - Throws: `StorageError` naming the file and field or tensor: a missing folder, an unknown
  ///   `model_type`, a missing, surplus or misshapen tensor, a malformed file.
  package static func load(folder: String, name: String? = nil) throws -> LoadedModel {
    let path = (folder as NSString).appendingPathComponent("config.json")
    guard FileManager.default.fileExists(atPath: folder) else {
      throw StorageError.missing(path: folder)
    }
    let config = try JSONDocument(file: path)
    let shape = try shape(from: config)
    let files = try SafetensorsCheckpoint(folder: folder)
    let layout = ModelLayout(shape)
    try check(files, against: layout)
    let parameters = Parameters(layout: layout)
    var storedType = TensorType.f32
    for view in layout.table.views {
      let entry = try files.tensor(view.name)
      if entry.dtype == .bf16 || entry.dtype == .f16 { storedType = entry.dtype }
      try files.readFloats(view.name, shape: view.shape, into: parameters.pointer(of: view))
    }
    return LoadedModel(
      parameters: parameters, configuration: config.value, storedType: storedType,
      content: ContentReference(
        name: name ?? folder, sha256: try contentHash([path] + files.files.map(\.path))),
      folder: folder)
  }

  /// The shape that a config.json describes.
  package static func shape(from config: JSONDocument) throws(StorageError) -> ModelShape {
    switch try config.string("model_type") {
    case "blip-2": return try BLIP2Family.shape(from: config)
    case "opt": return ModelShape(languageModel: try OPTFamily.shape(from: config))
    case let other:
      throw try config.required("model_type").malformed(
        "\"\(other)\" is not supported (known: blip-2, opt)")
    }
  }

  /// Compares the tensors' names with the layout's before a byte of weights is read.
  private static func check(_ files: SafetensorsCheckpoint, against layout: ModelLayout)
    throws(StorageError)
  {
    for view in layout.table.views where !files.contains(view.name) {
      throw .missingTensor(path: files.folder, name: view.name)
    }
    for name in files.names where layout.table[name] == nil {
      // A tied head may be stored although it repeats the embedding.
      if layout.shape.languageModel.tiedHead && name.hasSuffix("lm_head.weight") { continue }
      throw .malformed(
        path: files.folder, field: name, reason: "config.json describes no such tensor")
    }
  }

  /// Writes config.json and model.safetensors; each file is replaced as a whole, weights first.
  ///
  /// - Parameter configuration: the configuration to keep, with the shape's members replaced; nil
  ///   for a new one.
  package static func save(
    _ parameters: Parameters, to folder: String, storedType: TensorType,
    configuration: JSONValue? = nil, imageToken: Int = 0
  ) throws {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    let views = parameters.layout.table.views
    try SafetensorsWriter.write(
      views.map {
        SafetensorsWriter.Entry(
          name: $0.name, dtype: storedType, shape: $0.shape, pointer: parameters.pointer(of: $0))
      }, to: (folder as NSString).appendingPathComponent("model.safetensors"))
    let config = Checkpoint.configuration(
      parameters.layout.shape, base: configuration, storedType: storedType, imageToken: imageToken)
    let path = (folder as NSString).appendingPathComponent("config.json")
    try AtomicFile.write(try config.serialized(keys: .sorted, indented: true, path: path), to: path)
  }

  /// `base` with the members that follow from the shape replaced.
  static func configuration(
    _ shape: ModelShape, base: JSONValue?, storedType: TensorType, imageToken: Int
  ) -> JSONValue {
    let text = OPTFamily.configuration(shape.languageModel)
    let type: KeyValuePairs<String, JSONValue> = [
      "dtype": .string(storedType == .f32 ? "float32" : storedType == .f16 ? "float16" : "bfloat16")
    ]
    guard shape.vision != nil else {
      let start =
        base ?? .object(["architectures": .array([.string("OPTForCausalLM")])])
      return start.replacing(text).replacing(type)
    }
    let start = base ?? BLIP2Family.configuration(shape, imageToken: imageToken) ?? .object([:])
    var language = JSONValue.object([:])
    if case .object(let members) = start, let value = members["text_config"] { language = value }
    return start.replacing(["text_config": language.replacing(text)]).replacing(type)
  }

  /// One hash over several files: of their names and hashes, in order.
  package static func contentHash(_ paths: [String]) throws -> String {
    var text = ""
    for path in paths {
      text += (path as NSString).lastPathComponent + " " + (try sha256(ofFile: path)) + "\n"
    }
    return sha256(of: Data(text.utf8))
  }
}

extension JSONValue {
  /// This object with members replaced in place, or appended.
  func replacing(_ updates: KeyValuePairs<String, JSONValue>) -> JSONValue {
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
