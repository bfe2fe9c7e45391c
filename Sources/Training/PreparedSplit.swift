package import Artifacts
package import Datasets
package import Kernels
package import Transformers

/// A question in tokens.
package struct PreparedQuestion: Sendable {
  package var task: Int
  package var prompt: [Int32]
  /// Ends with the end-of-text token.
  package var answer: [Int32]
  package var answerText: String
}

/// A split encoded for a model: tokens of every question, and the Q-Former's output of every image,
/// computed once because the encoder and the Q-Former stay frozen.
package final class PreparedSplit: Sendable {
  package let name: String
  package let tasks: [String]
  package let questions: [[PreparedQuestion]]
  /// [creatives, queries · query width]
  package let queries: AlignedBuffer
  /// Floats of one creative in `queries`.
  package let queryStride: Int
  package let processor: InputProcessor
  /// Altered views of every creative that follow the creatives themselves; see `TeacherViews`.
  package let viewCount: Int

  /// `split` with views after its own creatives.
  init(
    of split: PreparedSplit, questions: [[PreparedQuestion]], queries: AlignedBuffer,
    viewCount: Int
  ) {
    name = split.name
    tasks = split.tasks
    processor = split.processor
    queryStride = split.queryStride
    self.questions = questions
    self.queries = queries
    self.viewCount = viewCount
  }

  /// Encodes `creatives` with `model`'s vision encoder and Q-Former on `threads` threads.
  package init(
    name: String, creatives: [Creative], tasks: [String], processor: InputProcessor,
    model: Parameters, threads: Int
  ) {
    self.name = name
    self.tasks = tasks
    self.processor = processor
    viewCount = 0
    questions = creatives.map { prepareQuestions($0, processor: processor) }
    queryStride =
      model.layout.queryFormer.map { $0.shape.queryCount * $0.shape.hiddenSize } ?? 0
    queries = AlignedBuffer(count: max(1, creatives.count * queryStride))
    let target = Shared(queries.pointer)
    let stride = queryStride
    _ = parallel(workers: threads) { worker in
      let arena = Arena()
      var range = Transformers.share(of: creatives.count, worker: worker, of: threads)
      while !range.isEmpty {
        let chunk = range.prefix(32)
        encodeQueries(
          chunk.map { creatives[$0].image }, preprocessing: processor.images, model: model,
          arena: arena,
          into: target.value + chunk.lowerBound * stride)
        range = chunk.upperBound..<range.upperBound
      }
      return 0
    }
  }

  /// Tokens of the longest answer, the end-of-text token counted.
  package var longestAnswer: Int {
    questions.reduce(1) { longest, creative in
      creative.reduce(longest) { max($0, $1.answer.count) }
    }
  }

  package var longestPrompt: Int {
    questions.reduce(0) { longest, creative in
      creative.reduce(longest) { max($0, $1.prompt.count) }
    }
  }

  /// Share of the entries that the most frequent answer gets right.
  package var chance: Accuracy {
    var counts: [String: Int] = [:]
    for question in questions.joined() { counts[question.answerText.trimmed, default: 0] += 1 }
    return Accuracy(Double(counts.values.max() ?? 0) / Double(max(1, entryCount)))
  }

  /// Root mean square of all queries.
  package var queryRootMeanSquare: Float {
    let count = max(1, creativeCount * queryStride)
    return Float((sumOfSquares(queries.pointer, count: count) / Double(count)).squareRoot())
  }

  package var creativeCount: Int { questions.count }
  /// Creatives without their views.
  package var sourceCount: Int { questions.count / (1 + viewCount) }
  package var entryCount: Int { questions.reduce(0) { $0 + $1.count } }
}

/// The questions of a creative in tokens.
package func prepareQuestions(_ creative: Creative, processor: InputProcessor)
  -> [PreparedQuestion]
{
  creative.questions.map {
    PreparedQuestion(
      task: $0.task, prompt: processor.encodePrompt($0.text),
      answer: processor.encodeAnswer($0.answer), answerText: $0.answer)
  }
}

/// The Q-Former's output for images, [images, queries · width], on the calling thread.
package func encodeQueries(
  _ images: [Image], preprocessing: ImagePreprocessing = .standard, model: Parameters,
  arena: Arena, into target: Floats
) {
  guard let vision = model.layout.vision, let queryFormer = model.layout.queryFormer else { return }
  arena.reset()
  let size = vision.shape.imageSize
  let perImage = vision.shape.channels * size * size
  let pixels = arena.floats(images.count * perImage)
  for (i, image) in images.enumerated() {
    preprocessing.pixels(of: image, size: size, into: pixels + i * perImage)
  }
  let encoded = VisionPass(
    vision, parameters: model, arena: arena, pixels: pixels, images: images.count,
    keepsActivations: false)
  let output = QueryFormerPass(
    queryFormer, parameters: model, arena: arena, imageTokens: encoded.output,
    tokensPerImage: vision.shape.tokenCount, images: images.count, keepsActivations: false)
  target.update(
    from: output.output,
    count: images.count * queryFormer.shape.queryCount * queryFormer.shape.hiddenSize)
}
