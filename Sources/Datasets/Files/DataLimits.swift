/// How much of a user's data is accepted, so that no file exhausts memory.
package struct DataLimits: Sendable {
  /// Pixels of one image, checked before it is decoded; a photo of 100 megapixels.
  package var imagePixels = 100_000_000
  /// Pixels of all images together, three bytes each.
  package var totalPixels = 1 << 30
  /// Bytes of one image file.
  package var imageBytes = 1 << 28
  /// Bytes of one JSONL file.
  package var splitBytes = 1 << 28
  /// UTF-8 bytes of a question or of a task's name.
  package var questionBytes = 512
  /// UTF-8 bytes of an answer; each can be a token to generate.
  package var answerBytes = 64

  package init() {}
}
