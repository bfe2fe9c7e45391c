package import Artifacts
import Foundation
package import Storage

/// A model read from a Hugging Face folder.
package struct LoadedModel: Sendable {
  package internal(set) var parameters: Parameters
  /// The folder's config.json, kept so that a compressed model can be written in its likeness.
  package let configuration: JSONValue
  /// Names, numeric types and files of the tensors on disk.
  package let format: CheckpointFormat
  /// The folder's name and the hash of configuration and weights.
  package let content: ContentReference
  package let folder: String

  /// Numeric type of most weights on disk.
  package var storedType: TensorType { format.mainType }
}

/// Hugging Face folders: `config.json` with `model.safetensors`, or an index with shards.
package enum Checkpoint {
  /// Reads the shape from config.json and every tensor by name.
  ///
  /// - Parameter name: how the model is called in artifacts; the folder's path by default.
  /// - Throws: `StorageError` naming the file and field or tensor: a missing folder, an unknown
  ///   `model_type`, a missing, surplus or misshapen tensor, a weight that is not finite, a malformed
  ///   file.
  package static func load(folder: String, name: String? = nil) throws -> LoadedModel {
    let opened = try OpenedCheckpoint(folder: folder, comparingHeads: true)
    let (files, layout, format) = (opened.files, opened.layout, opened.format)
    let parameters = Parameters(layout: layout)
    for view in layout.table.views {
      guard let name = format.tensors[view.name]?.name else { continue }
      try files.readFloats(name, into: parameters.pointer(of: view), finite: true)
      if view.storedTransposed { parameters.transposeFromStored(view) }
    }
    return LoadedModel(
      parameters: parameters, configuration: opened.config.value, format: format,
      content: ContentReference(
        name: name ?? folder,
        sha256: try contentHash([opened.config.path] + files.files.map(\.path))),
      folder: folder)
  }

  /// The shape that a config.json describes.
  package static func shape(from config: JSONDocument) throws(StorageError) -> ModelShape {
    if try config.string("model_type") == "blip-2" { return try BLIP2Family.shape(from: config) }
    let family = try LanguageFamily(from: config)
    return ModelShape(languageModel: try family.shape(from: config))
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

extension Parameters {
  /// Turns a matrix that was read as it is stored, [inputs, outputs], into [outputs, inputs].
  fileprivate func transposeFromStored(_ view: ParameterView) {
    let stored = Array(UnsafeBufferPointer(start: pointer(of: view), count: view.count))
    transpose(stored, rows: view.storedShape[0], into: pointer(of: view))
  }

  /// The elements of a tensor in the order in which checkpoints store it.
  package func storedElements(of view: ParameterView) -> [Float] {
    view.storedElements(UnsafePointer(pointer(of: view)))
  }
}

extension ParameterView {
  /// Elements that lie as this tensor does, in the order in which checkpoints store them.
  package func storedElements(_ source: UnsafePointer<Float>) -> [Float] {
    let elements = Array(UnsafeBufferPointer(start: source, count: count))
    guard storedTransposed else { return elements }
    return [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      guard let base = buffer.baseAddress else { return }
      transpose(elements, rows: shape[0], into: base)
      filled = count
    }
  }
}

/// Writes the transpose of a matrix of `rows` rows.
private func transpose(_ matrix: [Float], rows: Int, into target: UnsafeMutablePointer<Float>) {
  guard rows > 0 else { return }
  let columns = matrix.count / rows
  for row in 0..<rows {
    for column in 0..<columns { target[column * rows + row] = matrix[row * columns + column] }
  }
}
