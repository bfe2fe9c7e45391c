import Artifacts
import Datasets
package import Kernels
package import Transformers

/// Stage 1 of the teacher: encoder and Q-Former learn to see, under auxiliary heads on the patch
/// tokens and on the query tokens (BLIP-2's first stage, with classifiers in place of its
/// image-text losses, because the embedded data has labels).
///
/// Sendable because one step runs at a time and workers only read it.
package final class VisionStage: @unchecked Sendable {
  private let model: Parameters
  private let recipe: TeacherRecipe
  private let stream: EmbeddedStream
  private let tokenHeads: AuxiliaryHeads
  private let queryHeads: AuxiliaryHeads
  private let encoder: DataParallelOptimizer
  private let tokenOptimizer: DataParallelOptimizer
  private let queryOptimizer: DataParallelOptimizer
  package private(set) var step = 0

  /// Share of correctly read attributes in the last reported steps, from patch and query tokens.
  package struct Reading: Sendable {
    package var loss: Double
    package var fromTokens: [Double]
    package var fromQueries: [Double]
  }

  package init(model: Parameters, recipe: TeacherRecipe) {
    self.model = model
    self.recipe = recipe
    stream = EmbeddedData.stream(seed: recipe.seed)
    var generator = SeededGenerator(seed: recipe.seed, stream: "auxiliary heads")
    let shape = model.layout.shape
    let sizes = EmbeddedData.attributeSizes
    tokenHeads = AuxiliaryHeads(
      inputs: (shape.vision?.tokenCount ?? 0) * recipe.visionHiddenSize, sizes: sizes,
      generator: &generator)
    queryHeads = AuxiliaryHeads(
      inputs: recipe.queryCount * recipe.visionHiddenSize, sizes: sizes, generator: &generator)
    let decay = Float(recipe.visionWeightDecay)
    encoder = DataParallelOptimizer(
      parameters: model.pointer, count: model.count,
      range: 0..<model.layout.languageRange.lowerBound,
      workers: recipe.workers, weightDecay: decay)
    func headOptimizer(_ heads: AuxiliaryHeads) -> DataParallelOptimizer {
      DataParallelOptimizer(
        parameters: heads.buffer.pointer, count: heads.buffer.count, range: 0..<heads.buffer.count,
        workers: recipe.workers, weightDecay: decay)
    }
    tokenOptimizer = headOptimizer(tokenHeads)
    queryOptimizer = headOptimizer(queryHeads)
    for optimizer in [encoder, tokenOptimizer, queryOptimizer] {
      optimizer.maximumGradientNorm = 2
    }
  }

  package var steps: Int { recipe.visionImages / recipe.visionBatch }

  /// Everything that a resumed run needs, by name.
  package var state: [(name: String, pointer: Floats, count: Int)] {
    encoder.state(prefix: "encoder.") + tokenOptimizer.state(prefix: "tokens.")
      + queryOptimizer.state(prefix: "queries.")
  }

  package func resume(at step: Int) {
    self.step = step
    for optimizer in [encoder, tokenOptimizer, queryOptimizer] { optimizer.resume(at: step) }
  }

  /// One optimiser step over the next images of the stream.
  package func advance() -> Reading {
    let schedule = CosineSchedule(
      peak: recipe.visionLearningRate, steps: steps, warmup: min(100, steps / 10))
    let rate = schedule.rate(at: step)
    let batch = recipe.visionBatch
    let first = step * batch
    let scale = 1 / Float(batch)
    let sizes = tokenHeads.sizes
    // The heads' gradients are collected by the encoder's workers, in the heads' own buffers.
    tokenOptimizer.zero()
    queryOptimizer.zero()
    let counts = CorrectCounts(workers: recipe.workers, attributes: sizes.count)
    let (loss, squares) = encoder.accumulate { worker, gradients, arena in
      var total = 0.0
      var range = share(of: batch, worker: worker, of: self.recipe.workers)
      while !range.isEmpty {
        let chunk = range.prefix(16)
        arena.reset()
        let creatives = chunk.map { self.stream.creative(at: first + $0) }
        total += self.gradient(
          creatives, scale: scale, gradients: gradients,
          tokenGradients: self.tokenOptimizer.gradient(of: worker),
          queryGradients: self.queryOptimizer.gradient(of: worker), arena: arena, worker: worker,
          counts: counts)
        range = chunk.upperBound..<range.upperBound
      }
      return total
    }
    encoder.update(learningRate: rate, squaredNorm: squares)
    for optimizer in [tokenOptimizer, queryOptimizer] {
      optimizer.update(learningRate: rate, squaredNorm: optimizer.reduce())
    }
    step += 1
    return Reading(
      loss: loss / Double(batch), fromTokens: counts.shares(of: batch, queries: false),
      fromQueries: counts.shares(of: batch, queries: true))
  }

  private func gradient(
    _ creatives: [Creative], scale: Float, gradients: Floats, tokenGradients: Floats,
    queryGradients: Floats, arena: Arena, worker: Int, counts: CorrectCounts
  ) -> Double {
    guard let vision = model.layout.vision, let queryFormer = model.layout.queryFormer else {
      return 0
    }
    let images = creatives.count
    let size = vision.shape.imageSize
    let perImage = vision.shape.channels * size * size
    let pixels = arena.floats(images * perImage)
    for (i, creative) in creatives.enumerated() {
      pixelValues(of: creative.image, size: size, into: pixels + i * perImage)
    }
    let encoded = VisionPass(
      vision, parameters: model, arena: arena, pixels: pixels, images: images,
      keepsActivations: true)
    let queries = QueryFormerPass(
      queryFormer, parameters: model, arena: arena, imageTokens: encoded.output,
      tokensPerImage: vision.shape.tokenCount, images: images, keepsActivations: true)
    let labels = creatives.map(\.attributes)
    let tokenGradient = arena.zeros(images * tokenHeads.inputs)
    let queryGradient = arena.zeros(images * queryHeads.inputs)
    let fromTokens = tokenHeads.gradient(
      tokens: encoded.output, labels: labels, scale: scale, gradients: tokenGradients,
      inputGradient: tokenGradient, arena: arena)
    let fromQueries = queryHeads.gradient(
      tokens: queries.output, labels: labels, scale: scale, gradients: queryGradients,
      inputGradient: queryGradient, arena: arena)
    counts.add(worker: worker, tokens: fromTokens.correct, queries: fromQueries.correct)
    queries.backward(gradient: queryGradient, gradients: gradients, imageGradient: tokenGradient)
    encoded.backward(gradient: tokenGradient, gradients: gradients)
    return fromTokens.loss + fromQueries.loss
  }
}

/// Correct readings per worker and attribute; each worker writes its own row.
private final class CorrectCounts: @unchecked Sendable {
  private let attributes: Int
  private let workers: Int
  private let values: UnsafeMutablePointer<Int>

  init(workers: Int, attributes: Int) {
    self.workers = workers
    self.attributes = attributes
    values = .allocate(capacity: workers * attributes * 2)
    values.initialize(repeating: 0, count: workers * attributes * 2)
  }

  deinit { values.deallocate() }

  func add(worker: Int, tokens: [Int], queries: [Int]) {
    for i in 0..<attributes {
      values[(worker * 2) * attributes + i] += tokens[i]
      values[(worker * 2 + 1) * attributes + i] += queries[i]
    }
  }

  func shares(of batch: Int, queries: Bool) -> [Double] {
    (0..<attributes).map { attribute in
      let sum = (0..<workers).reduce(0) {
        $0 + values[($1 * 2 + (queries ? 1 : 0)) * attributes + attribute]
      }
      return Double(sum) / Double(batch)
    }
  }
}
