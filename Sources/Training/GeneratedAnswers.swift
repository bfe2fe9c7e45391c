import Artifacts
import Datasets
package import Kernels
package import Transformers

/// What a model answers to the questions about one creative.
package struct GeneratedAnswers: Sendable {
  /// Greedy tokens of every question, the end-of-text token included where it was generated.
  package var tokens: [[Int32]]
  /// The logits that these tokens were chosen from, [tokens of all questions, vocabulary]; nil where
  /// they were not asked for.
  package var logits: AlignedBuffer?

  /// The answers in letters.
  func texts(_ tokenizer: BytePairTokenizer) -> [String] {
    tokens.map { tokens in
      tokenizer.decode(Array(tokens.prefix { $0 != tokenizer.specials.endOfText }))
    }
  }
}

/// Greedy answers to the first `creatives` of a split, of at most `newTokens` tokens each.
package func generatedAnswers(
  _ model: InferenceModel, on split: PreparedSplit, newTokens: Int, threads: Int, creatives: Int,
  keepsLogits: Bool = false
) -> [GeneratedAnswers] {
  let parts = parallel(workers: threads) { worker -> [GeneratedAnswers] in
    let arena = Arena()
    var result: [GeneratedAnswers] = []
    var range = share(of: creatives, worker: worker, of: threads)
    while !range.isEmpty {
      let chunk = range.prefix(16)
      arena.reset()
      result += answers(
        model, split.share(Array(chunk)), end: split.processor.tokenizer.specials.endOfText,
        newTokens: newTokens, arena: arena, keepsLogits: keepsLogits)
      range = chunk.upperBound..<range.upperBound
    }
    return result
  }
  return parts.flatMap { $0 }
}

private func answers(
  _ model: InferenceModel, _ items: LanguageShare, end: Int32, newTokens: Int, arena: Arena,
  keepsLogits: Bool
) -> [GeneratedAnswers] {
  let parameters = model.parameters
  let layout = parameters.layout
  let imageRows = layout.queryFormer?.shape.queryCount ?? 0
  let rows = items.queries.count * imageRows
  let stride = imageRows * (layout.queryFormer?.shape.hiddenSize ?? 0)
  let features = arena.floats(max(1, rows * layout.languageModel.shape.hiddenSize))
  let queries = arena.floats(max(1, items.queries.count * stride))
  for (i, source) in items.queries.enumerated() {
    (queries + i * stride).update(from: source.value, count: stride)
  }
  projectQueries(queries, rows: rows, parameters: parameters, into: features)
  let groups = items.questions.map {
    GenerationGroup(imageRows: imageRows, prompts: $0.map(\.prompt))
  }
  let vocabulary = layout.languageModel.shape.vocabularySize
  let prompts = groups.reduce(0) { $0 + $1.prompts.count }
  /// [new token, prompt, vocabulary]
  let kept = keepsLogits ? arena.floats(newTokens * prompts * vocabulary) : nil
  let tokens = GreedyGenerator(model, arena: arena).generate(
    groups, features: features, newTokens: newTokens, endOfText: end,
    onLogits: { token, going, logits in
      guard let kept else { return }
      for (row, prompt) in going.enumerated() {
        (kept + (token * prompts + prompt) * vocabulary).update(
          from: logits + row * vocabulary, count: vocabulary)
      }
    })
  var next = 0
  return items.questions.map { questions in
    let range = next..<(next + questions.count)
    next = range.upperBound
    let cut = Array(tokens[range])
    guard let kept else { return GeneratedAnswers(tokens: cut) }
    let buffer = AlignedBuffer(count: max(1, cut.reduce(0) { $0 + $1.count } * vocabulary))
    var target = buffer.pointer
    for (prompt, tokens) in zip(range, cut) {
      for token in tokens.indices {
        target.update(from: kept + (token * prompts + prompt) * vocabulary, count: vocabulary)
        target += vocabulary
      }
    }
    return GeneratedAnswers(tokens: cut, logits: buffer)
  }
}
