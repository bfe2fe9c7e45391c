import Artifacts
import Foundation
import Storage
import Transformers

/// What a checkpoint is, without its weights.
struct DescribeCommand: Command {
  static let data = Option(
    "--data", .text("DIR", "a folder or \"embedded\""),
    help: "Data to check against the model; none where absent.")

  let name = "describe"
  let summary = "Tell what a checkpoint holds, without reading its weights."
  let discussion = """
    Opens a Hugging Face folder, or a single safetensors file, and checks names, shapes and numeric
    types as a run would, in a moment whatever the size; then tokenizer and prompt, the data where it is
    named, and the memory that a run needs. Exits with 1 and names file and field where a run would be
    refused.
    """
  var options: [any ArgumentDeclaration] { [CommonOptions.model, Self.data, CommonOptions.json] }

  func run(_ context: CommandContext) throws {
    let given = context.arguments[CommonOptions.model] ?? RunInputs.embeddedName
    if given.hasSuffix(".safetensors") {
      let file = try SafetensorsFile(path: given)
      let found = FileDescription(
        file: CheckpointDescription.File(file), types: CheckpointDescription.types(of: [file]))
      return try context.present(
        json: found, text: [found.types.text, found.file.text].joined(separator: "\n"))
    }
    let folder = RunInputs.folder(of: given)
    let found = try Checkpoint.describe(folder: folder)
    let readiness = ModelReadiness(
      folder: folder, found, data: context.arguments[Self.data])
    try context.present(
      json: ModelAndReadiness(model: found, readiness: readiness),
      text: found.text + "\n" + readiness.text)
    if let first = readiness.problems.first { throw CommandFailure(first) }
  }

  /// The description with one member more.
  private struct ModelAndReadiness: Encodable {
    let model: CheckpointDescription
    let readiness: ModelReadiness

    private enum Member: String, CodingKey { case readiness }

    func encode(to encoder: any Encoder) throws {
      try model.encode(to: encoder)
      var members = encoder.container(keyedBy: Member.self)
      try members.encode(readiness, forKey: .readiness)
    }
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
