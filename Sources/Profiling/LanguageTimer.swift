import Artifacts
import Dispatch
import Foundation
import Kernels
import Transformers

/// Times the language model of any uniform shape on a workload's own prompts, prefill and decode
/// apart, with weights that nobody trained: speed does not depend on their values.
final class LanguageTimer: Sendable {
  private let groups: [GenerationGroup]
  private let workload: Workload
  private let base: LanguageModelShape
  private let precision: Precision
  private let arenas: [Arena]
  /// A probe may come while a chunk is in its arena.
  private let probeArenas: [Arena]
  private let creativesPerChunk = 32
  private let creativesPerProbe = 8
  /// A piece of a chunk takes so many times as long as a probe.
  private static let probesPerPiece = 5.0
  /// Shares the products of a single creative among the threads, as `RequestServer` does.
  private let team: WorkerTeam?

  init(
    request: [ServingItem], imageRows: Int, workload: Workload, base: LanguageModelShape,
    precision: Precision
  ) {
    self.precision = precision
    groups = request.map { GenerationGroup(imageRows: imageRows, prompts: $0.prompts) }
    self.workload = workload
    self.base = base
    arenas = (0..<workload.threads).map { _ in Arena() }
    probeArenas = arenas.map { _ in Arena() }
    team = groups.count == 1 && workload.threads > 1 ? WorkerTeam(workers: workload.threads) : nil
  }

  /// A model whose blocks may differ.
  func model(_ shape: LanguageModelShape, seed: UInt64 = 1) -> InferenceModel {
    let parameters = Parameters(
      layout: ModelLayout(ModelShape(languageModel: shape), precision: precision))
    var generator = SeededGenerator(seed: seed)
    for i in 0..<parameters.count {
      parameters.pointer[i] = Float(generator.uniform() - 0.5) * 0.1
    }
    return InferenceModel(parameters)
  }

  /// A model of a shape with small seeded weights.
  func model(_ shape: UniformShape, seed: UInt64 = 1) -> InferenceModel {
    model(base.resized(to: shape), seed: seed)
  }

  /// The model that tells the machine's pace: a few blocks, half as wide. It has every part of the
  /// models that it is run beside in about their proportions, because a neighbour slows products,
  /// attention and memory each in its own measure.
  func baseline(_ original: UniformShape) -> InferenceModel {
    var shape = original
    shape.blocks = min(3, original.blocks)
    shape.feedForwardWidth = max(1, original.feedForwardWidth / 2)
    let unit = original.headSizeUnit
    shape.headSize = max(unit, original.headSize / 2 / unit * unit)
    shape.hiddenSize = original.hiddenSize(withHeadSize: shape.headSize)
    return model(shape)
  }

  /// One request through the language model: mean over the threads of each phase's time. A single
  /// creative keeps all threads on each product, so the caller's time is that of every thread.
  func run(_ model: InferenceModel) -> ChunkTiming {
    mean(
      perWorker { worker, chunks in
        chunks.reduce(into: ChunkTiming()) {
          $0 += self.time(model, chunk: $1, arena: self.arenas[worker])
        }
      })
  }

  /// Models beside a baseline.
  struct Comparison: Sendable {
    /// One probe of the baseline, mean over chunks and threads.
    var probe: ChunkTiming
    /// Chunks of one request of each model; always the same chunks in the same order.
    var requests: [[ChunkAttempt]]
  }

  /// Threads that work on chunks of their own.
  var chunkThreads: Int { team == nil ? workload.threads : 1 }

  /// One request through each of several models, chunk by chunk in turn, with a few creatives through
  /// the baseline between any two and within the longer ones: each piece of a thread's work is divided
  /// by the probes just before and after it.
  ///
  /// A neighbour on a shared core comes and goes within tenths of a second, on one thread and not on
  /// the other: only what runs on the same thread in the same moment is slowed alike. A long chunk
  /// between two probes would count the machine's mean pace and a short one its pace at the probes.
  func compare(_ models: [InferenceModel], with baseline: InferenceModel) -> Comparison {
    let parts = perWorker { worker, chunks -> Comparison? in
      guard let first = chunks.first else { return nil }
      var result = Comparison(
        probe: ChunkTiming(), requests: Array(repeating: [], count: models.count))
      var probes = 0.0
      func probe() -> Double {
        let time = self.time(
          baseline, chunk: first.prefix(self.creativesPerProbe), arena: self.probeArenas[worker])
        result.probe += time
        probes += 1
        return max(time.total, .leastNormalMagnitude)
      }
      for chunk in chunks {
        var before = probe()
        for (index, model) in models.enumerated() {
          var attempt = ChunkAttempt()
          func add(_ piece: ChunkTiming) {
            let after = probe()
            attempt.add(piece, before: before, after: after)
            before = after
          }
          let rest = self.time(model, chunk: chunk, arena: self.arenas[worker]) { piece in
            guard piece.total > Self.probesPerPiece * before else { return false }
            add(piece)
            return true
          }
          add(rest)
          result.requests[index].append(attempt)
        }
      }
      result.probe = result.probe * (1 / probes)
      return result
    }
    return Comparison(
      probe: mean(parts.compactMap { $0?.probe }),
      requests: models.indices.map { index in parts.flatMap { $0?.requests[index] ?? [] } })
  }

  private func perWorker<Part: Sendable>(
    _ body: @Sendable (_ worker: Int, _ chunks: [Range<Int>]) -> Part
  ) -> [Part] {
    let workers = chunkThreads
    return parallel(workers: workers) { worker in
      let range = share(of: self.groups.count, worker: worker, of: workers)
      let chunks = stride(
        from: range.lowerBound, to: range.upperBound, by: self.creativesPerChunk
      ).map { $0..<min($0 + self.creativesPerChunk, range.upperBound) }
      return body(worker, chunks)
    }
  }

  /// Some creatives through the language model on the calling thread.
  ///
  /// - Parameter pause: gets the time since the last pause after every block; whether it took it. What
  ///   it does itself is not timed.
  /// - Returns: The time since the last pause.
  private func time(
    _ model: InferenceModel, chunk: Range<Int>, arena: Arena,
    pause: (ChunkTiming) -> Bool = { _ in false }
  ) -> ChunkTiming {
    arena.reset()
    let hidden = model.parameters.layout.languageModel.shape.hiddenSize
    let rows = groups[chunk].reduce(0) { $0 + $1.imageRows }
    let features = arena.floats(max(1, rows * hidden))
    features.update(repeating: 0.1, count: rows * hidden)
    var watch = PhaseWatch()
    _ = GreedyGenerator(model, arena: arena, team: team).generate(
      Array(groups[chunk]), features: features, newTokens: workload.newTokens,
      onPrefill: { watch.endPrefill() },
      onBlock: {
        watch.lap()
        if pause(watch.time) { watch = PhaseWatch(isDecoding: watch.isDecoding) }
      })
    watch.lap()
    return watch.time
  }

  private func mean(_ parts: [ChunkTiming]) -> ChunkTiming {
    parts.reduce(into: ChunkTiming()) { $0 += $1 } * (1 / Double(max(1, parts.count)))
  }
}

/// Times the two phases on the calling thread.
private struct PhaseWatch {
  private(set) var time = ChunkTiming()
  private(set) var isDecoding: Bool
  private var computing = threadSeconds()
  private var wall = DispatchTime.now().uptimeNanoseconds

  init(isDecoding: Bool = false) { self.isDecoding = isDecoding }

  /// Adds what passed since the last lap to the phase.
  mutating func lap() {
    let seconds = threadSeconds()
    let clock = DispatchTime.now().uptimeNanoseconds
    if isDecoding {
      time.decode += seconds - computing
    } else {
      time.prefill += seconds - computing
    }
    time.wall += Double(clock - wall) * 1e-9
    computing = seconds
    wall = clock
  }

  mutating func endPrefill() {
    lap()
    isDecoding = true
  }
}

/// Processor time of the calling thread in seconds.
private func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
