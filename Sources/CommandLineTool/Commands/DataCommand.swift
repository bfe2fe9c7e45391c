import Artifacts
import Datasets
import Storage

/// The embedded data as files, to look at and to copy the layout of.
struct DataCommand: Command {
  static let out = Option(
    "--out", .text("DIR", "a folder"), default: "reports/demo/data", help: "Folder to write to.")

  let name = "data"
  let summary = "Write the embedded data: images, questions and answers."
  let discussion = """
    Writes train.jsonl, validation.jsonl and test.jsonl beside their images, the layout that
    --data reads, and overview.png with the first test images.
    """
  var options: [any ArgumentDeclaration] { [Self.out, CommonOptions.json] }

  /// Images of the overview.
  private static let overviewCount = 40

  func run(_ context: CommandContext) throws {
    let folder = context.arguments[Self.out]
    try createFolder(folder, called: "data folder", option: Self.out.name)
    let dataset = EmbeddedData.dataset()
    try writeDataset(dataset, to: folder)
    if let overview = contactSheet(Array(dataset.test.prefix(Self.overviewCount))) {
      try AtomicFile.write(overview, to: "\(folder)/overview.png")
    }
    let reference = dataset.reference
    try context.present(
      json: reference,
      text: """
        \(folder): \(reference.trainEntries) train, \(reference.validationEntries) validation, \
        \(reference.testEntries) test entries
        tasks: \(reference.tasks.joined(separator: ", "))
        """)
  }
}
