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
  /// Where to write is where the model was read from.
  case ownFolder(String)
  /// Weights lie there that the export would not replace, and a loader could take them for it.
  case otherWeights(folder: String, files: [String])

  package var description: String {
    switch self {
    case .notRepresentable(let format, let reason):
      "\(format.rawValue) cannot hold this model: \(reason). "
        + "Take another --format (onnx holds every shape)."
    case .cannotPad(let reason):
      "no padding with zeros makes a shape that the stock class holds: \(reason). "
        + "Export it with --format onnx."
    case .ownFolder(let folder):
      "\(folder) is the model's own folder: an export would replace what it reads. "
        + "Give another folder with --out."
    case .otherWeights(let folder, let files):
      "\(folder) holds weights that this export would not replace: \(files.joined(separator: ", ")). "
        + "Give an empty folder with --out, or remove them."
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
  /// What a reader of the files must know, in sentences.
  package var notes: [String] = []
}

/// Writes a model in a format into a folder, with its tokenizer.
///
/// - Throws: `ExportError` where the format cannot hold the model, or where the folder is the model's own or
///   holds other weights, `StorageError` where a file cannot be written.
package func export(_ model: LoadedModel, as format: ExportFormat, to folder: String) throws
  -> ExportResult
{
  try export(
    model.parameters, as: format, to: folder, checkpoint: model.format,
    configuration: model.configuration, source: model.folder)
}

/// As above; `checkpoint` and `configuration` are those that a Hugging Face folder is to resemble, and
/// `source` is the folder whose tokenizer the model uses.
package func export(
  _ parameters: Parameters, as format: ExportFormat, to folder: String,
  checkpoint: CheckpointFormat? = nil, configuration: JSONValue? = nil, source: String? = nil
) throws -> ExportResult {
  if let source, Checkpoint.isSameFolder(source, folder) { throw ExportError.ownFolder(folder) }
  let export = Export(
    parameters: parameters, folder: folder, checkpoint: checkpoint, configuration: configuration,
    source: source)
  switch format {
  case .huggingFace: return try export.checkpointFolder()
  case .onnx: return try export.graphs()
  case .gguf: return try export.gguf()
  }
}

/// One model on its way into one folder.
private struct Export {
  let parameters: Parameters
  let folder: String
  let checkpoint: CheckpointFormat?
  let configuration: JSONValue?
  let source: String?

  private func path(_ name: String) -> String {
    (folder as NSString).appendingPathComponent(name)
  }

  private func makeFolder() throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw StorageError.notWritable(path: folder, reason: "the folder cannot be made")
    }
  }

  /// Nothing of a user's is removed, and nothing is left beside which a loader could take instead.
  private func requireNoOtherWeights(_ files: [String]) throws {
    let others = Checkpoint.weights(in: folder).filter { !files.contains($0) }
    guard others.isEmpty else {
      throw ExportError.otherWeights(folder: folder, files: others)
    }
  }

  private func companions() throws -> [String] {
    try source.map { try Checkpoint.copyCompanions(from: $0, to: folder) } ?? []
  }

  func checkpointFolder() throws -> ExportResult {
    let fits = parameters.layout.shape.obstacle(to: .huggingFace) == nil
    let model = fits ? parameters : try padded(parameters)
    try requireNoOtherWeights(Checkpoint.weightFiles(of: checkpoint))
    try makeFolder()
    let files = try Checkpoint.save(
      model, to: folder, format: checkpoint, configuration: configuration)
    return ExportResult(
      format: .huggingFace, files: files + (try companions()), padded: !fits)
  }

  func graphs() throws -> ExportResult {
    let layout = parameters.layout
    let graphs = (layout.vision == nil ? [] : ["image_encoder", "token_embedding"]) + ["decoder"]
    try requireNoOtherWeights(graphs.flatMap { [$0 + ".onnx", $0 + ".onnx.data"] })
    try makeFolder()
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
    return ExportResult(format: .onnx, files: files + (try companions()), padded: false)
  }

  func gguf() throws -> ExportResult {
    if let reason = parameters.layout.shape.obstacle(to: .gguf) {
      throw ExportError.notRepresentable(.gguf, reason: reason)
    }
    let vocabulary = try source.flatMap {
      try GGUFVocabulary(
        folder: $0, size: parameters.layout.languageModel.shape.vocabularySize)
    }
    let name = "model.gguf"
    try requireNoOtherWeights([name])
    try makeFolder()
    try GGUFModel.write(
      parameters, vocabulary: vocabulary, name: source.map { ($0 as NSString).lastPathComponent },
      to: path(name))
    var result = ExportResult(format: .gguf, files: [name], padded: false)
    if vocabulary == nil {
      result.notes.append(
        "\(name) has no vocabulary, because no tokenizer lies beside the model: "
          + "it takes token ids, not text")
    }
    return result
  }
}
