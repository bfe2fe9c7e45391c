/// Seconds of the two phases of the language model, of one chunk of a request or of a whole one.
package struct ChunkTiming: Sendable {
  /// Seconds that the threads computed, mean over the threads: wall time where nothing else runs.
  /// A thread that waits for a core that another process has does not count.
  package var prefill = 0.0
  package var decode = 0.0
  /// Wall seconds of both, mean over the threads.
  package var wall = 0.0

  package init(prefill: Double = 0, decode: Double = 0, wall: Double = 0) {
    self.prefill = prefill
    self.decode = decode
    self.wall = wall
  }

  package var total: Double { prefill + decode }

  static func += (left: inout Self, right: Self) {
    left.prefill += right.prefill
    left.decode += right.decode
    left.wall += right.wall
  }

  static func * (left: Self, right: Double) -> Self {
    Self(prefill: left.prefill * right, decode: left.decode * right, wall: left.wall * right)
  }
}

/// One chunk of a request on one thread, in pieces, each between two probes of a baseline on the same
/// thread.
package struct ChunkAttempt: Sendable {
  /// The sum of the pieces' times, each over the mean of its two probes.
  package private(set) var time = ChunkTiming()
  private var seconds = 0.0
  /// Seconds of each piece times the slower one of its probes over the faster one.
  private var weighted = 0.0

  package init() {}

  /// - Parameters:
  ///   - before: Seconds of the probe before the piece, above 0.
  ///   - after: Seconds of the probe after it, above 0.
  package mutating func add(_ piece: ChunkTiming, before: Double, after: Double) {
    time += piece * (2 / (before + after))
    seconds += piece.total
    weighted += piece.total * max(before, after) / min(before, after)
  }

  /// The slower probe's time over the faster one's, mean over the time of the chunk.
  package var unsteadiness: Double { seconds > 0 ? weighted / seconds : 1 }

  /// The thread's core was as busy with other work after the chunk as before, as far as the probes
  /// tell. A neighbour that was there throughout slows chunk and probes alike.
  package var isSteady: Bool { unsteadiness <= 1.1 }
}

/// Attempts at one request of a model, chunk by chunk.
struct RequestAttempts {
  private var chunks: [[ChunkAttempt]] = []

  /// Attempts at every chunk.
  var count: Int { chunks.first?.count ?? 0 }
  /// Steady attempts at the chunk that has the fewest.
  var steadyCount: Int { chunks.map { $0.count(where: \.isSteady) }.min() ?? 0 }
  /// Times that count, by chunk.
  var steady: [[ChunkTiming]] { chunks.map(steadyTimes) }

  /// - Parameter request: one attempt at every chunk, always in the same order.
  mutating func add(_ request: [ChunkAttempt]) {
    if chunks.isEmpty { chunks = request.map { _ in [] } }
    for (chunk, attempt) in request.enumerated() { chunks[chunk].append(attempt) }
  }
}

/// The request that is made of typical chunks, mean over the threads that they are spread over.
func typicalRequest(_ chunks: [[ChunkTiming]], threads: Int) -> ChunkTiming {
  chunks.reduce(into: ChunkTiming()) { $0 += typical($1) } * (1 / Double(max(1, threads)))
}

/// Times of the steady attempts at one chunk; of the two steadiest where fewer than two were.
package func steadyTimes(_ attempts: [ChunkAttempt]) -> [ChunkTiming] {
  let ordered = attempts.sorted { $0.unsteadiness < $1.unsteadiness }
  let steady = ordered.prefix(while: \.isSteady)
  return (steady.count > 1 ? steady : ordered.prefix(2)).map(\.time)
}

/// Mean of the middle half by total: a median that keeps the phases of the same attempts together.
package func typical(_ times: [ChunkTiming]) -> ChunkTiming {
  let ends = times.count / 4 + (times.count % 4 == 3 ? 1 : 0)
  let middle = times.sorted { $0.total < $1.total }.dropFirst(ends).dropLast(ends)
  return middle.reduce(into: ChunkTiming()) { $0 += $1 }
    * (1 / Double(max(1, middle.count)))
}
