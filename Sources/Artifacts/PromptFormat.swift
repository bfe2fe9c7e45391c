/// How a question becomes the text that a language model continues, and what stands before the answer.
///
/// Special tokens, such as a begin of text, are the tokenizer's: its own template is put around the text.
package struct PromptFormat: Codable, Hashable, Sendable {
  /// "plain", "blip2", or "custom" for a template of the user's.
  package var name: String
  package var beforeQuestion: String
  package var afterQuestion: String
  /// Blanks that belong to the answer's tokens, not to the prompt's.
  package var beforeAnswer: String

  package init(name: String, beforeQuestion: String, afterQuestion: String, beforeAnswer: String) {
    self.name = name
    self.beforeQuestion = beforeQuestion
    self.afterQuestion = afterQuestion
    self.beforeAnswer = beforeAnswer
  }

  /// "Which colour is the sky? Answer:" and a bare answer.
  package static let plain = PromptFormat(
    name: "plain", beforeQuestion: "", afterQuestion: " Answer:", beforeAnswer: "")

  /// "Question: Which colour is the sky? Answer:" and " blue": visual questions as BLIP-2 was asked them.
  /// Source: Li et al., "BLIP-2", arXiv 2301.12597, appendix.
  package static let blip2 = PromptFormat(
    name: "blip2", beforeQuestion: "Question: ", afterQuestion: " Answer:", beforeAnswer: " ")

  /// The formats that have a name; a new one is a line here.
  package static let named = [plain, blip2]

  package static let custom = "custom"
  private static let question = "{question}"
  private static let answer = "{answer}"

  /// The format as one text with both places in it: "Question: {question} Answer: {answer}".
  package var template: String {
    beforeQuestion + Self.question + afterQuestion + beforeAnswer + Self.answer
  }

  /// The text that is sent for a question, without the tokenizer's own template.
  package func text(of question: String) -> String { beforeQuestion + question + afterQuestion }

  /// Reads a template: any text with `{question}` once and, where the answer's first blank is to count,
  /// `{answer}` at its end. Nil where it is none.
  package init?(template: String) {
    let parts = template.components(of: Self.question)
    guard parts.count == 2, !parts[0].contains(Self.answer) else { return nil }
    var rest = parts[1][...]
    if let place = rest.firstRange(of: Self.answer) {
      guard place.upperBound == rest.endIndex else { return nil }
      rest = rest[..<place.lowerBound]
    }
    let end = rest.lastIndex { !$0.isWhitespace }.map(rest.index(after:)) ?? rest.startIndex
    self.init(
      name: Self.custom, beforeQuestion: parts[0], afterQuestion: String(rest[..<end]),
      beforeAnswer: String(rest[end...]))
    if let known = Self.named.first(where: { $0.template == self.template }) { self = known }
  }
}

extension String {
  /// The pieces between the places of a separator.
  fileprivate func components(of separator: String) -> [String] {
    var pieces: [String] = []
    var rest = self[...]
    while let place = rest.firstRange(of: separator) {
      pieces.append(String(rest[..<place.lowerBound]))
      rest = rest[place.upperBound...]
    }
    return pieces + [String(rest)]
  }
}
