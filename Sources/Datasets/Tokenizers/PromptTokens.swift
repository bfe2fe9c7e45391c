package import Artifacts

extension BytePairTokenizer {
  /// Tokens of a question in a format, with those that the tokenizer's own template puts around a text.
  ///
  /// Special tokens are never read from the question itself.
  package func encodePrompt(_ question: String, format: PromptFormat = .plain) -> [Int32] {
    let inner = encode(format.text(of: question))
    return pipeline.template.flatMap { part in
      switch part {
      case .text: inner
      case .tokens(let tokens): tokens
      }
    }
  }

  /// Tokens of an answer and the end of text.
  package func encodeAnswer(_ answer: String, format: PromptFormat = .plain) -> [Int32] {
    let bare = format.beforeAnswer.isEmpty ? answer : String(answer.drop(while: \.isWhitespace))
    return encode(format.beforeAnswer + bare) + [specials.endOfText]
  }
}
