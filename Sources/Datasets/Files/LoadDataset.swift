import Foundation
import Storage

/// A user's own data: `train.jsonl`, `validation.jsonl` and `test.jsonl` beside their images.
///
/// Every line is {"image": "relative/path.png", "question": "…", "answer": "…", "task": "…"}. Entries
/// with the same image form one creative, however its path is spelled; tasks are numbered as they first
/// occur. A byte order mark and lines that end as on Windows are accepted.
/// - Throws: `DataError` or `StorageError`, naming the file and the line.
package func loadDataset(folder: String, limits: DataLimits = DataLimits()) throws -> Dataset {
  var reader = DatasetReader(folder: folder, limits: limits)
  // All entries first: a bad line is reported before any image is decoded.
  var splits: [SplitEntries] = []
  for split in DatasetFolder.splits { splits.append(try reader.entries(ofSplit: split)) }
  try requireDisjoint(splits, in: folder)
  var contents = ImageContents()
  var creatives: [[Creative]] = []
  for entries in splits { creatives.append(try reader.creatives(of: entries, contents: &contents)) }
  return Dataset(
    name: folder, tasks: reader.tasks, train: creatives[0], validation: creatives[1],
    test: creatives[2])
}

private struct DatasetReader {
  let folder: String
  let limits: DataLimits
  private(set) var tasks: [String] = []
  private var taskNumbers: [String: Int] = [:]
  private var pixels = 0

  init(folder: String, limits: DataLimits) {
    self.folder = folder
    self.limits = limits
  }

  mutating func entries(ofSplit split: String) throws -> SplitEntries {
    let path = DatasetFolder.entries(ofSplit: split, in: folder)
    let file = try MappedFile(path: path)
    guard file.count <= limits.splitBytes else {
      throw DataError.tooLarge(path: path, what: "\(file.count) bytes", limit: limits.splitBytes)
    }
    let bytes = file.withUnsafeBytes { [UInt8]($0.dropFirst(byteOrderMarkLength(of: $0))) }
    var entries = SplitEntries(split: split)
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() where !line.allSatisfy(isBlank) {
      let place = "\(path):\(number + 1)"
      let (image, question) = try entry(JSONDocument(data: Data(line), path: place))
      entries.add(question, about: image, place: place)
    }
    guard !entries.images.isEmpty else { throw DataError.emptySplit(path: path) }
    return entries
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

  private mutating func entry(_ line: JSONDocument) throws -> (image: String, Question) {
    let image = try line.string(DatasetFolder.Field.image)
    if let reason = refusal(ofPath: image) {
      throw DataError.badEntry(
        place: line.path, field: DatasetFolder.Field.image, reason: reason)
    }
    let question = try text(line, DatasetFolder.Field.question, limit: limits.questionBytes)
    let answer = try text(line, DatasetFolder.Field.answer, limit: limits.answerBytes)
    let task = try text(line, DatasetFolder.Field.task, limit: limits.questionBytes)
    let number = taskNumbers[task] ?? tasks.count
    if number == tasks.count {
      taskNumbers[task] = number
      tasks.append(task)
    }
    return (image, Question(task: number, text: question, answer: answer))
  }

  /// A text that is there, not blank and within its limit.
  private func text(_ line: JSONDocument, _ field: String, limit: Int) throws -> String {
    let text = try line.string(field)
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw DataError.badEntry(place: line.path, field: field, reason: "blank")
    }
    guard text.utf8.count <= limit else {
      throw DataError.badEntry(
        place: line.path, field: field,
        reason: "\(text.utf8.count) bytes, more than the limit of \(limit)")
    }
    return text
  }

  /// Paths stay inside the folder by their spelling; a link that the user put there is followed.
  private func refusal(ofPath image: String) -> String? {
    if image.isEmpty { return "empty path" }
    if image.utf8.contains(0) { return "path with a zero byte" }
    if image.utf8.first == UInt8(ascii: "/") { return "absolute path '\(image)'" }
    let parts = image.utf8.split(separator: UInt8(ascii: "/"))
    return parts.contains { $0.elementsEqual("..".utf8) } ? "'\(image)' leaves the folder" : nil
  }

  mutating func creatives(
    of entries: SplitEntries, contents: inout ImageContents
  ) throws -> [Creative] {
    var result: [Creative] = []
    for (use, questions) in entries.images {
      let image = try loadImage(path: "\(folder)/\(use.image)", limits: limits)
      pixels += image.width * image.height
      guard pixels <= limits.totalPixels else {
        throw DataError.tooLarge(
          path: folder, what: "\(pixels) pixels in all images up to '\(use.image)'",
          limit: limits.totalPixels)
      }
      try contents.add(image, use: use)
      result.append(Creative(image: image, questions: questions))
    }
    return result
  }
}
