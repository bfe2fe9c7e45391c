import Artifacts
import Datasets
import Foundation
import Metering
import Storage
import Training

/// The embedded teacher, made anew: two stages from a seeded stream, resumable.
struct TrainCommand: Command {
  static let out = Option(
    "--out", .text("DIR", "a folder"), default: "teacher",
    help: "Where the model goes; an interrupted training there is resumed.")
  static let workers = Option(
    "--workers", .positive("threads"), help: "Worker threads; all cores where absent.")
  static let minutes = Option(
    "--minutes", .positive("minutes"),
    help: "Stop after this long with the state saved; the same command goes on.")
  static let images = Option(
    "--images", .positive("images"), help: "Images of stage 1, the encoder.")
  static let creatives = Option(
    "--creatives", .positive("creatives"), help: "Creatives of stage 2, the language model.")

  let name = "train"
  let summary = "Train the embedded teacher from a seeded stream of advertisements."
  let discussion = """
    Stage 1 trains encoder and Q-Former under throw-away heads, stage 2 the language model. Same
    seed, recipe and worker count give the same weights, also when interrupted in between.
    """
  var options: [any ArgumentDeclaration] {
    [
      Self.out, Self.workers, Self.minutes, Self.images, Self.creatives, CommonOptions.precision,
      CommonOptions.json,
    ]
  }

  func run(_ context: CommandContext) throws {
    let arguments = context.arguments
    var recipe = TeacherRecipe()
    recipe.workers =
      arguments[Self.workers].map { Int($0) } ?? ProcessInfo.processInfo.activeProcessorCount
    if let images = arguments[Self.images] { recipe.visionImages = Int(images) }
    if let creatives = arguments[Self.creatives] { recipe.languageCreatives = Int(creatives) }
    recipe.precision = context.precision
    let training = TeacherTraining(
      recipe: recipe, folder: arguments[Self.out], machine: .current(),
      limit: arguments[Self.minutes].map { Seconds($0 * 60) }, progress: context.console.progress)
    guard let record = try training.run() else {
      context.console.note(
        "stopped after the time given; run the same command again to go on")
      return
    }
    try EmbeddedData.tokenizer.write(to: arguments[Self.out])
    try writePreprocessor(to: arguments[Self.out], size: recipe.imageSize)
    try context.present(
      json: record,
      text: """
        teacher: \(arguments[Self.out])
        accuracy: \(record.validation.overall.value) validation, \(record.test.overall.value) test
        """)
  }

  /// What Hugging Face's image processor must do to give the encoder the pixels it was trained on.
  private func writePreprocessor(to folder: String, size: Int) throws {
    let edge: JSONValue = .object(["height": .integer(size), "width": .integer(size)])
    let half: JSONValue = .array([.number(0.5), .number(0.5), .number(0.5)])
    let document: JSONValue = .object([
      "image_processor_type": .string("BlipImageProcessor"), "do_convert_rgb": .bool(true),
      "do_resize": .bool(true), "size": edge, "resample": .integer(2), "do_rescale": .bool(true),
      "rescale_factor": .number(1.0 / 255), "do_normalize": .bool(true), "image_mean": half,
      "image_std": half,
    ])
    let path = folder + "/preprocessor_config.json"
    try AtomicFile.write(try document.serialized(indented: true, path: path), to: path)
  }
}
