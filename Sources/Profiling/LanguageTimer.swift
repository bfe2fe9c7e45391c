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
  private let creativesPerChunk = 32
  private let creativesPerProbe = 8
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
    let unit = min(4, original.headSize)
    shape.headSize = max(unit, original.headSize / 2 / unit * unit)
    if original.hiddenSize == original.heads * original.headSize {
      shape.hiddenSize = shape.heads * shape.headSize
    }
    return model(shape)
  }

  /// One request through the language model: mean over the threads of each phase's time. A single
  /// creative keeps all threads on each product, so the caller's time is that of every thread.
  func run(_ model: InferenceModel) -> ChunkTiming {
    mean(
      perWorker { worker, chunks in
        chunks.reduce(into: ChunkTiming()) { $0 += self.time(model, chunk: $1, worker: worker) }
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
  /// the baseline between any two: each thread's every chunk is divided by the probes just before and
  /// after it.
  ///
  /// A neighbour on a shared core comes and goes within tenths of a second, on one thread and not on
  /// the other: only what runs on the same thread in the same moment is slowed alike.
  func compare(_ models: [InferenceModel], with baseline: InferenceModel) -> Comparison {
    let parts = perWorker { worker, chunks -> Comparison? in
      guard let first = chunks.first else { return nil }
      var result = Comparison(
        probe: ChunkTiming(), requests: Array(repeating: [], count: models.count))
      var probes = 0.0
      func probe() -> Double {
        let time = self.time(
          baseline, chunk: first.prefix(self.creativesPerProbe), worker: worker)
        result.probe += time
        probes += 1
        return max(time.total, .leastNormalMagnitude)
      }
      for chunk in chunks {
        var before = probe()
        for (index, model) in models.enumerated() {
          let time = self.time(model, chunk: chunk, worker: worker)
          let after = probe()
          result.requests[index].append(
            ChunkAttempt(time, before: before, after: after))
          before = after
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
  private func time(_ model: InferenceModel, chunk: Range<Int>, worker: Int) -> ChunkTiming {
    let arena = arenas[worker]
    arena.reset()
    let hidden = model.parameters.layout.languageModel.shape.hiddenSize
    let rows = groups[chunk].reduce(0) { $0 + $1.imageRows }
    let features = arena.floats(max(1, rows * hidden))
    features.update(repeating: 0.1, count: rows * hidden)
    let wall = DispatchTime.now().uptimeNanoseconds
    let start = threadSeconds()
    var middle = start
    _ = GreedyGenerator(model, arena: arena, team: team).generate(
      Array(groups[chunk]), features: features, newTokens: workload.newTokens,
      onPrefill: { middle = threadSeconds() })
    return ChunkTiming(
      prefill: middle - start, decode: threadSeconds() - middle,
      wall: Double(DispatchTime.now().uptimeNanoseconds - wall) * 1e-9)
  }

  private func mean(_ parts: [ChunkTiming]) -> ChunkTiming {
    parts.reduce(into: ChunkTiming()) { $0 += $1 } * (1 / Double(max(1, parts.count)))
  }
}

/// Processor time of the calling thread in seconds.
private func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
