import Artifacts
import Foundation
import Storage

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
      let found = try files.tensor(name)
      guard found.shape == view.storedShape else {
        throw StorageError.malformed(
          path: folder, field: name,
          reason: "shape \(found.shape), where config.json describes \(view.storedShape)")
      }
      guard found.dtype.isFloat else {
        throw StorageError.unsupported(
          path: folder, field: name,
          reason: "elements of the type \(found.dtype.rawValue) are not computed",
          supported: TensorType.floatNames)
      }
    }
  }
}
