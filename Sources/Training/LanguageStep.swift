import Artifacts
package import Kernels
package import Transformers

/// Creatives with their queries, as one worker's share of a training step.
package struct LanguageShare: Sendable {
  package var questions: [[PreparedQuestion]]
  /// Q-Former output of each creative.
  package var queries: [ConstFloatsReference]
  /// Gaussian noise added to the queries, where wanted.
  package var noise: QueryNoise?

  package init(
    questions: [[PreparedQuestion]], queries: [ConstFloatsReference], noise: QueryNoise? = nil
  ) {
    self.questions = questions
    self.queries = queries
    self.noise = noise
  }
}

/// Noise on the cached outputs of the Q-Former, while the teacher's cached logits stay those of the
/// clean ones: the student learns that images like these get the same answer, and memorises fewer
/// of them (Bishop, "Training with Noise is Equivalent to Tikhonov Regularization", 1995).
package struct QueryNoise: Sendable {
  /// Standard deviation, in the units of the queries.
  package var deviation: Float
  package var seed: UInt64

  package init(deviation: Float, seed: UInt64) {
    self.deviation = deviation
    self.seed = seed
  }
}

/// A pointer into a buffer that outlives the step and is only read.
package typealias ConstFloatsReference = Shared<ConstFloats>

/// One batch through projection and language model.
struct LanguageForward {
  let pass: LanguageModelPass
  let batch: LanguageBatch
  let queries: Floats
  let imageRows: Int

  init(
    _ model: Parameters, _ items: LanguageShare, arena: Arena, keepsActivations: Bool,
    packed: PackedWeights? = nil
  ) {
    let queryShape = model.layout.queryFormer?.shape
    let perImage = queryShape?.queryCount ?? 0
    let width = queryShape?.hiddenSize ?? 0
    var batch = LanguageBatch()
    for questions in items.questions {
      let prefix = perImage > 0 ? batch.appendImage(count: perImage) : nil
      for question in questions {
        batch.append(prompt: question.prompt, answer: question.answer, prefix: prefix)
      }
    }
    imageRows = batch.imageRows
    queries = arena.floats(max(1, imageRows * width))
    for (i, source) in items.queries.enumerated() {
      (queries + i * perImage * width).update(from: source.value, count: perImage * width)
    }
    if let noise = items.noise {
      var generator = SeededGenerator(seed: noise.seed)
      for i in 0..<(imageRows * width) {
        queries[i] += noise.deviation * Float(generator.normal())
      }
    }
    let hidden = model.layout.languageModel.shape.hiddenSize
    let features = arena.floats(max(1, imageRows * hidden))
    projectQueries(queries, rows: imageRows, parameters: model, into: features)
    self.batch = batch
    pass = LanguageModelPass(
      parameters: model, arena: arena, batch: batch, features: features,
      keepsActivations: keepsActivations, packed: packed)
  }
}

/// Adds the gradients of `scale · Σ loss` over the share's answer tokens to `gradients`; returns
/// Σ loss. `packed`, where given, are copies of the model's weights. `teacherLogits` is [answer tokens, vocabulary], in the order of the questions.
package func languageGradient(
  _ model: Parameters, _ items: LanguageShare, loss: some TokenLoss, teacherLogits: ConstFloats?,
  scale: Float, gradients: Floats, arena: Arena, packed: PackedWeights? = nil
) -> Double {
  guard !items.questions.isEmpty else { return 0 }
  let forward = LanguageForward(model, items, arena: arena, keepsActivations: true, packed: packed)
  let rows = forward.batch.outputRows.count
  let vocabulary = model.layout.languageModel.shape.vocabularySize
  let hidden = model.layout.languageModel.shape.hiddenSize
  let logitGradient = arena.floats(rows * vocabulary)
  let mark = arena.mark
  let scratch = arena.floats(2 * rows * (vocabulary + 1))
  let total = forward.batch.targets.withUnsafeBufferPointer { targets -> Double in
    guard let targets = targets.baseAddress else { return 0 }
    return loss.evaluate(
      logits: forward.pass.logits, teacher: teacherLogits, targets: targets,
      gradient: logitGradient, rows: rows, vocabulary: vocabulary, scale: scale, scratch: scratch)
  }
  arena.release(to: mark)
  let featureGradient = arena.zeros(max(1, forward.imageRows * hidden))
  forward.pass.backward(
    logitGradient: logitGradient, gradients: gradients, featureGradient: featureGradient)
  projectQueriesBackward(
    forward.queries, featureGradient: featureGradient, rows: forward.imageRows, parameters: model,
    gradients: gradients, queryGradient: nil)
  return total
}

/// Logits at every answer token, [answer tokens, vocabulary], written to `target`; returns the rows.
package func languageLogits(
  _ model: Parameters, _ items: LanguageShare, arena: Arena, into target: Floats
) -> Int {
  guard !items.questions.isEmpty else { return 0 }
  let forward = LanguageForward(model, items, arena: arena, keepsActivations: false)
  let rows = forward.batch.outputRows.count
  target.update(
    from: forward.pass.logits, count: rows * model.layout.languageModel.shape.vocabularySize)
  return rows
}

/// Σ over the answer tokens of their cross-entropy, in nats.
func summedLoss(
  _ model: InferenceModel, _ items: LanguageShare, vocabulary: Int, arena: Arena
) -> Double {
  let forward = LanguageForward(
    model.parameters, items, arena: arena, keepsActivations: false, packed: model.packed)
  let logits = forward.pass.logits
  return forward.batch.targets.withUnsafeBufferPointer { targets in
    guard let targets = targets.baseAddress else { return 0 }
    // The gradient is not wanted and may overwrite the logits.
    return crossEntropy(
      logits: logits, targets: targets, gradient: logits, rows: forward.batch.targets.count,
      vocabulary: vocabulary, scale: 1)
  }
}
