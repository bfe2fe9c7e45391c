/// A question as it was sent to the original, and what came back.
package struct AnsweredQuestion: Codable, Hashable, Sendable {
  /// Special tokens by their names.
  package var prompt: String
  package var expected: String
  package var answer: String

  package init(prompt: String, expected: String, answer: String) {
    self.prompt = prompt
    self.expected = expected
    self.answer = answer
  }
}

/// Why a model's answers show nothing that a compression could lose; nil where they do.
///
/// A model that answers nothing right cannot become worse, so every step would be committed and every
/// target met.
/// - Parameters:
///   - chance: Share that is right when the most frequent answer is always given; nil where unknown.
///   - isFinite: False where the model's loss is infinite or no number.
package func obstacleOfOriginal(
  _ record: AccuracyRecord, chance: Accuracy?, isFinite: Bool = true
) -> String? {
  let share = "\(record.correct) of \(record.total) \(record.split) questions"
  if record.total == 0 { return "there are no \(record.split) questions" }
  if !isFinite { return "its loss on the \(record.split) answers is not a finite number" }
  if record.correct == 0 {
    return "it answers none of the \(record.total) \(record.split) questions"
  }
  if let chance, record.overall < chance {
    return
      "it answers \(share), fewer than the \((chance.value * 100).rounded()) % of one constant "
      + "answer to all of them"
  }
  return nil
}

extension AccuracyRecord {
  /// Why no loss of accuracy could break a floor so far below the original; nil where one could.
  package func obstacleOfFloor(maximumDrop drop: Accuracy) -> String? {
    overall > drop
      ? nil
      : "it answers \(correct) of \(total) \(split) questions, a share not above the drop of "
        + "\(drop.value) that is allowed, so that no loss could break the accuracy floor"
  }
}
