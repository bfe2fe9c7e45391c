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
    /// Milliseconds of computing at the profile's pace, of the steady attempts.
    package var measured: Double?

    package var error: Double {
      (measured ?? .nan) == 0 ? .nan : predicted / (measured ?? .nan) - 1
    }
    package var isCovered: Bool { (low...high).contains(measured ?? .nan) }
  }

  /// A model as it is: the whole of it, from its parts.
  package static func shape(_ uniform: UniformShape) -> Shape {
    let block = Shape.Block(
      heads: uniform.heads, headSize: uniform.headSize, feedForwardWidth: uniform.feedForwardWidth)
    return Shape(
      hiddenSize: uniform.hiddenSize, blocks: Array(repeating: block, count: uniform.blocks),
      isUniform: true)
  }

  private let session: ProfileSession
  private let machine: ProfileSession.MachineCosts

  package init(session: ProfileSession, machine: ProfileSession.MachineCosts) {
    self.session = session
    self.machine = machine
  }

  /// Half uniform shapes of the planner's kind, half with blocks of their own head sizes and widths. All
  /// heads stay: the method shortens them.
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
      let hidden = original.hiddenSize(withHeadSize: size)
      if index.isMultiple(of: 2) {
        return shape(
          UniformShape(
            blocks: blocks, feedForwardWidth: min(width(), original.feedForwardWidth),
            heads: original.heads, headSize: size, hiddenSize: hidden))
      }
      return Shape(
        hiddenSize: hidden,
        blocks: (0..<blocks).map { _ in
          Shape.Block(
            heads: original.heads, headSize: min(size, headSize(from: 4)),
            feedForwardWidth: min(width(), original.feedForwardWidth))
        }, isUniform: false)
    }
  }

  /// Predicted computing time of the whole language model in one request. Throws where the profile's
  /// tables are empty.
  package func predictions(_ shapes: [Shape]) throws -> [Outcome] {
    guard let original = session.model.parameters.layout.languageModel.shape.uniform else {
      throw ProfilingError.notUniform
    }
    // The image's phases are the same for every shape, and measured, not predicted: leave them out.
    var costs = machine.costs
    costs.phases = []
    let sum = costs.request.time.value.map {
      $0.value / ((try? MeasuredCostTable(costs: costs, original: original))?.timeCalibration ?? 1)
    }
    costs.request.time = .measured(Seconds(sum ?? 0), source: "sum of the parts")
    let table = try MeasuredCostTable(costs: costs, original: original)
    // Tables are at the load of the profile; the study, too, counts computing time alone.
    func milliseconds(_ time: Seconds?) -> Double {
      (time?.milliseconds ?? .nan) / machine.load
    }
    return shapes.map { shape in
      let time = table.request(
        blocks: shape.blocks.map {
          BlockWidths(
            hiddenSize: shape.hiddenSize, heads: $0.heads, headSize: $0.headSize,
            feedForwardWidth: $0.feedForwardWidth)
        })?.time
      return Outcome(
        shape: shape, predicted: milliseconds(time?.value), low: milliseconds(time?.low),
        high: milliseconds(time?.high), measured: nil)
    }
  }

  /// The whole language model of every shape, beside the profile's baseline, in rounds over all
  /// shapes, so that a slow minute meets a few attempts at each shape and not all at one. A shape
  /// whose chunks have `steady` attempts each is left out of the rounds that follow.
  package func measure(
    _ outcomes: [Outcome], steady: Int, mostRounds: Int, progress: (Int, Int) -> Void
  ) throws -> [Outcome] {
    let shape = session.model.parameters.layout.shape
    guard let original = shape.languageModel.uniform else { throw ProfilingError.notUniform }
    let workload = session.workload
    let request = makeRequest(
      workload: workload, creatives: session.data.validation, processor: session.processor,
      model: shape)
    let timer = LanguageTimer(
      request: request, imageRows: shape.queryFormer?.queryCount ?? 0, workload: workload,
      base: shape.languageModel, precision: session.model.parameters.layout.precision)
    let baseline = timer.baseline(original)
    var attempts = outcomes.map { _ in RequestAttempts() }
    for round in 0..<mostRounds {
      for (index, outcome) in outcomes.enumerated() {
        progress(round * outcomes.count + index, mostRounds * outcomes.count)
        guard attempts[index].steadyCount < steady else { continue }
        let model = timer.model(languageModel(outcome.shape, in: shape.languageModel))
        if round == 0 { _ = timer.run(model) }
        attempts[index].add(timer.compare([model], with: baseline).requests[0])
      }
    }
    return zip(outcomes, attempts).map { outcome, attempts in
      var result = outcome
      let probes = typicalRequest(attempts.steady, threads: timer.chunkThreads).total
      // The profile's pace, not the study's.
      result.measured = probes * machine.baseline.value * 1_000
      return result
    }
  }

  private func languageModel(
    _ shape: Shape, in original: LanguageModelShape
  ) -> LanguageModelShape {
    guard var block = original.blocks.first else { return original }
    var model = original
    block.hiddenSize = shape.hiddenSize
    model.hiddenSize = shape.hiddenSize
    model.blocks = shape.blocks.map {
      var resized = block
      resized.attention = AttentionShape(
        queryHeads: $0.heads, headSize: $0.headSize, bias: block.attention.bias)
      resized.feedForward.width = $0.feedForwardWidth
      return resized
    }
    return model
  }
}
