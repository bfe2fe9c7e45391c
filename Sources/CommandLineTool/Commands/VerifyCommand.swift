import Artifacts
import EmbeddedModel
import Training
import Transformers

/// This engine against another: the same inputs, the same logits.
struct VerifyCommand: Command {
  static let golden = Option(
    "--golden", .text("FILE", "a safetensors file"), help: "Inputs and logits of another engine.")
  static let tolerance = Option(
    "--tolerance", .positive("logits"), default: 1e-3, help: "Largest difference that passes.")

  let name = "verify"
  let summary = "Compare this engine's logits with a golden file of another engine."
  let discussion = """
    The golden file holds input_ids, logits and, for a model with an image encoder, pixel_values;
    Benchmarks/interop/make_golden.py writes one with stock transformers. Exits with 1 beyond the
    tolerance.
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
    let result = try compare(
      try Checkpoint.load(folder: folder, name: name), withGolden: golden,
      tolerance: context.arguments[Self.tolerance])
    let lines = result.items.map {
      "\($0.name): largest difference \($0.maximumDifference), tolerance \($0.tolerance): "
        + ($0.passes ? "ok" : "FAILED")
    }
    try context.present(json: result, text: lines.joined(separator: "\n"))
    if !result.passes {
      throw CommandFailure("\(golden): the logits differ by more than the tolerance")
    }
  }
}
