import Artifacts
import Planning
import TestSupport
import Testing
import Transformers

/// The plan counts parameters of shapes that do not exist yet, the journal those of checkpoints.
@Suite struct ParameterCountTests {
  @Test func planAndJournalCountTheSame() throws {
    let layout = TinyModel.make().layout
    let shape = layout.languageModel.shape
    let uniform = try #require(shape.uniform)
    #expect(layout.languageModelParameters == shape.parameterCount(at: uniform))
    #expect(layout.languageModelParameters < layout.languageRange.count)
  }

  /// Gates, shared key/value heads, missing biases, norms without bias, norms of heads.
  @Test(arguments: [
    LanguageFamily.opt, .gpt2, .llama, .mistral, .qwen2, .qwen3,
  ])
  func aPlanCountsWhatACheckpointOfItsFamilyHas(family: LanguageFamily) throws {
    let rotates = family != .opt && family != .gpt2
    let block = BlockShape(
      hiddenSize: 48,
      attention: AttentionShape(
        queryHeads: 4, keyValueHeads: rotates ? 2 : 4, headSize: 12,
        bias: family != .llama && family != .mistral && family != .qwen3,
        outputBias: !rotates, headNorm: family == .qwen3),
      feedForward: FeedForwardShape(
        width: 80, activation: rotates ? .silu : .relu, gated: rotates, bias: !rotates),
      norm: rotates ? .rms : .layer)
    let original = LanguageModelShape(
      family: family, vocabularySize: 100, maximumPositions: 64, learnedPositions: !rotates,
      positionOffset: family == .opt ? 2 : 0, hiddenSize: 48,
      blocks: [block, block, block], tiedHead: family != .llama)
    for uniform in [
      try #require(original.uniform),
      UniformShape(blocks: 2, feedForwardWidth: 56, heads: 2, headSize: 8, hiddenSize: 24),
    ] {
      let layout = ModelLayout(ModelShape(languageModel: original.resized(to: uniform)))
      #expect(layout.languageModelParameters == original.parameterCount(at: uniform))
    }
  }
}
