import Artifacts
package import Datasets
package import Kernels
package import Transformers

/// Stage 2 of the teacher: projection and language model learn to answer on hard labels, over a
/// frozen encoder and Q-Former, from a seeded stream far larger than the distillation set.
///
/// Sendable because one step runs at a time and workers only read it.
package final class LanguageStage: @unchecked Sendable {
  private let model: Parameters
  private let recipe: TeacherRecipe
  private let stream: EmbeddedStream
  private let processor: InputProcessor
  private let optimizer: DataParallelOptimizer
  private let encoderArenas: [Arena]
  package private(set) var step = 0

  package init(model: Parameters, recipe: TeacherRecipe, processor: InputProcessor) {
    self.model = model
    self.recipe = recipe
    self.processor = processor
    encoderArenas = (0..<recipe.workers).map { _ in Arena() }
    // Images that stage 1 has not seen.
    stream = EmbeddedData.stream(seed: recipe.seed &+ 1)
    optimizer = DataParallelOptimizer(
      parameters: model.pointer, count: model.count, range: model.layout.languageRange,
      workers: recipe.workers, weightDecay: Float(recipe.languageWeightDecay))
  }

  package var steps: Int { recipe.languageCreatives / recipe.languageBatch }

  package var state: [(name: String, pointer: Floats, count: Int)] {
    optimizer.state(prefix: "language.")
  }

  package func resume(at step: Int) {
    self.step = step
    optimizer.resume(at: step)
  }

  /// One optimiser step over the next creatives; returns the mean loss per answer token.
  package func advance() -> Double {
    let schedule = CosineSchedule(
      peak: recipe.languageLearningRate, steps: steps, warmup: min(100, steps / 10))
    let batch = recipe.languageBatch
    let first = step * batch
    // About five answers of five tokens a creative; the exact mean is not needed for the step.
    let scale = 1 / Float(batch * 25)
    let queryCount =
      recipe.queryCount * recipe.visionHiddenSize
    let (loss, squares) = optimizer.accumulate { worker, gradients, arena in
      var total = 0.0
      var range = share(of: batch, worker: worker, of: self.recipe.workers)
      let encoderArena = self.encoderArenas[worker]
      while !range.isEmpty {
        let chunk = range.prefix(8)
        let creatives = chunk.map { self.stream.creative(at: first + $0) }
        arena.reset()
        let queries = arena.floats(creatives.count * queryCount)
        encodeQueries(
          creatives.map(\.image), model: self.model, arena: encoderArena, into: queries)
        let items = LanguageShare(
          questions: creatives.map { prepareQuestions($0, processor: self.processor) },
          queries: creatives.indices.map { Shared(UnsafePointer(queries + $0 * queryCount)) })
        total += languageGradient(
          self.model, items, loss: HardLabelLoss(), teacherLogits: nil, scale: scale,
          gradients: gradients, arena: arena)
        range = chunk.upperBound..<range.upperBound
      }
      return total
    }
    optimizer.update(learningRate: schedule.rate(at: step), squaredNorm: squares)
    step += 1
    return loss / Double(batch * 25)
  }
}
