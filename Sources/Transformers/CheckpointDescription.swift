package import Artifacts
import Foundation
package import Storage

/// A checkpoint of which everything is known but the weights: names and shapes agree with config.json.
struct OpenedCheckpoint {
  let config: JSONDocument
  let files: SafetensorsCheckpoint
  let layout: ModelLayout
  let format: CheckpointFormat

  /// - Parameter comparingHeads: whether a head on disk is compared with the embedding to which
  ///   config.json ties it, which reads both.
  /// - Throws: as `Checkpoint.load`.
  init(folder: String, comparingHeads: Bool) throws {
    let path = (folder as NSString).appendingPathComponent("config.json")
    guard FileManager.default.fileExists(atPath: folder) else {
      throw StorageError.missing(path: folder)
    }
    config = try JSONDocument(file: path)
    var shape = try Checkpoint.shape(from: config)
    files = try SafetensorsCheckpoint(folder: folder)
    let names = CheckpointNames(files, shape: shape)
    if comparingHeads, shape.languageModel.tiedHead, names.head != nil {
      let embedding = shape.languageModel.family.implementation.names(
        prefix: shape.vision == nil ? "" : BLIP2Family.languagePrefix
      ).tokenEmbedding
      shape.languageModel.tiedHead = try !names.headDiffers(
        from: embedding, shape: shape.languageModel)
    }
    layout = ModelLayout(shape)
    format = try names.format(for: layout)
    for view in layout.table.views {
      // Shapes are compared before a buffer is allocated.
      guard let name = format.tensors[view.name]?.name else { continue }
      let found = try files.tensor(name).shape
      guard found == view.storedShape else {
        throw StorageError.malformed(
          path: folder, field: name,
          reason: "shape \(found), where config.json describes \(view.storedShape)")
      }
    }
  }
}

/// What a checkpoint holds, told without reading a weight.
package struct CheckpointDescription: Sendable, Encodable {
  package struct File: Sendable, Encodable {
    package var name: String
    package var tensors: Int
    package var bytes: Int
  }

  /// As in config.json, of the language model where there are several.
  package var family: String
  package var shape: ModelShape
  package var parameterCount: Int
  /// Tensors on disk by numeric type.
  package var types: [String: Int]
  package var files: [File]
  /// A head is on disk though config.json ties it to the embedding; whether both are equal is seen when
  /// the model is loaded.
  package var repeatsHead: Bool
}

extension Checkpoint {
  /// Opens a folder and checks every name and shape against config.json; weights stay on disk.
  ///
  /// - Throws: as `load`, but for what only the weights can tell.
  package static func describe(folder: String) throws -> CheckpointDescription {
    let opened = try OpenedCheckpoint(folder: folder, comparingHeads: false)
    let shape = opened.layout.shape
    return CheckpointDescription(
      family: shape.languageModel.family.rawValue, shape: shape,
      parameterCount: opened.layout.table.count,
      types: CheckpointDescription.types(of: opened.files.files),
      files: opened.files.files.map(CheckpointDescription.File.init),
      repeatsHead: opened.format.repeatedHead != nil)
  }
}

extension CheckpointDescription {
  /// Tensors by numeric type.
  package static func types(of files: [SafetensorsFile]) -> [String: Int] {
    var types: [String: Int] = [:]
    for tensor in files.flatMap(\.tensors) { types[tensor.dtype.rawValue, default: 0] += 1 }
    return types
  }
}

extension CheckpointDescription.File {
  /// - Parameter file: opened, so that its header is known to fit its bytes.
  package init(_ file: SafetensorsFile) {
    name = (file.path as NSString).lastPathComponent
    tensors = file.tensors.count
    bytes = file.tensors.reduce(0) { $0 + $1.byteRange.count }
  }
}
