import Artifacts
package import Kernels
package import Transformers

/// The teacher's logits at every answer token of a split, computed once: the teacher is frozen.
package struct TeacherOutputs: Sendable {
  package let vocabularySize: Int
  /// Answer tokens and their logits [answer tokens, vocabulary], per creative.
  private var creatives: [(rows: Int, logits: AlignedBuffer)]

  package init(
    teacher: Parameters, split: PreparedSplit, threads: Int,
    progress: (@Sendable (Double) -> Void)? = nil
  ) {
    let vocabulary = teacher.layout.languageModel.shape.vocabularySize
    let creatives = split.questions.map { questions in
      let rows = questions.reduce(0) { $0 + $1.answer.count }
      return (rows: rows, logits: AlignedBuffer(count: max(1, rows * vocabulary)))
    }
    _ = parallel(workers: threads) { worker in
      let arena = Arena()
      let all = Transformers.share(of: split.creativeCount, worker: worker, of: threads)
      var range = all
      while !range.isEmpty {
        let chunk = range.prefix(16)
        arena.reset()
        let rows = chunk.reduce(0) { $0 + creatives[$1].rows }
        let logits = arena.floats(max(1, rows * vocabulary))
        _ = languageLogits(teacher, split.share(Array(chunk)), arena: arena, into: logits)
        var next = logits
        for index in chunk {
          let count = creatives[index].rows * vocabulary
          creatives[index].logits.pointer.update(from: next, count: count)
          next += count
        }
        range = chunk.upperBound..<range.upperBound
        if worker == 0 { progress?(Double(chunk.upperBound) / Double(max(1, all.upperBound))) }
      }
      return 0
    }
    vocabularySize = vocabulary
    self.creatives = creatives
  }

  /// Adds what the teacher itself answered to further creatives; `answers` were made with their
  /// logits.
  mutating func append(_ answers: [GeneratedAnswers]) {
    creatives += answers.map { answers in
      (answers.tokens.reduce(0) { $0 + $1.count }, answers.logits ?? AlignedBuffer(count: 1))
    }
  }

  /// Copies the rows of the creatives at `indices`, in that order, to `target`.
  package func gather(_ indices: some Collection<Int>, into target: Floats) {
    var next = target
    for index in indices {
      let count = creatives[index].rows * vocabularySize
      next.update(from: creatives[index].logits.pointer, count: count)
      next += count
    }
  }

  package func rowCount(of indices: some Collection<Int>) -> Int {
    indices.reduce(0) { $0 + creatives[$1].rows }
  }
}

extension PreparedSplit {
  /// The creatives at `indices`, as a worker's share of a step.
  package func share(_ indices: [Int]) -> LanguageShare {
    LanguageShare(
      questions: indices.map { questions[$0] },
      queries: indices.map { Shared(UnsafePointer(queries.pointer + $0 * queryStride)) })
  }
}
