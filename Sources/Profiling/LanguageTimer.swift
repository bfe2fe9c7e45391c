import Artifacts
import Dispatch
import Foundation
import Kernels
import Transformers

/// Times the language model of any uniform shape on a workload's own prompts, prefill and decode
/// apart, with weights that nobody trained: speed does not depend on their values.
final class LanguageTimer: Sendable {
  struct Timing: Sendable {
    /// Seconds that the threads computed, mean over the threads: wall time where nothing else runs.
    /// A thread that waits for a core that another process has does not count.
    var prefill: Double
    var decode: Double
    /// Wall seconds of both, mean over the threads.
    var wall = 0.0

    var total: Double { prefill + decode }
  }

  private let groups: [GenerationGroup]
  private let workload: Workload
  private let base: LanguageModelShape
  private let precision: Precision
  private let arenas: [Arena]
  private let creativesPerChunk = 32
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

  /// The model that tells the machine's pace: one narrow block.
  func baseline(_ original: UniformShape) -> InferenceModel {
    var shape = original
    shape.blocks = 1
    shape.feedForwardWidth = max(1, original.feedForwardWidth / 8)
    return model(shape)
  }

  /// One request through the language model: mean over the threads of each phase's time. A single
  /// creative keeps all threads on each product, so the caller's time is that of every thread.
  func run(_ model: InferenceModel) -> Timing {
    let hidden = model.parameters.layout.languageModel.shape.hiddenSize
    let workers = team == nil ? workload.threads : 1
    let parts = parallel(workers: workers) { worker -> Timing in
      let arena = self.arenas[worker]
      var timing = Timing(prefill: 0, decode: 0)
      var range = share(of: self.groups.count, worker: worker, of: workers)
      while !range.isEmpty {
        let chunk = range.prefix(self.creativesPerChunk)
        arena.reset()
        let rows = self.groups[chunk].reduce(0) { $0 + $1.imageRows }
        let features = arena.floats(max(1, rows * hidden))
        features.update(repeating: 0.1, count: rows * hidden)
        let wall = DispatchTime.now().uptimeNanoseconds
        let start = threadSeconds()
        var middle = start
        _ = GreedyGenerator(model, arena: arena, team: self.team).generate(
          Array(self.groups[chunk]), features: features, newTokens: self.workload.newTokens,
          onPrefill: { middle = threadSeconds() })
        let end = threadSeconds()
        timing.prefill += middle - start
        timing.decode += end - middle
        timing.wall += Double(DispatchTime.now().uptimeNanoseconds - wall) * 1e-9
        range = chunk.upperBound..<range.upperBound
      }
      return timing
    }
    let threads = Double(workers)
    return Timing(
      prefill: parts.reduce(0) { $0 + $1.prefill } / threads,
      decode: parts.reduce(0) { $0 + $1.decode } / threads,
      wall: parts.reduce(0) { $0 + $1.wall } / threads)
  }
}

/// Processor time of the calling thread in seconds.
private func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
