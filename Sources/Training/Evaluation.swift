package import Artifacts
import Datasets
import Dispatch
package import Transformers

/// A model's answers to a split, judged.
package struct Evaluation: Sendable {
  package var record: AccuracyRecord
  /// Generated texts without blanks at their ends, [creative][question].
  package var answers: [[String]]
  /// Wall time of generating the answers.
  package var answerTime: Seconds
  /// False where the loss of the right answers is infinite or no number: the model itself is broken.
  package var isFinite: Bool
}

/// Exact match of greedily generated text on a prepared split, per task.
///
/// Blanks at the ends of an answer do not count. A few more tokens are generated than the split's longest
/// answer has, where the model has positions for them, and cut at the end-of-text token: an answer that
/// goes on is not right for having been cut.
package func evaluate(
  _ model: InferenceModel, on split: PreparedSplit, threads: Int,
  creatives limit: Int? = nil
) -> AccuracyRecord {
  let answers = answerTexts(model, on: split, threads: threads, creatives: limit)
  return accuracyRecord(of: outcomes(answers, on: split), on: split)
}

/// Exact match as `evaluate` finds it, with the loss of the right answers and, where the original's
/// evaluation on the same split is given, the agreement with its answers.
package func judge(
  _ model: InferenceModel, on split: PreparedSplit, threads: Int, original: Evaluation? = nil
) -> Evaluation {
  let start = DispatchTime.now().uptimeNanoseconds
  let answers = answerTexts(model, on: split, threads: threads)
  let time = Seconds(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
  var record = accuracyRecord(of: outcomes(answers, on: split), on: split)
  let loss = answerLoss(model, on: split, threads: threads)
  record.answerLoss = loss.isFinite ? NatsPerToken(loss) : nil
  if let original {
    let pairs = zip(answers.joined(), original.answers.joined())
    record.agreement = Accuracy(
      Double(pairs.count { $0 == $1 }) / Double(max(1, split.entryCount)))
  }
  return Evaluation(
    record: record, answers: answers, answerTime: time, isFinite: loss.isFinite)
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
  outcomes(answerTexts(model, on: split, threads: threads, creatives: limit), on: split)
}

private func outcomes(_ answers: [[String]], on split: PreparedSplit) -> [[Bool]] {
  zip(split.questions, answers).map { questions, answers in
    zip(questions, answers).map { $0.answerText.trimmed == $1 }
  }
}

/// Tokens beyond the longest answer: enough to see that an answer goes on.
private let slack = 2

/// Greedy answers without blanks at their ends, [creative][question].
private func answerTexts(
  _ model: InferenceModel, on split: PreparedSplit, threads: Int, creatives limit: Int? = nil
) -> [[String]] {
  let count = min(limit ?? split.creativeCount, split.creativeCount)
  let layout = model.parameters.layout
  let room =
    layout.languageModel.shape.maximumPositions - (layout.queryFormer?.shape.queryCount ?? 0)
    - split.longestPrompt + 1
  let longest = split.longestAnswer
  let answers = generatedAnswers(
    model, on: split, newTokens: max(longest, min(longest + slack, room)), threads: threads,
    creatives: count)
  return answers.map { $0.texts(split.processor.tokenizer).map(\.trimmed) }
}

/// Mean cross-entropy of the right answers' tokens in nats, whatever the number of threads.
private func answerLoss(_ model: InferenceModel, on split: PreparedSplit, threads: Int) -> Double {
  let vocabulary = model.parameters.layout.languageModel.shape.vocabularySize
  let sums = parallel(workers: threads) { worker -> [Double] in
    let arena = Arena()
    var sums: [Double] = []
    for index in share(of: split.creativeCount, worker: worker, of: threads) {
      arena.reset()
      sums.append(
        summedLoss(model, split.share([index]), vocabulary: vocabulary, arena: arena))
    }
    return sums
  }
  let tokens = split.questions.joined().reduce(0) { $0 + $1.answer.count }
  return sums.joined().reduce(0, +) / Double(max(1, tokens))
}

extension String {
  /// Without blanks and line breaks at both ends.
  package var trimmed: String {
    let start = drop { $0.isWhitespace }
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}
