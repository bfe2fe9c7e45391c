import Artifacts
import Datasets
import Training
import Transformers

/// The original, asked the validation questions before anything else is measured.
struct OriginalAnswers {
  let split: PreparedSplit
  let evaluation: Evaluation
  /// The first questions as they were sent.
  let first: [AnsweredQuestion]
  /// Share of the questions that the most frequent answer gets right.
  let chance: Accuracy

  /// Why the answers show nothing that a compression could lose; nil where they do.
  var obstacle: String? {
    obstacleOfOriginal(evaluation.record, chance: chance, isFinite: evaluation.isFinite)
  }

  init(_ split: PreparedSplit, _ evaluation: Evaluation) {
    self.split = split
    self.evaluation = evaluation
    let questions = split.questions.joined()
    let tokenizer = split.processor.tokenizer
    first = zip(questions, evaluation.answers.joined()).prefix(3).map { question, answer in
      AnsweredQuestion(
        prompt: tokenizer.decode(question.prompt, namingSpecials: true),
        expected: question.answerText, answer: answer)
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
