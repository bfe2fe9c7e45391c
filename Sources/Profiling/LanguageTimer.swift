import Artifacts
import Dispatch
import Kernels
import Transformers

/// Times the language model of any uniform shape on a workload's own prompts, prefill and decode
/// apart, with weights that nobody trained: speed does not depend on their values.
final class LanguageTimer: Sendable {
  struct Timing: Sendable {
    var prefill: Double
    var decode: Double
  }

  private let groups: [GenerationGroup]
  private let workload: Workload
  private let base: LanguageModelShape
  private let precision: Precision
  private let arenas: [Arena]
  private let creativesPerChunk = 32

  init(
    request: [ServingItem], imageRows: Int, workload: Workload, base: LanguageModelShape,
    precision: Precision
  ) {
    self.precision = precision
    groups = request.map { GenerationGroup(imageRows: imageRows, prompts: $0.prompts) }
    self.workload = workload
    self.base = base
    arenas = (0..<workload.threads).map { _ in Arena() }
  }

  /// A model of a shape with small seeded weights.
  func model(_ shape: UniformShape, seed: UInt64 = 1) -> InferenceModel {
    let layout = ModelLayout(
      ModelShape(languageModel: base.resized(to: shape)), precision: precision)
    let parameters = Parameters(layout: layout)
    var generator = SeededGenerator(seed: seed)
    for i in 0..<parameters.count {
      parameters.pointer[i] = Float(generator.uniform() - 0.5) * 0.1
    }
    return InferenceModel(parameters)
  }

  /// One request through the language model: mean over the threads of each phase's wall time.
  func run(_ model: InferenceModel) -> Timing {
    let hidden = model.parameters.layout.languageModel.shape.hiddenSize
    let parts = parallel(workers: workload.threads) { worker -> Timing in
      let arena = self.arenas[worker]
      var timing = Timing(prefill: 0, decode: 0)
      var range = share(of: self.groups.count, worker: worker, of: self.workload.threads)
      while !range.isEmpty {
        let chunk = range.prefix(self.creativesPerChunk)
        arena.reset()
        let rows = self.groups[chunk].reduce(0) { $0 + $1.imageRows }
        let features = arena.floats(max(1, rows * hidden))
        features.update(repeating: 0.1, count: rows * hidden)
        let start = DispatchTime.now().uptimeNanoseconds
        var middle = start
        _ = GreedyGenerator(model, arena: arena).generate(
          Array(self.groups[chunk]), features: features, newTokens: self.workload.newTokens,
          onPrefill: { middle = DispatchTime.now().uptimeNanoseconds })
        let end = DispatchTime.now().uptimeNanoseconds
        timing.prefill += Double(middle - start) * 1e-9
        timing.decode += Double(end - middle) * 1e-9
        range = chunk.upperBound..<range.upperBound
      }
      return timing
    }
    let threads = Double(workload.threads)
    return Timing(
      prefill: parts.reduce(0) { $0 + $1.prefill } / threads,
      decode: parts.reduce(0) { $0 + $1.decode } / threads)
  }
}
