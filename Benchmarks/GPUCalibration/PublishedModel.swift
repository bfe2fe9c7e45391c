import Artifacts
package import HardwareModels

/// A model that somebody measured, and the work of one call of it.
package enum PublishedModel: Sendable {
  case encoder(PublishedEncoder)
  case decoder(Decoder, name: String)

  package var name: String {
    switch self {
    case .encoder(let encoder): encoder.rawValue
    case .decoder(_, let name): name
    }
  }
}

package enum PublishedEncoder: String, Sendable {
  case bertBase = "bert-base"
  case bertLarge = "bert-large"
  case swinTiny = "swin-t"
  case swinSmall = "swin-s"
  case swinBase = "swin-b"
  case swinLarge = "swin-l"
}

extension PublishedMeasurement {
  /// The kernels of one call.
  package func work(_ kernels: GPUKernels) -> GPUWork {
    switch model {
    case .encoder(.bertBase): bert(kernels, hiddenSize: 768, blocks: 12)
    case .encoder(.bertLarge): bert(kernels, hiddenSize: 1_024, blocks: 24)
    case .encoder(.swinTiny): Swin(width: 96, blocks: [2, 2, 6, 2]).work(self, kernels)
    case .encoder(.swinSmall): Swin(width: 96, blocks: [2, 2, 18, 2]).work(self, kernels)
    case .encoder(.swinBase): Swin(width: 128, blocks: [2, 2, 18, 2]).work(self, kernels)
    case .encoder(.swinLarge): Swin(width: 192, blocks: [2, 2, 18, 2]).work(self, kernels)
    case .decoder(let decoder, _):
      decoder.work(kernels, phase: phase, sequences: batch, tokens: tokens)
    }
  }

  /// Heads of 64 and a feed-forward width of 4 · hidden size.
  private func bert(_ kernels: GPUKernels, hiddenSize: Int, blocks: Int) -> GPUWork {
    let block = BlockShape(
      hiddenSize: hiddenSize,
      attention: AttentionShape(queryHeads: hiddenSize / 64, headSize: 64),
      feedForward: FeedForwardShape(width: 4 * hiddenSize, activation: .gelu),
      normPlacement: .after)
    var work = kernels.encoderBlock(block, sequences: batch, tokens: tokens) * Double(blocks)
    work.passes = 1
    return work
  }
}

/// A Swin transformer on images of 224 × 224 with windows of 7 × 7 (Liu et al., 2021).
struct Swin {
  let width: Int
  let blocks: [Int]

  private static let window = 49

  func work(_ row: PublishedMeasurement, _ kernels: GPUKernels) -> GPUWork {
    var edge = row.tokens / 4
    var work =
      kernels.gemm(row.batch * edge * edge, width, 48)
      + kernels.elementwise(3 * row.batch * edge * edge * width)
    for (stage, count) in blocks.enumerated() {
      let rows = row.batch * edge * edge
      let channels = width << stage
      work += block(rows, channels, kernels) * Double(count)
      guard stage + 1 < blocks.count else { break }
      // Four neighbours become one token of twice the channels.
      work += kernels.elementwise(2 * rows * channels)
      if kernels.engine == .traced { work += kernels.elementwise(2 * rows * channels) }
      work += kernels.gemm(rows / 4, 2 * channels, 4 * channels)
      edge /= 2
    }
    return work
  }

  /// One block, as the kernels that FasterTransformer 5.3 launches for it: counted in the sources of its
  /// window attention and of its Swin blocks, in passes over rows · channels numbers.
  private func block(_ rows: Int, _ channels: Int, _ kernels: GPUKernels) -> GPUWork {
    let core = kernels.attention(
      sequences: rows / Self.window, queries: Self.window, keys: Self.window,
      heads: channels / 32, queryWidth: channels, valueWidth: channels)
    func pass(_ operands: Int) -> GPUWork { kernels.elementwise(operands * rows * channels) }
    let products =
      kernels.gemm(rows, 3 * channels, channels) + kernels.gemm(rows, channels, channels)
      + kernels.gemm(rows, 4 * channels, channels) + kernels.gemm(rows, channels, 4 * channels)
    // Norm with shift and partition; reverse and roll; bias, residual and norm; activation with bias;
    // bias and residual.
    var work = products + core + pass(2) + pass(2) + pass(4) + pass(8) + pass(3)
    switch (kernels.engine, kernels.precision) {
    case (.traced, _):
      // Bias and heads; roll (every other block), partition, scale, heads of queries, keys and values,
      // reverse, roll, and a residual apart from its norm.
      work += pass(6) + pass(1) + pass(2) + pass(2) + pass(1) + pass(2)
    case (_, .int8):
      // Bias and heads; the attention's rows back in the products' layout.
      work += pass(6) + pass(2)
    case (_, .f32), (_, .tf32):
      // Bias and heads, 6; the heads side by side again, 2: the core counts that kernel, not its traffic.
      work += pass(8)
    case (_, .f16):
      // The product adds the bias in the layout that the attention reads.
      break
    }
    return work
  }
}
