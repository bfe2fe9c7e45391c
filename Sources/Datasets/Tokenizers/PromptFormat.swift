/// How a question and an answer become tokens of the language model.
package struct PromptFormat: Sendable, Equatable {
  package var beforeQuestion: String
  package var afterQuestion: String
  package var beforeAnswer: String
  /// Whether a prompt starts with the begin-of-text token, behind the image.
  package var startsWithBeginOfText: Bool

  package init(
    beforeQuestion: String, afterQuestion: String, beforeAnswer: String,
    startsWithBeginOfText: Bool
  ) {
    self.beforeQuestion = beforeQuestion
    self.afterQuestion = afterQuestion
    self.beforeAnswer = beforeAnswer
    self.startsWithBeginOfText = startsWithBeginOfText
  }

  /// "What color is the background? Answer:" and a bare answer, one token for every letter.
  package static let embedded = PromptFormat(
    beforeQuestion: "", afterQuestion: " Answer:", beforeAnswer: "", startsWithBeginOfText: false)

  /// BLIP-2's format for visual questions. Source: Li et al., "BLIP-2", 2023, appendix.
  package static let blip2 = PromptFormat(
    beforeQuestion: "Question: ", afterQuestion: " Answer:", beforeAnswer: " ",
    startsWithBeginOfText: true)
}

extension BytePairTokenizer {
  package func encodePrompt(_ question: String, format: PromptFormat = .embedded) -> [Int32] {
    (format.startsWithBeginOfText ? [specials.beginOfText] : [])
      + encode(format.beforeQuestion + question + format.afterQuestion)
  }

  /// Tokens of an answer and the end of text.
  package func encodeAnswer(_ answer: String, format: PromptFormat = .embedded) -> [Int32] {
    encode(format.beforeAnswer + answer) + [specials.endOfText]
  }
}
