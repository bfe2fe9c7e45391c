import Artifacts
package import Kernels
package import Transformers

/// The frozen teacher's logits at every answer token of a split: computed once and kept where they fit
/// a limit of memory, else computed whenever they are asked for.
package struct TeacherOutputs: Sendable {
  package let vocabularySize: Int
  /// Whether the logits are kept.
  package var isCached: Bool { live == nil }
  /// Answer tokens per creative.
  private var rows: [Int]
  /// Kept logits per creative, [answer tokens, vocabulary]; empty without a cache.
  private var logits: [AlignedBuffer] = []
  /// The teacher, without a cache.
  private let live: Parameters?

  /// Bytes that the logits of `rows` answer tokens take.
  package static func bytes(rows: Int, vocabularySize: Int) -> Double {
    Double(rows) * Double(vocabularySize) * Double(MemoryLayout<Float>.stride)
  }

  /// - Parameters:
  ///   - views: altered views of all creatives that will be appended, for the memory they need.
  ///   - memoryLimit: bytes; the cache of a large vocabulary does not fit into any memory.
  package init(
    teacher: Parameters, split: PreparedSplit, views: Int = 0, memoryLimit: Double = .infinity,
    threads: Int, progress: (@Sendable (Double) -> Void)? = nil
  ) {
    let vocabulary = teacher.layout.languageModel.shape.vocabularySize
    vocabularySize = vocabulary
    let rows = split.questions.map { $0.reduce(0) { $0 + $1.answer.count } }
    self.rows = rows
    let needed = TeacherOutputs.bytes(
      rows: rows.reduce(0, +) * (1 + views), vocabularySize: vocabulary)
    live = needed > memoryLimit ? teacher : nil
    guard live == nil else { return }
    let logits = rows.map { AlignedBuffer(count: max(1, $0 * vocabulary)) }
    _ = parallel(workers: threads) { worker in
      let arena = Arena()
      let all = Transformers.share(of: split.creativeCount, worker: worker, of: threads)
      var range = all
      while !range.isEmpty {
        let chunk = range.prefix(16)
        arena.reset()
        let target = arena.floats(max(1, chunk.reduce(0) { $0 + rows[$1] } * vocabulary))
        _ = languageLogits(teacher, split.share(Array(chunk)), arena: arena, into: target)
        var next = target
        for index in chunk {
          logits[index].pointer.update(from: next, count: rows[index] * vocabulary)
          next += rows[index] * vocabulary
        }
        range = chunk.upperBound..<range.upperBound
        if worker == 0 { progress?(Double(chunk.upperBound) / Double(max(1, all.upperBound))) }
      }
      return 0
    }
    self.logits = logits
  }

  /// Adds what the teacher itself answered to further creatives; the answers carry their logits
  /// where the outputs are cached.
  mutating func append(_ answers: [GeneratedAnswers]) {
    rows += answers.map { $0.tokens.reduce(0) { $0 + $1.count } }
    if isCached { logits += answers.map { $0.logits ?? AlignedBuffer(count: 1) } }
  }

  /// Writes the rows of the creatives of `split` at `indices`, in that order, to `target`.
  package func gather(
    _ indices: some Collection<Int>, of split: PreparedSplit, arena: Arena, into target: Floats
  ) {
    if let live {
      let mark = arena.mark
      defer { arena.release(to: mark) }
      _ = languageLogits(live, split.share(Array(indices)), arena: arena, into: target)
      return
    }
    var next = target
    for index in indices {
      let count = rows[index] * vocabularySize
      next.update(from: logits[index].pointer, count: count)
      next += count
    }
  }

  package func rowCount(of indices: some Collection<Int>) -> Int {
    indices.reduce(0) { $0 + rows[$1] }
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
