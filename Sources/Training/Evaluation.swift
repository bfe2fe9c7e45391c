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
  let outcomes = answerOutcomes(
    model, on: split, threads: threads, creatives: limit)
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
  let parameters = model.parameters
  let hidden = parameters.layout.languageModel.shape.hiddenSize
  let queryShape = parameters.layout.queryFormer?.shape
  let imageRows = queryShape?.queryCount ?? 0
  let end = split.tokenizer.specials.endOfText
  let parts = parallel(workers: threads) { worker -> [[Bool]] in
    let arena = Arena()
    var result: [[Bool]] = []
    var range = share(of: count, worker: worker, of: threads)
    while !range.isEmpty {
      let chunk = range.prefix(16)
      arena.reset()
      let items = split.share(Array(chunk))
      let features = arena.floats(max(1, chunk.count * imageRows * hidden))
      let queries = arena.floats(max(1, chunk.count * split.queryStride))
      for (i, source) in items.queries.enumerated() {
        (queries + i * split.queryStride).update(from: source.value, count: split.queryStride)
      }
      projectQueries(
        queries, rows: chunk.count * imageRows, parameters: parameters, into: features)
      let groups = items.questions.map {
        GenerationGroup(imageRows: imageRows, prompts: $0.map(\.prompt))
      }
      let tokens = GreedyGenerator(model, arena: arena).generate(
        groups, features: features, newTokens: split.longestAnswer)
      var next = 0
      for questions in items.questions {
        result.append(
          questions.map { question in
            defer { next += 1 }
            let text = tokens[next].prefix { $0 != end }
            return split.tokenizer.decode(Array(text)) == question.answerText
          })
      }
      range = chunk.upperBound..<range.upperBound
    }
    return result
  }
  return parts.flatMap { $0 }
}
