import Artifacts
import Datasets
import EmbeddedModel
import Foundation
import Interchange
import Reporting
import Storage
import Transformers

/// This engine against another: the same inputs, the same numbers.
struct VerifyCommand: Command {
  static let golden = Option(
    "--golden", .text("FILE", "a safetensors or JSON file"),
    help: "Inputs of another engine or tokenizer, and what it made of them.")
  static let tolerance = Option(
    "--tolerance", .positive("share"), default: 1e-4,
    help:
      "Largest difference of logits and hidden states that passes, relative to the largest golden "
      + "number of the tensor where that is above 1.")

  let name = "verify"
  let summary = "Compare this engine with a golden file of another engine."
  let discussion = """
    The golden file is a safetensors file that holds input_ids and any of: attention_mask, labels,
    pixel_values, logits, loss, hidden states, grad.*, padded.*, greedy.ids, kd.* and adamw.*.
    Benchmarks/interop/make_golden.py writes one with stock transformers. Each largest difference
    is printed against what it may be: --tolerance times the largest golden number of the tensor, or
    times 1 where that is smaller. Gradients are judged by their own size: --tolerance times the
    tensor's largest, or a hundredth of the largest of all gradients, and 1e-3 of the element.

    A golden file that ends in .json is for the tokenizer alone: a list of {"text", "ids", "decoded"},
    all of which must be equal. The folder then needs tokenizer.json, or vocab.json and merges.txt.
    Exits with 1 beyond a tolerance.
    """
  var options: [any ArgumentDeclaration] {
    [CommonOptions.model, Self.golden, Self.tolerance, CommonOptions.json]
  }

  func run(_ context: CommandContext) throws {
    guard let golden = context.arguments[Self.golden] else {
      throw UsageError("--golden FILE is needed; see `planner verify --help`")
    }
    let name = context.arguments[CommonOptions.model] ?? RunInputs.embeddedName
    let folder = name == RunInputs.embeddedName ? EmbeddedModel.folder : name
    if golden.lowercased().hasSuffix(".json") {
      return try verifyTokenizer(folder: folder, golden: golden, context)
    }
    let result = try compare(
      try Checkpoint.load(folder: folder, name: name), withGolden: golden,
      tolerance: context.arguments[Self.tolerance])
    try context.present(json: Result(result), text: Self.text(result))
    let failed = result.items.filter { !$0.passes }
    if !result.passes {
      throw CommandFailure(
        "\(golden): \(failed.count) of \(result.items.count) comparisons exceed their tolerance")
    }
  }

  private func verifyTokenizer(folder: String, golden: String, _ context: CommandContext) throws {
    guard FileManager.default.fileExists(atPath: folder) else {
      throw StorageError.missing(path: folder)
    }
    let tokenizer = try BytePairTokenizer(folder: folder, specials: .unknown)
    let result = try tokenizer.compare(withGolden: JSONDocument(file: golden))
    try context.present(
      json: TokenizerResult(tokenizer: folder, passes: result.passes, comparison: result),
      text: result.text)
    if !result.passes {
      throw CommandFailure(
        "\(golden): \(result.entries - result.agreeing) of \(result.entries) entries differ")
    }
  }

  private struct TokenizerResult: Encodable {
    let tokenizer: String
    let passes: Bool
    let comparison: TokenizerComparison
  }

  /// The comparison with its verdicts spelled out.
  private struct Result: Encodable {
    struct Item: Encodable {
      let name: String
      let difference: Double
      let tolerance: Double
      let passes: Bool
    }
    let model: ContentReference
    let passes: Bool
    let items: [Item]
    let notCompared: [String]

    init(_ comparison: GoldenComparison) {
      model = comparison.model
      passes = comparison.passes
      items = comparison.items.map {
        Item(
          name: $0.name, difference: $0.difference, tolerance: $0.tolerance, passes: $0.passes)
      }
      notCompared = comparison.notCompared
    }
  }

  private static func text(_ comparison: GoldenComparison) -> String {
    func number(_ value: Double) -> String { String(format: "%.2e", value) }
    var lines = comparison.items.map {
      "\($0.passes ? "ok    " : "FAILED") \(number($0.difference)) of \(number($0.tolerance))  "
        + $0.name.visible()
    }
    if !comparison.notCompared.isEmpty {
      lines.append("not compared: " + comparison.notCompared.joined(separator: ", ").visible())
    }
    lines.append(
      comparison.passes
        ? "all \(comparison.items.count) comparisons within tolerance"
        : "\(comparison.items.count { !$0.passes }) of \(comparison.items.count) comparisons FAILED"
    )
    return lines.joined(separator: "\n")
  }
}

extension TokenizerComparison {
  fileprivate var text: String {
    var lines: [String] = []
    if let difference = firstDifference {
      lines += [
        "entry \(difference.entry) differs: \(difference.text.debugDescription)",
        "  ids      \(difference.ids)", "  expected \(difference.expectedIds)",
        "  decoded  \(difference.decoded.debugDescription)",
        "  expected \(difference.expectedDecoded.debugDescription)",
      ]
    }
    lines.append("\(agreeing) of \(entries) entries have the same ids and decoded text")
    return lines.joined(separator: "\n")
  }
}
