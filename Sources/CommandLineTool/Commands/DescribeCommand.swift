import Artifacts
import EmbeddedModel
import Foundation
import Storage
import Transformers

/// What a checkpoint is, without its weights.
struct DescribeCommand: Command {
  let name = "describe"
  let summary = "Tell what a checkpoint holds, without reading its weights."
  let discussion = """
    Opens a Hugging Face folder, or a single safetensors file, and checks names, shapes and numeric
    types as a run would, in a moment whatever the size. Exits with 1 and names the tensor or field
    where a file is malformed or does not fit config.json.
    """
  var options: [any ArgumentDeclaration] { [CommonOptions.model, CommonOptions.json] }

  func run(_ context: CommandContext) throws {
    let given = context.arguments[CommonOptions.model] ?? RunInputs.embeddedName
    if given.hasSuffix(".safetensors") {
      let file = try SafetensorsFile(path: given)
      let found = FileDescription(
        file: CheckpointDescription.File(file), types: CheckpointDescription.types(of: [file]))
      return try context.present(
        json: found, text: [found.types.text, found.file.text].joined(separator: "\n"))
    }
    let found = try Checkpoint.describe(
      folder: given == RunInputs.embeddedName ? EmbeddedModel.folder : given)
    try context.present(json: found, text: found.text)
  }

  private struct FileDescription: Encodable {
    let file: CheckpointDescription.File
    let types: [String: Int]
  }
}

extension [String: Int] {
  fileprivate var text: String {
    let counts = sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    return "tensors: " + (counts.isEmpty ? "none" : counts.joined(separator: ", "))
  }
}

extension CheckpointDescription.File {
  fileprivate var text: String {
    String(format: "%@: %d tensors, %.3f GiB", name, tensors, Double(bytes) / 1_073_741_824)
  }
}

extension CheckpointDescription {
  fileprivate var text: String {
    let language = shape.languageModel
    var lines = [
      "\(family)\(shape.vision == nil ? "" : " in blip-2"), \(parameterCount) parameters",
      "language model: \(language.blocks.count) blocks × \(language.hiddenSize), "
        + "\(language.vocabularySize) tokens, \(language.maximumPositions) positions, "
        + (language.tiedHead ? "tied head" : "head of its own"),
    ]
    if let block = language.blocks.first {
      let others = language.blocks.contains { $0 != block } ? " in the first block" : ""
      lines.append(
        "  \(block.attention.queryHeads) heads of \(block.attention.headSize), "
          + "\(block.attention.keyValueHeads) for keys and values, "
          + "feed-forward \(block.feedForward.width)\(others)")
    }
    if repeatsHead {
      lines.append(
        "  a head lies on disk too: compared with the embedding when the model is loaded")
    }
    return (lines + [types.text] + files.map(\.text)).joined(separator: "\n")
  }
}
