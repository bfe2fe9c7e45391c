package import Artifacts
import Foundation
import Kernels
package import Storage

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

extension Checkpoint {
  /// Reads every weight, tensor by tensor, and keeps none.
  ///
  /// - Throws: `StorageError.notFinite` naming the first weight that is no number or infinite.
  package static func requireFiniteWeights(folder: String) throws {
    let opened = try OpenedCheckpoint(folder: folder, comparingHeads: false)
    let largest = opened.layout.table.views.map(\.count).max() ?? 0
    let scratch = AlignedBuffer(count: largest)
    for view in opened.layout.table.views {
      guard let name = opened.format.tensors[view.name]?.name else { continue }
      try opened.files.readFloats(name, into: scratch.pointer, finite: true)
    }
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
