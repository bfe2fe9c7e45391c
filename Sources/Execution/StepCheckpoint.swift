package import Artifacts
import Foundation
import Storage
package import Transformers

/// The model after one committed step: weights in f32 with their shape, in one file.
///
/// Shapes between the first and the last step may fit no stock class, so this is not a Hugging Face
/// folder.
package enum StepCheckpoint {
  package static func save(_ model: Parameters, to path: String) throws -> ContentReference {
    let shape = String(
      decoding: try ArtifactCoding.line(model.layout.shape), as: UTF8.self)
    try SafetensorsWriter.write(
      model.layout.table.views.map {
        SafetensorsWriter.Entry(name: $0.name, shape: $0.shape, pointer: model.pointer(of: $0))
      }, metadata: ["format": "pt", "shape": shape], to: path)
    return ContentReference(
      name: (path as NSString).lastPathComponent, sha256: try sha256(ofFile: path))
  }

  /// - Throws: `StorageError` where the file is missing, differs from `expected`, or is malformed.
  package static func load(_ path: String, expected: ContentReference) throws -> Parameters {
    guard try sha256(ofFile: path) == expected.sha256 else {
      throw StorageError.malformed(
        path: path, field: "content", reason: "differs from the journal's SHA-256")
    }
    let file = try SafetensorsFile(path: path)
    guard let text = file.metadata["shape"] else {
      throw StorageError.missingField(path: path, field: "__metadata__.shape")
    }
    let shape: ModelShape
    do {
      shape = try ArtifactCoding.decode(ModelShape.self, from: Data(text.utf8))
      try shape.check(FieldCheck())
    } catch {
      throw StorageError.malformed(
        path: path, field: "__metadata__.shape", reason: "not a model shape")
    }
    let layout = ModelLayout(shape)
    // Before memory is taken for what the file does not have.
    let needed = layout.table.views.reduce(0) { $0 + $1.shape.reduce(1, *) }
    guard needed <= file.tensors.reduce(0, { $0 + $1.elementCount }) else {
      throw StorageError.malformed(
        path: path, field: "__metadata__.shape", reason: "has more parameters than the file")
    }
    let model = Parameters(layout: layout)
    for view in model.layout.table.views {
      try file.readFloats(view.name, shape: view.shape, into: model.pointer(of: view))
    }
    return model
  }
}
