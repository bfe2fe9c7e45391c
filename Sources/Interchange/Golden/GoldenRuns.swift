import Artifacts
import Foundation
import Kernels
import Storage
import Training
import Transformers

/// Tokens of the prompt in `greedy.ids`.
private let promptCount = 4

/// What the gradients of two engines in single precision differ by from rounding alone.
private let gradientRounding: Float = 1e-6

extension GoldenComparer {
  /// Logits of a second batch, whose masked places are padding.
  mutating func comparePaddedBatch() throws {
    guard file.contains("padded.input_ids"), layout.vision == nil else { return }
    let golden = try GoldenBatch(self, prefix: "padded.")
    markUsed("padded.input_ids", "padded.attention_mask")
    let pass = LanguageModelPass(
      parameters: model.parameters, arena: Arena(), batch: golden.batch, features: nil,
      keepsActivations: false)
    try check(
      "padded.logits", pass.logits, rows: golden.kept, width: vocabulary,
      totalRows: golden.sequences * golden.places)
  }

  /// Greedy generation with the key/value cache: how many tokens differ.
  mutating func compareGreedyGeneration() throws {
    guard file.contains("greedy.ids"), layout.vision == nil else { return }
    let shape = try file.tensor("greedy.ids").shape
    let language = layout.languageModel.shape
    guard shape.count == 2, shape[0] > 0, shape[0] <= 1 << 16, shape[1] > promptCount,
      GreedyGenerator.fits(
        language, imageRows: 0, promptTokens: promptCount, newTokens: shape[1] - promptCount)
    else {
      throw malformed(
        "greedy.ids",
        "must be [sequences, \(promptCount) + new tokens], within the model's positions")
    }
    let ids = try file.readIntegers("greedy.ids")
    guard ids.allSatisfy({ $0 >= 0 && $0 < vocabulary }) else {
      throw malformed("greedy.ids", "holds numbers that are not tokens of the model")
    }
    let rows = (0..<shape[0]).map { row in
      ids[(row * shape[1])..<((row + 1) * shape[1])].map { Int32($0) }
    }
    let generated = GreedyGenerator(InferenceModel(model.parameters), arena: Arena()).generate(
      [GenerationGroup(imageRows: 0, prompts: rows.map { Array($0.prefix(promptCount)) })],
      features: nil, newTokens: shape[1] - promptCount)
    var worst = WorstDifference(GoldenTolerance(share: 0.5), largest: [])
    let wrong = zip(rows, generated).reduce(0) { sum, pair in
      sum + zip(pair.0.dropFirst(promptCount), pair.1).count { $0 != $1 }
    }
    worst.add(Double(wrong), golden: 0)
    record("greedy.ids", worst)
  }

  /// Losses and parameters over steps of AdamW.
  ///
  /// A step moves a parameter by about the learning rate in the direction of its gradient, however
  /// small that is. Where a gradient is of the size of rounding, its direction is not determined: a
  /// parameter may differ by as much as rounding can move it.
  mutating func compareOptimizer() throws {
    guard file.contains("adamw.losses"), layout.vision == nil else { return }
    let expected = try file.floats("adamw.losses")
    let golden = try GoldenBatch(self, prefix: "")
    let batch = golden.withTargetsOnly
    guard (1...1_000).contains(expected.count), golden.labelsAreReachable, batch.targets.count > 0
    else { throw malformed("adamw.losses", "must be one loss per step, with labels to learn") }
    let student = model.parameters.copy()
    let optimizer = DataParallelOptimizer(
      parameters: student.pointer, count: student.count, range: 0..<student.count, workers: 1,
      weightDecay: 0.1)
    optimizer.beta1 = 0.9
    optimizer.beta2 = 0.95
    optimizer.epsilon = 1e-8
    optimizer.maximumGradientNorm = .infinity
    let learningRate: Float = 1e-2
    let allowance = AlignedBuffer(count: student.count)
    var worst = WorstDifference(plain, largest: expected)
    for loss in expected {
      optimizer.zero()
      let found = lossAndGradients(
        HardLabelLoss(), batch, nil, parameters: student, teacher: nil,
        gradients: optimizer.gradientSum)
      worst.add(found, golden: Double(loss))
      for i in 0..<student.count {
        let gradient = abs(optimizer.gradientSum[i])
        // No gradient at all, as of tokens that do not occur, leaves nothing to rounding.
        guard gradient > 0 else { continue }
        allowance.pointer[i] += learningRate * min(2, gradientRounding / gradient)
      }
      optimizer.update(learningRate: Double(learningRate), squaredNorm: optimizer.reduce())
    }
    record("adamw.losses", worst)
    try checkParameters(
      "adamw.param.", student.pointer,
      tolerance: GoldenTolerance(share: plain.share, relative: 1e-3), allowance: allowance.pointer)
  }
}
