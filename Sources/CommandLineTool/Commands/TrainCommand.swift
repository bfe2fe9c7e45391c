import Artifacts
import Datasets
import Foundation
import Metering
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
    [Self.out, Self.workers, Self.minutes, Self.images, Self.creatives, CommonOptions.json]
  }

  func run(_ context: CommandContext) throws {
    let arguments = context.arguments
    var recipe = TeacherRecipe()
    recipe.workers =
      arguments[Self.workers].map { Int($0) } ?? ProcessInfo.processInfo.activeProcessorCount
    if let images = arguments[Self.images] { recipe.visionImages = Int(images) }
    if let creatives = arguments[Self.creatives] { recipe.languageCreatives = Int(creatives) }
    let training = TeacherTraining(
      recipe: recipe, folder: arguments[Self.out], machine: .current(), newTokens: 7,
      limit: arguments[Self.minutes].map { Seconds($0 * 60) }, progress: context.console.progress)
    guard let record = try training.run() else {
      context.console.note(
        "stopped after the time given; run the same command again to go on")
      return
    }
    try context.present(
      json: record,
      text: """
        teacher: \(arguments[Self.out])
        accuracy: \(record.validation.overall.value) validation, \(record.test.overall.value) test
        """)
  }
}
