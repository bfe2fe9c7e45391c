package import Artifacts

/// Shapes of language models with the proportions of the families: heads as wide as the hidden size, wider
/// and narrower, with key/value heads of their own, shared and only one.
package struct DecoderCase: Sendable, CustomStringConvertible {
  package var family: LanguageFamily
  package var uniform: UniformShape
  package var keyValueHeads: Int

  package init(
    _ family: LanguageFamily, _ blocks: Int, hidden: Int, feedForward: Int, heads: Int,
    of size: Int,
    keyValueHeads: Int
  ) {
    self.family = family
    self.keyValueHeads = keyValueHeads
    uniform = UniformShape(
      blocks: blocks, feedForwardWidth: feedForward, heads: heads, headSize: size,
      hiddenSize: hidden)
  }

  package var description: String {
    "\(family.rawValue) \(uniform), \(keyValueHeads) key/value heads"
  }

  /// Query heads that go together.
  package var headMultiple: Int { shape.blocks[0].attention.queryHeadMultiple }

  package var shape: LanguageModelShape {
    let isRotary = family != .opt && family != .gpt2
    let block = BlockShape(
      hiddenSize: uniform.hiddenSize,
      attention: AttentionShape(
        queryHeads: uniform.heads, keyValueHeads: keyValueHeads, headSize: uniform.headSize,
        bias: !isRotary, headNorm: family == .qwen3),
      feedForward: FeedForwardShape(
        width: uniform.feedForwardWidth, activation: isRotary ? .silu : .relu, gated: isRotary,
        bias: !isRotary),
      norm: isRotary ? .rms : .layer)
    return LanguageModelShape(
      family: family, vocabularySize: 11, maximumPositions: 16, learnedPositions: !isRotary,
      positionOffset: isRotary ? 0 : 2,
      rotary: isRotary
        ? RotaryShape(
          theta: 100, frequencies: (0..<uniform.headSize / 2).map { 1 / Float(1 + $0) }) : nil,
      hiddenSize: uniform.hiddenSize,
      blocks: Array(repeating: block, count: uniform.blocks))
  }

  /// Heads as wide as the hidden size.
  package static let tied = [
    DecoderCase(.opt, 12, hidden: 256, feedForward: 1_024, heads: 8, of: 32, keyValueHeads: 8),
    DecoderCase(.gpt2, 3, hidden: 60, feedForward: 240, heads: 4, of: 15, keyValueHeads: 4),
    DecoderCase(.llama, 4, hidden: 64, feedForward: 160, heads: 8, of: 8, keyValueHeads: 2),
    DecoderCase(.mistral, 2, hidden: 96, feedForward: 100, heads: 6, of: 16, keyValueHeads: 1),
    DecoderCase(.qwen3, 1, hidden: 32, feedForward: 48, heads: 2, of: 16, keyValueHeads: 1),
    DecoderCase(.opt, 2, hidden: 8, feedForward: 16, heads: 4, of: 2, keyValueHeads: 4),
  ]

  /// Heads wider or narrower than the hidden size.
  package static let free = [
    // Qwen3-0.6B with fewer blocks.
    DecoderCase(.qwen3, 6, hidden: 1_024, feedForward: 3_072, heads: 16, of: 128, keyValueHeads: 8),
    DecoderCase(.qwen3, 4, hidden: 64, feedForward: 128, heads: 4, of: 32, keyValueHeads: 2),
    DecoderCase(.llama, 4, hidden: 64, feedForward: 128, heads: 16, of: 8, keyValueHeads: 2),
    DecoderCase(.llama, 1, hidden: 64, feedForward: 128, heads: 4, of: 8, keyValueHeads: 4),
    DecoderCase(.llama, 2, hidden: 48, feedForward: 96, heads: 12, of: 6, keyValueHeads: 3),
    DecoderCase(.mistral, 3, hidden: 160, feedForward: 256, heads: 8, of: 16, keyValueHeads: 1),
    DecoderCase(.qwen2, 2, hidden: 30, feedForward: 40, heads: 2, of: 10, keyValueHeads: 1),
    DecoderCase(.qwen3, 2, hidden: 64, feedForward: 64, heads: 1, of: 2, keyValueHeads: 1),
    DecoderCase(.qwen3, 2, hidden: 6, feedForward: 20, heads: 8, of: 4, keyValueHeads: 1),
  ]
}
