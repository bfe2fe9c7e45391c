import Artifacts
import Datasets
import Foundation
import Kernels
import Training
import Transformers

/// A way to get a model of the final shape without compressing anything.
enum ControlArm: String, CaseIterable, Codable {
  /// Random weights throughout, hard labels.
  case scratch = "a: random weights throughout, hard labels"
  /// Random language model on the teacher's encoder and Q-Former, hard labels.
  case inherited = "b: random language model, inherited encoder and Q-Former, hard labels"
  /// As b, with the compression's own distillation loss.
  case distilled = "c: as b, with the same distillation"

  /// The likeliest first, so that a run that is cut short has every arm at it.
  static let learningRates = [1e-3, 5e-4, 2e-3]
}

/// Floating-point operations of training, counted from shapes: 6 per weight and row for forward
/// and backward, 2 for forward alone. Of the last block only keys and values have every row; the
/// rest has the rows that predict an answer's tokens, as in the engine.
struct ComputeCount {
  /// Rows of the language model per creative, and images per creative (1).
  let rowsPerCreative: Double
  /// Of them those whose logits are wanted: one a token of the answers.
  let outputsPerCreative: Double
  let creatives: Double
  let shape: ModelShape

  /// One epoch of training the language part.
  func languageEpoch(_ uniform: UniformShape) -> Double {
    let projection = uniform.hiddenSize * uniform.heads * uniform.headSize
    let allRows = (uniform.blocks - 1) * uniform.parametersPerBlock + 2 * projection
    let outputRows =
      uniform.parametersPerBlock - 2 * projection
      + shape.languageModel.vocabularySize * uniform.hiddenSize
    return 6 * creatives
      * (Double(allRows) * rowsPerCreative + Double(outputRows) * outputsPerCreative)
  }

  /// One epoch of training encoder and Q-Former.
  var encoderEpoch: Double {
    guard let vision = shape.vision, let query = shape.queryFormer else { return 0 }
    func weights(_ blocks: [BlockShape]) -> Double {
      blocks.reduce(0) {
        $0
          + Double(
            4 * $1.hiddenSize * $1.attention.queryWidth
              + 2 * $1.hiddenSize * $1.feedForward.width)
      }
    }
    return 6 * creatives
      * (weights(vision.blocks) * Double(vision.tokenCount)
        + weights(query.blocks) * Double(query.queryCount)
        + 2 * Double(vision.hiddenSize * query.hiddenSize * vision.tokenCount))
  }

  /// The teacher's share: its logits on the data, and on every altered view its encoding and its
  /// answers.
  func teacher(_ plan: PlanRecord) -> Double {
    let forward = languageEpoch(plan.original.shape) / 3
    return forward + Double(plan.settings.teacherViews) * (forward + encoderEpoch / 3)
  }

  /// What executing a plan computes: every step's epochs, its importance pass where it has one, and
  /// the teacher's share.
  func compression(_ plan: PlanRecord) -> Double {
    var total = teacher(plan)
    for step in plan.schedule {
      total += Double(step.epochs) * languageEpoch(step.to)
      if step.stage != .blocks { total += languageEpoch(step.from) }
    }
    return total
  }
}

/// Trains all parts of a model together, on images, with hard labels: arm a.
struct EndToEndTrainer {
  let creatives: [Creative]
  let questions: [[PreparedQuestion]]
  let batch: Int
  let workers: Int

  func train(_ model: Parameters, epochs: Int, learningRate: Double, seed: UInt64) {
    let optimizer = DataParallelOptimizer(
      parameters: model.pointer, count: model.count, range: 0..<model.count, workers: workers,
      weightDecay: 0.01)
    let perEpoch = (creatives.count + batch - 1) / batch
    let schedule = CosineSchedule(
      peak: learningRate, steps: perEpoch * epochs, warmup: min(50, perEpoch * epochs / 10))
    var generator = SeededGenerator(seed: seed, stream: "control order")
    for epoch in 0..<epochs {
      let order = generator.permutation(creatives.count)
      for position in 0..<perEpoch {
        let indices = Array(order[(position * batch)..<min((position + 1) * batch, order.count)])
        let tokens = indices.reduce(0) {
          $0 + questions[$1].reduce(0) { $0 + $1.answer.count }
        }
        let (_, squares) = optimizer.accumulate { worker, gradients, arena in
          var range = share(of: indices.count, worker: worker, of: workers)
          while !range.isEmpty {
            let chunk = range.prefix(8)
            arena.reset()
            gradient(
              model, Array(indices[chunk]), scale: 1 / Float(tokens), gradients: gradients,
              arena: arena)
            range = chunk.upperBound..<range.upperBound
          }
          return 0
        }
        optimizer.update(
          learningRate: schedule.rate(at: epoch * perEpoch + position), squaredNorm: squares)
      }
    }
  }

  private func gradient(
    _ model: Parameters, _ indices: [Int], scale: Float, gradients: Floats, arena: Arena
  ) {
    guard let vision = model.layout.vision, let queryFormer = model.layout.queryFormer else {
      return
    }
    let size = vision.shape.imageSize
    let perImage = vision.shape.channels * size * size
    let pixels = arena.floats(indices.count * perImage)
    for (i, index) in indices.enumerated() {
      pixelValues(of: creatives[index].image, size: size, into: pixels + i * perImage)
    }
    let encoded = VisionPass(
      vision, parameters: model, arena: arena, pixels: pixels, images: indices.count,
      keepsActivations: true)
    let queries = QueryFormerPass(
      queryFormer, parameters: model, arena: arena, imageTokens: encoded.output,
      tokensPerImage: vision.shape.tokenCount, images: indices.count, keepsActivations: true)
    var batch = LanguageBatch()
    for index in indices {
      let prefix = batch.appendImage(count: queryFormer.shape.queryCount)
      for question in questions[index] {
        batch.append(prompt: question.prompt, answer: question.answer, prefix: prefix)
      }
    }
    let hidden = model.layout.languageModel.shape.hiddenSize
    let rows = batch.imageRows
    let features = arena.floats(rows * hidden)
    projectQueries(queries.output, rows: rows, parameters: model, into: features)
    let pass = LanguageModelPass(
      parameters: model, arena: arena, batch: batch, features: features, keepsActivations: true)
    let outputs = batch.outputRows.count
    let vocabulary = model.layout.languageModel.shape.vocabularySize
    let dLogits = arena.floats(outputs * vocabulary)
    _ = batch.targets.withUnsafeBufferPointer { targets -> Double in
      guard let base = targets.baseAddress else { return 0 }
      return crossEntropy(
        logits: pass.logits, targets: base, gradient: dLogits, rows: outputs,
        vocabulary: vocabulary, scale: scale)
    }
    let dFeatures = arena.zeros(rows * hidden)
    pass.backward(logitGradient: dLogits, gradients: gradients, featureGradient: dFeatures)
    let dQueries = arena.zeros(rows * queryFormer.shape.hiddenSize)
    projectQueriesBackward(
      queries.output, featureGradient: dFeatures, rows: rows, parameters: model,
      gradients: gradients, queryGradient: dQueries)
    let dImage = arena.zeros(indices.count * vision.shape.tokenCount * vision.shape.hiddenSize)
    queries.backward(gradient: dQueries, gradients: gradients, imageGradient: dImage)
    encoded.backward(gradient: dImage, gradients: gradients)
  }
}
