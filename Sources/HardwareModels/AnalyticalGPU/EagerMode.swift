/// What PyTorch's eager mode dispatches beside the products with weights: operations that nobody fused, each
/// a kernel that the host launches and that reads and writes memory.
///
/// Counted in transformers 4.44's Llama with PyTorch's own attention and in its BERT, by
/// `Benchmarks/gpu/eager_kernels.py`; published models have lines of their own in
/// `Benchmarks/gpu/decoders.csv`.
struct EagerBlock {
  /// Kernels of one block.
  var kernels: Double
  /// Numbers that one row reads and writes, in hidden sizes and in feed-forward widths.
  var hiddenPasses: Double
  var widthPasses: Double
  /// Blocks whose modules the host calls.
  var blocks = 1.0

  static let encoder = EagerBlock(kernels: 7, hiddenPasses: 16, widthPasses: 2)
  static let decoder = EagerBlock(kernels: 33, hiddenPasses: 68, widthPasses: 5)
  /// Beside the blocks: embedding, rotary angles, mask and final norm.
  static let stem = EagerBlock(kernels: 22, hiddenPasses: 44, widthPasses: 0, blocks: 0)
  /// Cross-attention with its norm and residual, without a feed-forward module.
  static let crossAttention = EagerBlock(
    kernels: 4, hiddenPasses: 11, widthPasses: 0, blocks: 0.5)

  /// Times that a step moves the cached keys and values: an append copies them, attention reads them.
  static let cachePasses = 3.0
}

extension GPUKernels {
  /// `count` kernels of a framework that read and write `bytes` in all.
  package func frameworkKernels(_ count: Double, bytes: Double) -> GPUWork {
    GPUWork(
      seconds: count * constants[.kernelTime] + bytes / constants.elementwiseBandwidth,
      kernels: count, operations: bytes / precision.bytes, bytes: bytes,
      memoryBytes: count > 0 ? count * constants.memory(bytes / count) : 0)
  }

  /// The multiplications of attention cores whose kernels and traffic are counted elsewhere; `width` is
  /// the sum of the queries' and the values' widths.
  package func attentionProducts(
    sequences: Int, queries: Int, keys: Int, width: Int
  ) -> GPUWork {
    let operations =
      2 * Double(sequences) * Double(queries) * Double(keys) * Double(width)
    return GPUWork(
      seconds: operations / constants.attentionRate(keys: keys), operations: operations)
  }

  /// What eager mode, where that is the engine, dispatches beside the products with weights of a block.
  /// `cached` numbers of earlier keys and values are appended to and read.
  func eager(
    _ block: EagerBlock, rows: Int, hiddenSize: Int, width: Int = 0, cached: Double = 0
  ) -> GPUWork {
    guard engine == .eager else { return GPUWork() }
    let values =
      Double(rows)
      * (block.hiddenPasses * Double(hiddenSize) + block.widthPasses * Double(width))
      + EagerBlock.cachePasses * cached
    var work = frameworkKernels(block.kernels, bytes: values * precision.bytes)
    work.eagerBlocks = block.blocks
    return work
  }
}
