import Foundation
import Storage

/// SHA-256 over tasks, splits, images, questions and answers.
///
/// Every text is preceded by its length and every list by its count, as eight little-endian bytes, so
/// that no two data sets serialise alike.
func datasetDigest(tasks: [String], splits: [[Creative]]) -> String {
  var hash = SHA256()
  func add(_ number: Int) {
    withUnsafeBytes(of: UInt64(number).littleEndian) { hash.update($0) }
  }
  func add(_ text: String) {
    add(text.utf8.count)
    Array(text.utf8).withUnsafeBytes { hash.update($0) }
  }
  add(tasks.count)
  for task in tasks { add(task) }
  for split in splits {
    add(split.count)
    for creative in split {
      add(creative.image.width)
      add(creative.image.height)
      creative.image.pixels.withUnsafeBytes { hash.update($0) }
      add(creative.questions.count)
      for question in creative.questions {
        add(question.task)
        add(question.text)
        add(question.answer)
      }
      add(creative.attributes.count)
      for attribute in creative.attributes { add(attribute) }
    }
  }
  return hash.finish()
}
