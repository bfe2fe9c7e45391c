import Foundation
import Storage

/// Writes a data set as `loadDataset` reads it: three JSONL files, and PNG files under `images/`.
///
/// Files appear whole or not at all, the JSONL files last. Attributes are not written.
/// - Throws: `StorageError` if a file cannot be written, Foundation's error if a folder cannot be made.
package func writeDataset(_ dataset: Dataset, to folder: String) throws {
  let splits = zip(DatasetFolder.splits, [dataset.train, dataset.validation, dataset.test])
  var documents: [(path: String, lines: Data)] = []
  for (split, creatives) in splits {
    let images = "images/\(split)"
    try FileManager.default.createDirectory(
      atPath: "\(folder)/\(images)", withIntermediateDirectories: true)
    var lines = Data()
    for (number, creative) in creatives.enumerated() {
      let digits = String(number)
      let padding = String(repeating: "0", count: max(0, 5 - digits.count))
      let image = "\(images)/\(padding)\(digits).png"
      try AtomicFile.write(pngData(of: creative.image), to: "\(folder)/\(image)")
      for question in creative.questions {
        let entry = JSONValue.object([
          DatasetFolder.Field.image: .string(image),
          DatasetFolder.Field.question: .string(question.text),
          DatasetFolder.Field.answer: .string(question.answer),
          DatasetFolder.Field.task: .string(dataset.tasks[question.task]),
        ])
        lines.append(try entry.serialized())
        lines.append(UInt8(ascii: "\n"))
      }
    }
    documents.append((DatasetFolder.entries(ofSplit: split, in: folder), lines))
  }
  for document in documents { try AtomicFile.write(document.lines, to: document.path) }
}
