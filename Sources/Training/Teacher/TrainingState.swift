import Foundation
package import Kernels
import Storage

/// Buffers of an interrupted training on disk, so that a resumed one ends in the same bytes.
package struct TrainingState {
  package let path: String

  package init(path: String) { self.path = path }

  package typealias Buffers = [(name: String, pointer: Floats, count: Int)]

  package func save(_ buffers: Buffers, stage: String, step: Int) throws {
    try SafetensorsWriter.write(
      buffers.map {
        SafetensorsWriter.Entry(name: $0.name, shape: [$0.count], pointer: $0.pointer)
      }, metadata: ["stage": stage, "step": String(step)], to: path)
  }

  /// The stage and step of the saved state; nil where there is none.
  package func position() throws -> (stage: String, step: Int)? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let metadata = try SafetensorsFile(path: path).metadata
    guard let stage = metadata["stage"], let step = metadata["step"].flatMap({ Int($0) }), step >= 0
    else {
      throw StorageError.malformed(path: path, field: "step", reason: "not a training state")
    }
    return (stage, step)
  }

  package func restore(_ buffers: Buffers) throws {
    let file = try SafetensorsFile(path: path)
    for buffer in buffers {
      try file.readFloats(buffer.name, shape: [buffer.count], into: buffer.pointer)
    }
  }

  package func remove() { try? FileManager.default.removeItem(atPath: path) }
}
