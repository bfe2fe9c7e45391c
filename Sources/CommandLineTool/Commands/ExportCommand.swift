import Artifacts
import EmbeddedModel
import Foundation
import Interchange
import Transformers

/// A model in a format that other software opens.
struct ExportCommand: Command {
  static let format = Option(
    "--format", .choice("NAME", of: ExportFormat.allCases.map(\.rawValue)),
    default: ExportFormat.huggingFace.rawValue,
    help: "What to write: \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  static let out = Option("--out", .text("DIR", "a folder"), help: "Folder to write into.")

  let name = "export"
  let summary = "Write a model as a Hugging Face checkpoint, as ONNX or as GGUF."
  let discussion = """
    Reads the compressed model of the run folder, or the checkpoint that --model names. hf writes
    what transformers' stock class opens, filled up with zeros where the class cannot hold the shape
    (right numbers, no speed-up). onnx holds every shape: a decoder with a key/value cache and, for
    BLIP-2, the image encoder and the token embedding. gguf is read by llama.cpp and holds language
    models of the Llama, Mistral and Qwen families, with their vocabulary and merges.

    Tokenizer and image-processor files go along into hf and onnx. A folder that holds weights which
    the export would not replace (safetensors, pytorch_model, onnx, gguf) is refused, and so is the
    model's own.
    """
  var options: [any ArgumentDeclaration] {
    [CommonOptions.model, Self.format, Self.out, CommonOptions.run, CommonOptions.json]
  }

  func run(_ context: CommandContext) throws {
    let given = context.arguments[CommonOptions.model]
    let folder =
      given == RunInputs.embeddedName ? EmbeddedModel.folder : given ?? context.runFolder.model
    guard let format = ExportFormat(rawValue: context.arguments[Self.format]) else {
      throw UsageError("--format \(context.arguments[Self.format]) is unknown")
    }
    let target =
      context.arguments[Self.out]
      ?? (context.runFolder.path as NSString).appendingPathComponent("export-\(format.rawValue)")
    let result = try export(try Checkpoint.load(folder: folder), as: format, to: target)
    var lines = result.files.map { "\(target)/\($0)" } + result.notes
    if result.padded { lines.append("filled up with zeros: right numbers, no speed-up") }
    try context.present(json: result, text: lines.joined(separator: "\n"))
  }
}
