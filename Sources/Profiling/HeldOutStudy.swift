package import Artifacts
import Datasets
import HardwareModels
import Training
import Transformers

/// Predicts random shapes from a profile's tables and only then measures them.
package struct HeldOutStudy: Sendable {
  /// A shape that no table was made from.
  package struct Shape: Codable, Hashable, Sendable {
    package struct Block: Codable, Hashable, Sendable {
      package var heads: Int
      package var headSize: Int
      package var feedForwardWidth: Int
    }

    package var hiddenSize: Int
    package var blocks: [Block]
    /// All blocks are alike.
    package var isUniform: Bool
  }

  package struct Outcome: Codable, Sendable {
    package var shape: Shape
    /// Milliseconds with the 80 % interval, written before anything of the shape was measured.
    package var predicted: Double
    package var low: Double
    package var high: Double
    /// Milliseconds at the profile's pace, median of the repetitions.
    package var measured: Double?

    package var error: Double {
      (measured ?? .nan) == 0 ? .nan : predicted / (measured ?? .nan) - 1
    }
    package var isCovered: Bool { (low...high).contains(measured ?? .nan) }
  }

  private let session: ProfileSession
  private let machine: ProfileSession.MachineCosts

  package init(session: ProfileSession, machine: ProfileSession.MachineCosts) {
    self.session = session
    self.machine = machine
  }

  /// Half uniform shapes of the planner's kind (all heads, shorter), half with blocks of their own
  /// head counts, head sizes and widths.
  package static func shapes(
    of original: UniformShape, count: Int, seed: UInt64
  ) -> [Shape] {
    var generator = SeededGenerator(seed: seed, stream: "held-out shapes")
    func headSize(from least: Int) -> Int {
      let unit = min(4, original.headSize)
      let first = least / unit
      return unit * (first + generator.integer(below: original.headSize / unit - first + 1))
    }
    func width() -> Int {
      let unit = min(32, original.feedForwardWidth)
      return unit * (2 + generator.integer(below: max(1, original.feedForwardWidth / unit - 1)))
    }
    return (0..<count).map { index in
      let blocks = 1 + generator.integer(below: original.blocks)
      let size = headSize(from: min(8, original.headSize))
      let hidden = size == original.headSize ? original.hiddenSize : original.heads * size
      if index.isMultiple(of: 2) {
        let block = Shape.Block(
          heads: original.heads, headSize: size,
          feedForwardWidth: min(width(), original.feedForwardWidth))
        return Shape(
          hiddenSize: hidden, blocks: Array(repeating: block, count: blocks), isUniform: true)
      }
      return Shape(
        hiddenSize: hidden,
        blocks: (0..<blocks).map { _ in
          let heads = (original.heads + 1) / 2 + generator.integer(below: original.heads / 2 + 1)
          return Shape.Block(
            heads: min(heads, original.heads), headSize: min(size, headSize(from: 4)),
            feedForwardWidth: min(width(), original.feedForwardWidth))
        }, isUniform: false)
    }
  }

  /// Predictions of whole requests. Throws where the profile's tables are empty.
  package func predictions(_ shapes: [Shape]) throws -> [Outcome] {
    guard let original = session.model.parameters.layout.languageModel.shape.uniform else {
      throw ProfilingError.notUniform
    }
    let table = try MeasuredCostTable(costs: machine.costs, original: original)
    return shapes.map { shape in
      let time = table.request(
        hiddenSize: shape.hiddenSize,
        blocks: shape.blocks.map {
          .init(attention: $0.heads * $0.headSize, feedForward: $0.feedForwardWidth)
        }
      ).time
      return Outcome(
        shape: shape, predicted: time.value?.milliseconds ?? .nan,
        low: time.low?.milliseconds ?? .nan, high: time.high?.milliseconds ?? .nan, measured: nil)
    }
  }

  /// Whole requests of every shape, each between two runs of the profile's baseline, in `rounds` over
  /// all shapes, so that a slow minute meets a few repetitions of each shape and not all of one.
  package func measure(
    _ outcomes: [Outcome], rounds: Int, progress: (Int, Int) -> Void
  ) throws -> [Outcome] {
    let shape = session.model.parameters.layout.shape
    guard let original = shape.languageModel.uniform else { throw ProfilingError.notUniform }
    let workload = session.workload
    let request = makeRequest(
      workload: workload, creatives: session.data.validation, tokenizer: session.tokenizer,
      model: shape)
    let timer = LanguageTimer(
      request: request, imageRows: shape.queryFormer?.queryCount ?? 0, workload: workload,
      base: shape.languageModel)
    let baseline = timer.baseline(original)
    var pace = Pace()
    var times = outcomes.map { _ in [(time: Double, run: Int)]() }
    for round in 0..<rounds {
      for (index, outcome) in outcomes.enumerated() {
        progress(round * outcomes.count + index, rounds * outcomes.count)
        let server = RequestServer(
          model: InferenceModel(parameters(outcome.shape, in: shape)), threads: workload.threads)
        _ = server.serve(request, newTokens: workload.newTokens)
        for _ in 0..<2 {
          let beside = timer.run(baseline)
          let run = pace.add(beside.prefill + beside.decode)
          let time = server.serve(request, newTokens: workload.newTokens).1.total.value
          times[index].append((time, run))
        }
      }
    }
    // The profile's pace, not the study's.
    let reference = pace.median / machine.baseline.value
    return zip(outcomes, times).map { outcome, times in
      var result = outcome
      let median = SampleSummary(
        times.map { $0.time / (pace.slowness(at: $0.run) * reference) }
      ).median
      result.measured = median * 1_000
      return result
    }
  }

  private func parameters(_ shape: Shape, in model: ModelShape) -> Parameters {
    var model = model
    guard var block = model.languageModel.blocks.first else { return session.model.parameters }
    block.hiddenSize = shape.hiddenSize
    model.languageModel.hiddenSize = shape.hiddenSize
    model.languageModel.blocks = shape.blocks.map {
      var resized = block
      resized.attention = AttentionShape(
        queryHeads: $0.heads, headSize: $0.headSize, bias: block.attention.bias)
      resized.feedForward.width = $0.feedForwardWidth
      return resized
    }
    let parameters = Parameters(layout: ModelLayout(model))
    var generator = SeededGenerator(seed: 1)
    for i in 0..<parameters.count {
      parameters.pointer[i] = Float(generator.uniform() - 0.5) * 0.1
    }
    return parameters
  }
}
