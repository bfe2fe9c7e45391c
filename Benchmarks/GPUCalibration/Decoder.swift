import HardwareModels

/// The shape of a published decoder-only language model, as its configuration states it.
struct Decoder {
  var blocks: Int
  var hiddenSize: Int
  var heads: Int
  var keyValueHeads: Int
  var headSize: Int
  var feedForwardWidth: Int
  var gated: Bool
  var vocabularySize: Int
  /// Kernels that eager mode dispatches for a block of a decode step, for one of prefill, and beside
  /// the blocks: counted by `Benchmarks/gpu/eager_kernels.py`.
  var eagerKernels: (step: Double, prefill: Double, stem: Double)

  /// One new token of every sequence.
  func step(_ kernels: GPUKernels, sequences: Int, context: Int) -> GPUWork {
    let core = kernels.cachedAttention(
      sequences: sequences, context: Double(context), keyWidth: keyValueHeads * headSize,
      valueWidth: keyValueHeads * headSize)
    let block = kernels.dispatched(
      module(kernels, rows: sequences, core: core), eagerKernels: eagerKernels.step)
    return block * Double(blocks) + stem(kernels, rows: sequences, sequences: sequences)
  }

  /// All tokens of the prompts at once; the head reads the last one of each.
  func prefill(_ kernels: GPUKernels, sequences: Int, tokens: Int) -> GPUWork {
    let core = kernels.attention(
      sequences: sequences, queries: tokens, keys: tokens, heads: heads,
      queryWidth: heads * headSize, valueWidth: heads * headSize)
    let block = kernels.dispatched(
      module(kernels, rows: sequences * tokens, core: core), eagerKernels: eagerKernels.prefill)
    return block * Double(blocks)
      + stem(kernels, rows: sequences * tokens, sequences: sequences)
  }

  private func module(_ kernels: GPUKernels, rows: Int, core: GPUWork) -> GPUWork {
    kernels.attentionModule(
      rows: rows, hiddenSize: hiddenSize, width: (heads + 2 * keyValueHeads) * headSize,
      outputWidth: heads * headSize, core: core)
      + kernels.feedForwardModule(
        rows: rows, hiddenSize: hiddenSize, width: feedForwardWidth, gated: gated)
  }

  private func stem(_ kernels: GPUKernels, rows: Int, sequences: Int) -> GPUWork {
    kernels.dispatched(
      kernels.elementwise(3 * rows * hiddenSize)
        + kernels.gemm(sequences, vocabularySize, hiddenSize)
        + kernels.elementwise(sequences * vocabularySize),
      eagerKernels: eagerKernels.stem, startsPass: true)
  }
}

extension Decoder {
  static func gpt2(blocks: Int) -> Decoder {
    Decoder(
      blocks: blocks, hiddenSize: 768, heads: 12, keyValueHeads: 12, headSize: 64,
      feedForwardWidth: 3_072, gated: false, vocabularySize: 50_257, eagerKernels: (23, 24, 17))
  }
  static let gptNeo125M = Decoder(
    blocks: 12, hiddenSize: 768, heads: 12, keyValueHeads: 12, headSize: 64,
    feedForwardWidth: 3_072, gated: false, vocabularySize: 50_257, eagerKernels: (28, 29, 17))
  /// Flash attention: one kernel in place of the eight of the core.
  static let gptNeo2B = Decoder(
    blocks: 32, hiddenSize: 2_560, heads: 20, keyValueHeads: 20, headSize: 128,
    feedForwardWidth: 10_240, gated: false, vocabularySize: 50_257, eagerKernels: (21, 22, 17))
  static let llama7B = Decoder(
    blocks: 32, hiddenSize: 4_096, heads: 32, keyValueHeads: 32, headSize: 128,
    feedForwardWidth: 11_008, gated: true, vocabularySize: 32_000, eagerKernels: (40, 40, 22))
  static let llama3 = Decoder(
    blocks: 32, hiddenSize: 4_096, heads: 32, keyValueHeads: 8, headSize: 128,
    feedForwardWidth: 14_336, gated: true, vocabularySize: 128_256, eagerKernels: (40, 40, 22))
  static let phi3Mini = Decoder(
    blocks: 32, hiddenSize: 3_072, heads: 32, keyValueHeads: 32, headSize: 96,
    feedForwardWidth: 8_192, gated: true, vocabularySize: 32_064, eagerKernels: (45, 46, 32))
  static let falcon7B = Decoder(
    blocks: 32, hiddenSize: 4_544, heads: 71, keyValueHeads: 1, headSize: 64,
    feedForwardWidth: 18_176, gated: false, vocabularySize: 65_024, eagerKernels: (26, 26, 22))
}
