import Artifacts
import Kernels
import Testing
import Transformers

/// A model with bf16 products: close to the same model in f32, and not the same.
@Suite struct PrecisionTests {
  static func model() -> Parameters {
    var shape = ModelShape(
      languageModel: OPTFamily.shape(
        vocabularySize: 50, maximumPositions: 32,
        uniform: UniformShape(
          blocks: 3, feedForwardWidth: 70, heads: 3, headSize: 11, hiddenSize: 33)))
    // ReLU's derivative jumps: where rounding moves an input across 0, a whole unit's gradient
    // differs, and the share of such units, not their error, would be compared.
    for index in shape.languageModel.blocks.indices {
      shape.languageModel.blocks[index].feedForward.activation = .gelu
    }
    let model = Parameters(layout: ModelLayout(shape))
    var generator = SeededGenerator(seed: 6)
    model.initialize(using: &generator, deviation: 0.15)
    return model
  }

  static let batch: LanguageBatch = {
    var batch = LanguageBatch()
    for sequence in 0..<3 {
      let tokens = (0..<12).map { Int32(($0 * 7 + sequence * 5) % 50) }
      batch.append(sequence: tokens, targets: tokens)
    }
    return batch
  }()

  /// Logits, and the gradient of their sum weighted by a fixed pattern.
  static func run(_ model: Parameters) -> (logits: [Float], gradient: [Float]) {
    let arena = Arena()
    let pass = LanguageModelPass(
      parameters: model, arena: arena, batch: batch, features: nil, keepsActivations: true)
    let count = batch.rows * 50
    let logits = Array(UnsafeBufferPointer(start: pass.logits, count: count))
    let above = arena.floats(count)
    for i in 0..<count { above[i] = Float(i % 7) - 3 }
    let gradients = AlignedBuffer(count: model.count)
    pass.backward(logitGradient: above, gradients: gradients.pointer, featureGradient: nil)
    return (logits, Array(UnsafeBufferPointer(start: gradients.pointer, count: model.count)))
  }

  /// ‖a − b‖ / ‖b‖
  static func distance(_ a: [Float], _ b: [Float]) -> Double {
    let difference = zip(a, b).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    return (difference / b.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
  }

  @Test func forwardAndBackwardStayCloseToSinglePrecision() {
    let model = Self.model()
    let single = Self.run(model)
    let half = Self.run(model.running(in: .bf16))
    // Two operands rounded to 2⁻⁹ each leave 1.6e-3 in a product's norm; twelve products in a row
    // forward and as many back leave 5.5e-3 in logits and 8e-3 in gradients, where errors are
    // independent.
    for (mine, reference) in [(half.logits, single.logits), (half.gradient, single.gradient)] {
      let error = Self.distance(mine, reference)
      #expect(error > 1e-4 && error < 2e-2, "\(error)")
    }
    #expect(Self.run(model.running(in: .bf16)).gradient == half.gradient)
  }

  @Test func precisionsShareTheirNumbers() {
    let model = Self.model()
    let half = model.running(in: .bf16)
    #expect(model.layout.precision == .f32 && half.layout.precision == .bf16)
    model.pointer[0] = 17
    #expect(half.pointer[0] == 17)
    #expect(half.running(in: .f32).layout.precision == .f32)
  }

  @Test func servingUsesTheModelsPrecision() {
    let model = Self.model()
    let group = GenerationGroup(imageRows: 0, prompts: [[1, 2, 3, 4, 5, 6]])
    func tokens(_ precision: Precision) -> [[Int32]] {
      GreedyGenerator(InferenceModel(model.running(in: precision)), arena: Arena()).generate(
        [group], features: nil, newTokens: 6)
    }
    #expect(tokens(.bf16) == tokens(.bf16))
    #expect(tokens(.bf16)[0].count == 6)
  }
}
