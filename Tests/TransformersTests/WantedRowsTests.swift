import Artifacts
import Foundation
import Kernels
import TestSupport
import Testing
import Transformers

/// The last block computes the output rows alone: logits and gradients are those of computing all.
@Suite struct WantedRowsTests {
  enum Kind: String, CaseIterable { case opt, wide, normsBehind, llama, gpt2, qwen2, headNorms }

  private func model(_ kind: Kind) throws -> Parameters {
    switch kind {
    case .opt: return PrecisionTests.model()
    case .wide:
      // Serving keeps a gap between rows of such a width.
      return random(PrecisionTests.model().layout.shape) { $0.feedForward.width = 512 }
    case .normsBehind:
      return random(PrecisionTests.model().layout.shape) { $0.normPlacement = .after }
    case .headNorms:
      var shape = try self.model(.qwen2).layout.shape
      shape.languageModel.family = .qwen3
      return random(shape) {
        $0.attention.headNorm = true
        $0.attention.bias = false
      }
    case .llama, .gpt2, .qwen2:
      let folder = fixtures(#filePath).appending(path: kind.rawValue).path
      return try Checkpoint.load(folder: folder).parameters
    }
  }

  private func random(_ shape: ModelShape, _ change: (inout BlockShape) -> Void) -> Parameters {
    var shape = shape
    for index in shape.languageModel.blocks.indices {
      change(&shape.languageModel.blocks[index])
    }
    let model = Parameters(layout: ModelLayout(shape))
    var generator = SeededGenerator(seed: 3)
    model.initialize(using: &generator, deviation: 0.15)
    return model
  }

  /// A shared prefix with three questions, one of which wants nothing, and a sequence of its own.
  /// - Parameter all: whether the logits of every row are wanted.
  private func batch(all: Bool) -> LanguageBatch {
    var batch = LanguageBatch()
    func tokens(_ count: Int, _ seed: Int) -> [Int32] {
      (0..<count).map { Int32(($0 * 7 + seed * 5) % 50) }
    }
    // Text stands for an image: prefixes are prefixes.
    batch.append(prompt: tokens(4, 1), answer: [], prefix: nil)
    let image = batch.segments[0]
    batch.append(prompt: tokens(5, 2), answer: tokens(3, 3), prefix: image)
    batch.append(prompt: tokens(6, 4), answer: [], prefix: image)
    batch.append(prompt: tokens(2, 5), answer: tokens(6, 6), prefix: image)
    batch.append(prompt: tokens(1, 7), answer: tokens(2, 8), prefix: nil)
    if all {
      batch.outputRows = (0..<batch.rows).map { Int32($0) }
      batch.targets = batch.outputRows.map { _ in -1 }
    }
    return batch
  }

  /// Logits and gradients, with the gradient of logits zero but at `rows`.
  private func run(
    _ model: Parameters, _ batch: LanguageBatch, rows: [Int32], packed: PackedWeights?
  ) -> (logits: [Int32: [Float]], gradients: [Float]) {
    let arena = Arena()
    let pass = LanguageModelPass(
      parameters: model, arena: arena, batch: batch, features: nil, keepsActivations: true,
      packed: packed)
    let vocabulary = model.layout.languageModel.shape.vocabularySize
    let above = arena.zeros(batch.outputRows.count * vocabulary)
    var logits: [Int32: [Float]] = [:]
    for (place, row) in batch.outputRows.enumerated() where rows.contains(row) {
      logits[row] = (0..<vocabulary).map { pass.logits[place * vocabulary + $0] }
      for i in 0..<vocabulary {
        above[place * vocabulary + i] = Float((i + Int(row)) % 7) / 3 - 1
      }
    }
    let gradients = AlignedBuffer(count: model.count)
    pass.backward(logitGradient: above, gradients: gradients.pointer, featureGradient: nil)
    return (logits, (0..<model.count).map { gradients.pointer[$0] })
  }

  @Test(arguments: Kind.allCases, [false, true])
  func equalComputingAllRows(_ kind: Kind, packs: Bool) throws {
    let model = try model(kind)
    let packed = packs ? PackedWeights(model, training: true) : nil
    let some = batch(all: false)
    #expect(some.outputRows.count < some.rows)
    let whole = run(model, batch(all: true), rows: some.outputRows, packed: packed)
    let part = run(model, some, rows: some.outputRows, packed: packed)
    #expect(part.logits.count == some.outputRows.count)
    for (row, logits) in part.logits {
      for (a, b) in zip(logits, try #require(whole.logits[row])) { #expect(abs(a - b) < 1e-4) }
    }
    let scale = whole.gradients.reduce(Float(0)) { max($0, abs($1)) }
    #expect(scale > 0)
    for (a, b) in zip(part.gradients, whole.gradients) { #expect(abs(a - b) < 1e-5 * scale) }
  }

  /// Nothing kept: the same logits as with kept activations.
  @Test(arguments: Kind.allCases) func inferenceGivesTheSameLogits(_ kind: Kind) throws {
    let model = try model(kind)
    let batch = batch(all: false)
    let trained = run(model, batch, rows: batch.outputRows, packed: nil)
    let pass = LanguageModelPass(
      parameters: model, arena: Arena(), batch: batch, features: nil, keepsActivations: false)
    let vocabulary = model.layout.languageModel.shape.vocabularySize
    for (place, row) in batch.outputRows.enumerated() {
      for (i, logit) in try #require(trained.logits[row]).enumerated() {
        #expect(pass.logits[place * vocabulary + i] == logit)
      }
    }
  }

  /// The prefill of a request computes one row of every prompt in its last block; its logits are
  /// those of the forward pass over all rows.
  @Test(arguments: Kind.allCases) func prefillGivesTheSameLogits(_ kind: Kind) throws {
    let model = try model(kind)
    let prompts: [[Int32]] = [[3, 1, 4, 1, 5, 9], [2, 6], [5, 3, 5, 8]]
    var batch = LanguageBatch()
    for prompt in prompts { batch.append(sequence: prompt, targets: prompt) }
    let pass = LanguageModelPass(
      parameters: model, arena: Arena(), batch: batch, features: nil, keepsActivations: false)
    let vocabulary = model.layout.languageModel.shape.vocabularySize
    var compared = 0
    _ = GreedyGenerator(InferenceModel(model), arena: Arena()).generate(
      [GenerationGroup(imageRows: 0, prompts: prompts)], features: nil, newTokens: 1,
      onLogits: { _, _, logits in
        var last = -1
        for (index, prompt) in prompts.enumerated() {
          last += prompt.count
          for i in 0..<vocabulary {
            #expect(abs(logits[index * vocabulary + i] - pass.logits[last * vocabulary + i]) < 1e-4)
            compared += 1
          }
        }
      })
    #expect(compared == 3 * vocabulary)
  }
}
