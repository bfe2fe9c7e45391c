import Artifacts
import Kernels
import Training
import Transformers

/// A distillation step as the issue of this engine's speed states it: teacher forward, student
/// forward and backward, AdamW, on sequences of one length with logits at every row.
final class StepWork: Sendable {
  static let sequences = 32
  static let tokens = 48
  static let shape = UniformShape(
    blocks: 12, feedForwardWidth: 1024, heads: 8, headSize: 32, hiddenSize: 256)
  static let vocabulary = 444

  let student: Parameters
  let teacher: Parameters
  let optimizer: DataParallelOptimizer
  let packedStudent: PackedWeights
  let packedTeacher: PackedWeights
  private let batches: [[LanguageBatch]]
  private let workers: Int
  private let loss = DistillationLoss(pairwiseWeight: 0)

  /// - Parameter microBatch: sequences that a worker runs at a time.
  init(
    blocks: Int = 12, sequences: Int = StepWork.sequences, workers: Int, precision: Precision,
    microBatch: Int = 8
  ) {
    student = Self.model(blocks: blocks, seed: 1).running(in: precision)
    teacher = Self.model(blocks: blocks, seed: 2).running(in: precision)
    packedStudent = PackedWeights(student, training: true)
    packedTeacher = PackedWeights(teacher, training: false)
    self.workers = workers
    optimizer = DataParallelOptimizer(
      parameters: student.pointer, count: student.count, range: 0..<student.count,
      workers: workers, weightDecay: 0.01)
    batches = (0..<workers).map { worker in
      let own = Array(share(of: sequences, worker: worker, of: workers))
      return stride(from: 0, to: own.count, by: microBatch).map { first in
        var batch = LanguageBatch()
        for sequence in own[first..<min(first + microBatch, own.count)] {
          batch.append(
            sequence: Self.sequence(sequence), targets: Self.sequence(sequence + 1))
        }
        return batch
      }
    }
  }

  static func model(blocks: Int, seed: UInt64) -> Parameters {
    var uniform = shape
    uniform.blocks = blocks
    let parameters = Parameters(
      layout: ModelLayout(
        ModelShape(
          languageModel: OPTFamily.shape(
            vocabularySize: vocabulary, maximumPositions: 64, uniform: uniform))))
    var generator = SeededGenerator(seed: seed)
    parameters.initialize(using: &generator)
    return parameters
  }

  static func sequence(_ index: Int) -> [Int32] {
    (0..<tokens).map { Int32((index * 131 + $0 * 17) % vocabulary) }
  }

  /// One update; returns the mean loss of a row.
  @discardableResult
  func step() -> Double {
    let rows = batches.joined().reduce(0) { $0 + $1.rows }
    let scale = 1 / Float(rows)
    let (total, squares) = optimizer.accumulate { [self] worker, gradients, arena in
      var total = 0.0
      for batch in batches[worker] {
        arena.reset()
        total += gradient(batch, gradients: gradients, arena: arena, scale: scale)
      }
      return total
    }
    optimizer.update(learningRate: 1e-4, squaredNorm: squares)
    _ = parallel(workers: workers) { [self] in packedStudent.repack(worker: $0, of: workers) }
    return total / Double(rows)
  }

  private func gradient(_ batch: LanguageBatch, gradients: Floats, arena: Arena, scale: Float)
    -> Double
  {
    let rows = batch.rows
    let vocabulary = Self.vocabulary
    let reference = arena.floats(rows * vocabulary)
    let mark = arena.mark
    let frozen = LanguageModelPass(
      parameters: teacher, arena: arena, batch: batch, features: nil, keepsActivations: false,
      packed: packedTeacher)
    reference.update(from: frozen.logits, count: rows * vocabulary)
    arena.release(to: mark)
    let pass = LanguageModelPass(
      parameters: student, arena: arena, batch: batch, features: nil, keepsActivations: true,
      packed: packedStudent)
    let logitGradient = arena.floats(rows * vocabulary)
    let inner = arena.mark
    let scratch = arena.floats(2 * rows * (vocabulary + 1))
    let total = batch.targets.withUnsafeBufferPointer { targets -> Double in
      guard let targets = targets.baseAddress else { return 0 }
      return loss.evaluate(
        logits: pass.logits, teacher: reference, targets: targets, gradient: logitGradient,
        rows: rows, vocabulary: vocabulary, scale: scale, scratch: scratch)
    }
    arena.release(to: inner)
    pass.backward(logitGradient: logitGradient, gradients: gradients, featureGradient: nil)
    return total
  }
}

/// The serving path on one sequence of text: every token of the prompt through all blocks, and the
/// most probable next one.
final class PromptWork {
  private let model: InferenceModel
  private let arena = Arena()

  private let team: WorkerTeam

  init(blocks: Int = 12, threads: Int, precision: Precision) {
    team = WorkerTeam(workers: threads)
    model = InferenceModel(StepWork.model(blocks: blocks, seed: 1).running(in: precision))
  }

  @discardableResult
  func run() -> Int32 {
    arena.reset()
    let group = GenerationGroup(imageRows: 0, prompts: [StepWork.sequence(0)])
    return GreedyGenerator(model, arena: arena, team: team).generate(
      [group], features: nil, newTokens: 1)[0][0]
  }
}
