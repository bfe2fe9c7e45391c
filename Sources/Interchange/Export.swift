package import Artifacts
import Foundation
package import Storage
package import Transformers

/// What a compressed model can be written as.
package enum ExportFormat: String, Codable, Sendable, CaseIterable {
  /// A checkpoint that transformers' stock class opens.
  case huggingFace = "hf"
  /// Graphs for ONNX Runtime and others: a decoder with a key/value cache, and the image side.
  case onnx
  /// A file for llama.cpp.
  case gguf
}

/// A model that a format cannot hold.
package enum ExportError: Error, CustomStringConvertible {
  case notRepresentable(ExportFormat, reason: String)
  case cannotPad(reason: String)

  package var description: String {
    switch self {
    case .notRepresentable(let format, let reason):
      "\(format.rawValue) cannot hold this model: \(reason). "
        + "Take another --format (onnx holds every shape)."
    case .cannotPad(let reason):
      "no padding with zeros makes a shape that the stock class holds: \(reason). "
        + "Export it with --format onnx."
    }
  }
}

extension ModelShape {
  /// Why a format cannot hold a model of this shape; nil where it can.
  package func obstacle(to format: ExportFormat) -> String? {
    switch format {
    case .huggingFace: languageModel.stockClassObstacle
    case .onnx: nil
    case .gguf: GGUFModel.obstacle(self)
    }
  }
}

/// What an export wrote.
package struct ExportResult: Codable, Sendable {
  package var format: ExportFormat
  /// In the order written.
  package var files: [String]
  /// Zeros were added, because the stock class cannot hold the shape: right numbers, no speed-up.
  package var padded: Bool
}

/// Writes a model in a format into a folder.
///
/// - Throws: `ExportError` where the format cannot hold it, `StorageError` where a file cannot be
///   written.
package func export(_ model: LoadedModel, as format: ExportFormat, to folder: String) throws
  -> ExportResult
{
  try export(
    model.parameters, as: format, to: folder, checkpoint: model.format,
    configuration: model.configuration)
}

/// As above; `checkpoint` and `configuration` are those that a Hugging Face folder is to resemble.
package func export(
  _ parameters: Parameters, as format: ExportFormat, to folder: String,
  checkpoint: CheckpointFormat? = nil, configuration: JSONValue? = nil
) throws -> ExportResult {
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
  switch format {
  case .huggingFace:
    let fits = parameters.layout.shape.obstacle(to: format) == nil
    try Checkpoint.save(
      fits ? parameters : padded(parameters), to: folder, format: checkpoint,
      configuration: configuration)
    return ExportResult(format: format, files: ["config.json"], padded: !fits)
  case .onnx:
    let layout = parameters.layout
    var files: [String] = []
    func write(_ name: String, _ build: (_ dataFile: String) -> ONNXGraph) throws {
      try build(name + ".onnx.data").write(to: path(name + ".onnx"))
      files += [name + ".onnx", name + ".onnx.data"]
    }
    if let vision = layout.vision, let queryFormer = layout.queryFormer {
      try write("image_encoder") {
        onnxImageEncoder(parameters, vision: vision, queryFormer: queryFormer, dataFile: $0)
      }
      try write("token_embedding") { onnxTokenEmbedding(parameters, dataFile: $0) }
    }
    try write("decoder") {
      var decoder = ONNXDecoder(parameters, dataFile: $0)
      return decoder.build(fromEmbeddings: layout.vision != nil)
    }
    return ExportResult(format: format, files: files, padded: false)
  case .gguf:
    if let reason = parameters.layout.shape.obstacle(to: format) {
      throw ExportError.notRepresentable(format, reason: reason)
    }
    try GGUFModel.write(parameters, to: path("model.gguf"))
    return ExportResult(format: format, files: ["model.gguf"], padded: false)
  }
}
