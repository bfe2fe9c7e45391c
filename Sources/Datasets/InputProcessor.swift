package import Artifacts

/// What turns a user's questions, answers and images into a model's input: tokenizer, prompt, image
/// preprocessing.
package struct InputProcessor: Sendable {
  package var tokenizer: BytePairTokenizer
  package var prompt: PromptFormat
  package var images: ImagePreprocessing

  package init(
    _ tokenizer: BytePairTokenizer, prompt: PromptFormat = .plain,
    images: ImagePreprocessing = .standard
  ) {
    self.tokenizer = tokenizer
    self.prompt = prompt
    self.images = images
  }

  package func encodePrompt(_ question: String) -> [Int32] {
    tokenizer.encodePrompt(question, format: prompt)
  }

  /// Tokens of an answer and the end of text.
  package func encodeAnswer(_ answer: String) -> [Int32] {
    tokenizer.encodeAnswer(answer, format: prompt)
  }
}

extension EmbeddedData {
  package static let processor = InputProcessor(tokenizer)
}
