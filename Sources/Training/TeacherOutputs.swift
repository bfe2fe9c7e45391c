import Artifacts
package import Kernels
package import Transformers

/// The teacher's logits at every answer token of a split, computed once: the teacher is frozen.
package final class TeacherOutputs: Sendable {
  package let vocabularySize: Int
  /// First row of each creative; one more entry than creatives.
  package let firstRow: [Int]
  /// [answer tokens, vocabulary]
  package let logits: AlignedBuffer

  package init(
    teacher: Parameters, split: PreparedSplit, threads: Int,
    progress: (@Sendable (Double) -> Void)? = nil
  ) {
    vocabularySize = teacher.layout.languageModel.shape.vocabularySize
    var rows = [0]
    for questions in split.questions {
      rows.append((rows.last ?? 0) + questions.reduce(0) { $0 + $1.answer.count })
    }
    let firstRow = rows
    self.firstRow = firstRow
    logits = AlignedBuffer(count: max(1, (rows.last ?? 0) * vocabularySize))
    let target = Shared(logits.pointer)
    let vocabulary = vocabularySize
    _ = parallel(workers: threads) { worker in
      let arena = Arena()
      let all = Transformers.share(of: split.creativeCount, worker: worker, of: threads)
      var range = all
      while !range.isEmpty {
        let chunk = range.prefix(16)
        arena.reset()
        _ = languageLogits(
          teacher, split.share(Array(chunk)), arena: arena,
          into: target.value + firstRow[chunk.lowerBound] * vocabulary)
        range = chunk.upperBound..<range.upperBound
        if worker == 0 { progress?(Double(chunk.upperBound) / Double(max(1, all.upperBound))) }
      }
      return 0
    }
  }

  /// Copies the rows of `creatives`, in that order, to `target`.
  package func gather(_ creatives: some Collection<Int>, into target: Floats) {
    var next = target
    for creative in creatives {
      let count = (firstRow[creative + 1] - firstRow[creative]) * vocabularySize
      next.update(from: logits.pointer + firstRow[creative] * vocabularySize, count: count)
      next += count
    }
  }

  package func rowCount(of creatives: some Collection<Int>) -> Int {
    creatives.reduce(0) { $0 + firstRow[$1 + 1] - firstRow[$1] }
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
