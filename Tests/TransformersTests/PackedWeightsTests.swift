import Artifacts
import Kernels
import Testing
import Transformers

/// Packed weights are copies: with them a model computes the same bytes.
@Suite struct PackedWeightsTests {
  static func batch(sequences: Int, tokens: Int) -> LanguageBatch {
    var batch = LanguageBatch()
    for sequence in 0..<sequences {
      let ids = (0..<tokens).map { Int32(($0 * 7 + sequence * 5) % 50) }
      batch.append(sequence: ids, targets: ids)
    }
    return batch
  }

  /// Bits of logits and of all gradients.
  static func bits(_ model: Parameters, _ batch: LanguageBatch, packed: PackedWeights?) -> [UInt32]
  {
    let arena = Arena()
    let pass = LanguageModelPass(
      parameters: model, arena: arena, batch: batch, features: nil, keepsActivations: true,
      packed: packed)
    let count = batch.rows * 50
    let above = arena.floats(count)
    for i in 0..<count { above[i] = Float(i % 7) - 3 }
    let gradients = AlignedBuffer(count: model.count)
    pass.backward(logitGradient: above, gradients: gradients.pointer, featureGradient: nil)
    return (0..<count).map { pass.logits[$0].bitPattern }
      + (0..<model.count).map { gradients.pointer[$0].bitPattern }
  }

  @Test(arguments: Precision.allCases, [(1, 1), (1, 4), (1, 5), (3, 12), (9, 17)])
  func changeNoByte(_ precision: Precision, _ size: (sequences: Int, tokens: Int)) {
    let model = PrecisionTests.model().running(in: precision)
    let batch = Self.batch(sequences: size.sequences, tokens: size.tokens)
    let packed = PackedWeights(model, training: true)
    #expect(Self.bits(model, batch, packed: packed) == Self.bits(model, batch, packed: nil))
    for i in 0..<model.count { model.pointer[i] *= 1.25 }
    let stale = Self.bits(model, batch, packed: packed)
    for worker in 0..<2 { packed.repack(worker: worker, of: 2) }
    let fresh = Self.bits(model, batch, packed: packed)
    #expect(fresh == Self.bits(model, batch, packed: nil))
    if batch.rows > 4 && GemmPath.fastest(.f32) != .openBLAS { #expect(fresh != stale) }
  }
}
