import Artifacts
import Datasets
import Training
import Transformers

/// The original, asked the validation questions before anything else is measured.
struct OriginalAnswers {
  let split: PreparedSplit
  let evaluation: Evaluation
  /// A question about each of the first images, as it was sent.
  let first: [AnsweredQuestion]
  /// Share of the questions that the most frequent answer gets right.
  let chance: Accuracy

  private static let shown = 3

  /// Why the answers show nothing that a compression could lose; nil where they do.
  var obstacle: String? {
    obstacleOfOriginal(evaluation.record, chance: chance, isFinite: evaluation.isFinite)
  }

  init(_ split: PreparedSplit, _ evaluation: Evaluation) {
    self.split = split
    self.evaluation = evaluation
    let tokenizer = split.processor.tokenizer
    // One image may be a hard one, and its questions are of several kinds.
    let pairs = zip(split.questions, evaluation.answers).filter { !$0.0.isEmpty }
    first = (0..<min(Self.shown, split.entryCount)).map { index in
      let (questions, answers) = pairs[index % pairs.count]
      let place = index % questions.count
      return AnsweredQuestion(
        prompt: tokenizer.decode(questions[place].prompt, namingSpecials: true),
        expected: questions[place].answerText, answer: answers[place])
    }
    chance = split.chance
  }
}

extension ProfileSession {
  /// Says at once what the original answers, and where it answers nothing, what it was sent.
  func ask() -> OriginalAnswers {
    report("the original's answers", 0, 1, 0)
    let split = split("validation", data.validation)
    let asked = OriginalAnswers(
      split, judge(InferenceModel(model.parameters), on: split, threads: workload.threads))
    var message: String?
    if let obstacle = asked.obstacle {
      let answers = asked.first.map {
        "\($0.prompt.debugDescription) → \($0.answer.debugDescription), expected "
          + $0.expected.debugDescription
      }
      message =
        "warning: the original cannot answer this data: \(obstacle). It was sent, and answered: "
        + answers.joined(separator: "; ")
    }
    report(
      "the original's answers", 1, 1, 0.02, accuracy: asked.evaluation.record.overall.value,
      message: message)
    return asked
  }
}
