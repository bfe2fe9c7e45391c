package import Artifacts
import Dispatch
import Kernels

/// One creative of a request: its preprocessed image and its encoded questions.
package struct ServingItem: Sendable {
  /// [channels, size, size], planar; empty in a text-only request.
  package var pixels: [Float]
  package var prompts: [[Int32]]

  package init(pixels: [Float], prompts: [[Int32]]) {
    self.pixels = pixels
    self.prompts = prompts
  }
}

/// Wall time of a request by phase, averaged over the worker threads.
package struct ServingTiming: Sendable {
  package var phases: [RequestPhase: Seconds] = [:]
  package var total = Seconds(0)

  package init() {}

  package subscript(phase: RequestPhase) -> Seconds {
    get { phases[phase] ?? .zero }
    set { phases[phase] = newValue }
  }
}

/// Answers requests: encodes each image once, shares its prefix among its questions, generates a
/// forced number of tokens. The path that is profiled, evaluated and compared.
///
/// Each thread takes an equal share of the creatives through all phases, chunk by chunk, so threads
/// never wait for one another. A single creative is served by all of them together.
package final class RequestServer: Sendable {
  package let model: InferenceModel
  package let threads: Int
  private let creativesPerChunk: Int
  private let arenas: [Arena]
  /// Shares one creative's products among all threads; a larger request is split by creatives.
  private let team: WorkerTeam?

  package init(model: InferenceModel, threads: Int, creativesPerChunk: Int = 32) {
    self.model = model
    self.threads = threads
    self.creativesPerChunk = creativesPerChunk
    arenas = (0..<threads).map { _ in Arena() }
    team = threads > 1 ? WorkerTeam(workers: threads) : nil
  }

  /// Generated tokens [item][question][new token], and the time that each phase took.
  package func serve(_ items: [ServingItem], newTokens: Int) -> ([[[Int32]]], ServingTiming) {
    let start = DispatchTime.now().uptimeNanoseconds
    let single = items.count == 1
    let parts = parallel(workers: single ? 1 : threads) { worker -> ([[[Int32]]], ServingTiming) in
      var timing = ServingTiming()
      var tokens: [[[Int32]]] = []
      let range = share(of: items.count, worker: worker, of: single ? 1 : self.threads)
      var lower = range.lowerBound
      while lower < range.upperBound {
        let upper = min(lower + self.creativesPerChunk, range.upperBound)
        tokens += self.serveChunk(
          items[lower..<upper], newTokens: newTokens, arena: self.arenas[worker],
          team: single ? self.team : nil, timing: &timing)
        lower = upper
      }
      return (tokens, timing)
    }
    var timing = ServingTiming()
    for (_, part) in parts {
      for phase in RequestPhase.allCases { timing[phase] += part[phase] / Double(parts.count) }
    }
    timing.total = Seconds(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
    return (parts.flatMap(\.0), timing)
  }

  private func serveChunk(
    _ items: ArraySlice<ServingItem>, newTokens: Int, arena: Arena, team: WorkerTeam?,
    timing: inout ServingTiming
  ) -> [[[Int32]]] {
    arena.reset()
    var clock = DispatchTime.now().uptimeNanoseconds
    func lap() -> Seconds {
      let now = DispatchTime.now().uptimeNanoseconds
      defer { clock = now }
      return Seconds(Double(now - clock) * 1e-9)
    }
    let layout = model.parameters.layout
    var features: Floats?
    var imageRows = 0
    if let vision = layout.vision, let queryFormer = layout.queryFormer {
      imageRows = queryFormer.shape.queryCount
      let rows = items.count * imageRows
      let result = arena.floats(rows * layout.languageModel.shape.hiddenSize)
      let mark = arena.mark
      let perImage =
        vision.shape.channels * vision.shape.imageSize * vision.shape.imageSize
      let pixels = arena.floats(items.count * perImage)
      for (i, item) in items.enumerated() {
        item.pixels.withUnsafeBufferPointer {
          guard let base = $0.baseAddress, $0.count == perImage else { return }
          (pixels + i * perImage).update(from: base, count: perImage)
        }
      }
      let image = VisionPass(
        vision, parameters: model.parameters, arena: arena, pixels: pixels, images: items.count,
        keepsActivations: false)
      timing[.vision] += lap()
      let queries = QueryFormerPass(
        queryFormer, parameters: model.parameters, arena: arena, imageTokens: image.output,
        tokensPerImage: vision.shape.tokenCount, images: items.count, keepsActivations: false)
      projectQueries(queries.output, rows: rows, parameters: model.parameters, into: result)
      arena.release(to: mark)
      features = result
      timing[.queryFormer] += lap()
    }
    let groups = items.map { GenerationGroup(imageRows: imageRows, prompts: $0.prompts) }
    var prefill = Seconds(0)
    let flat = GreedyGenerator(model, arena: arena, team: team).generate(
      groups, features: features.map { UnsafePointer($0) }, newTokens: newTokens,
      onPrefill: { prefill = lap() })
    timing[.prefill] += prefill
    timing[.decode] += lap()
    var results: [[[Int32]]] = []
    var next = 0
    for item in items {
      results.append(Array(flat[next..<(next + item.prompts.count)]))
      next += item.prompts.count
    }
    return results
  }
}
