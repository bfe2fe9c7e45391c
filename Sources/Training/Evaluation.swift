package import Artifacts
import Datasets
package import Transformers

/// Exact match of greedily generated text on a prepared split, per task.
///
/// As many tokens are generated as the split's longest answer has, and cut at the end-of-text token.
package func evaluate(
  _ model: InferenceModel, on split: PreparedSplit, threads: Int,
  creatives limit: Int? = nil
) -> AccuracyRecord {
  accuracyRecord(
    of: answerOutcomes(model, on: split, threads: threads, creatives: limit), on: split)
}

/// Right answers per task, from `outcomes` [creative][question] on the first creatives of a split.
package func accuracyRecord(of outcomes: [[Bool]], on split: PreparedSplit) -> AccuracyRecord {
  var tasks = split.tasks.map { AccuracyRecord.Task(name: $0, correct: 0, total: 0) }
  for (questions, matches) in zip(split.questions, outcomes) {
    for (question, match) in zip(questions, matches) {
      tasks[question.task].total += 1
      tasks[question.task].correct += match ? 1 : 0
    }
  }
  return AccuracyRecord(split: split.name, tasks: tasks)
}

/// Whether each question was answered exactly, [creative][question]; for paired comparisons.
package func answerOutcomes(
  _ model: InferenceModel, on split: PreparedSplit, threads: Int,
  creatives limit: Int? = nil
) -> [[Bool]] {
  let count = min(limit ?? split.creativeCount, split.creativeCount)
  let answers = generatedAnswers(
    model, on: split, newTokens: split.longestAnswer, threads: threads, creatives: count)
  return zip(split.questions, answers).map { questions, answers in
    zip(questions, answers.texts(split.tokenizer)).map { $0.answerText == $1 }
  }
}
