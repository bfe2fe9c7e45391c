package import Artifacts

/// What PyTorch's eager mode dispatches beside the products with weights: operations that nobody fused, each
/// a kernel that the host launches and that reads and writes memory.
///
/// Counted operation by operation in transformers 4.44 with PyTorch's own attention; the counts of its
/// GPT-2, Llama, Mistral and Qwen2 by `Benchmarks/gpu/eager_kernels.py` (`decoders.csv`) are a test of these.
package struct EagerOverhead: Sendable {
  package private(set) var kernels = 0.0
  /// Numbers of the model's precision that the kernels read and write.
  package private(set) var values = 0.0
  /// Those of them that belong to keys and values of a cache, which no second-level cache keeps.
  package private(set) var cachedValues = 0.0

  private mutating func add(kernels: Double, values: Double) {
    self.kernels += kernels
    self.values += values
  }

  /// A layer norm is one kernel; an RMS norm is eight, most of them in single precision.
  private mutating func addNorm(_ kind: NormKind, values: Double) {
    kind == .layer
      ? add(kernels: 1, values: 2 * values) : add(kernels: 8, values: 18 * values)
  }

  /// Self-attention and feed-forward module of one block over `rows` tokens of `sequences` sequences, which
  /// see `keys` keys in all; where those come from a cache, new ones are appended to a copy of it.
  package init(
    _ block: BlockShape, rows: Double, sequences: Double, keys: Double, isCached: Bool,
    rotates: Bool
  ) {
    let attention = block.attention
    let hidden = Double(block.hiddenSize)
    let query = Double(attention.queryWidth)
    let (key, value) = (Double(attention.keyWidth), Double(attention.valueWidth))
    let output = Double(attention.outputWidth)
    addNorm(block.norm, values: rows * hidden)
    addNorm(block.norm, values: rows * hidden)
    add(kernels: 2, values: 6 * rows * hidden)
    if attention.headNorm {
      addNorm(.rms, values: rows * query)
      addNorm(.rms, values: rows * key)
    }
    // Times the cosine, halves turned and joined, times the sine, and the sum; of queries and of keys.
    if rotates { add(kernels: 10, values: 10 * rows * (query + key)) }
    var cached = 0.0
    if isCached {
      add(kernels: 2, values: 0)
      cached += 2 * keys * (key + value)
    }
    // Shared keys and values are copied out to every query head.
    let repeats = attention.groupSize > 1
    if repeats {
      add(kernels: 2, values: 0)
      cached += keys * (key + value + query + output)
    }
    cached += keys * (repeats ? query + output : key + value)
    add(kernels: 1, values: rows * (query + output) + cached)
    if isCached { cachedValues = cached }
    // Heads side by side again: a single token's are.
    if rows > sequences { add(kernels: 1, values: 2 * rows * output) }
    let width = rows * Double(block.feedForward.width)
    // The tangent's polynomial is eight operations.
    block.feedForward.activation == .geluTanh
      ? add(kernels: 8, values: 18 * width) : add(kernels: 1, values: 2 * width)
    if block.feedForward.gated { add(kernels: 1, values: 3 * width) }
  }

  /// Cross-attention of `rows` queries to `memoryRows` keys, with norm and residual.
  init(cross shape: AttentionShape, of block: BlockShape, rows: Double, memoryRows: Double) {
    let hidden = Double(block.hiddenSize)
    addNorm(block.norm, values: rows * hidden)
    add(kernels: 1, values: 3 * rows * hidden)
    add(
      kernels: 1,
      values: rows * Double(shape.queryWidth + shape.outputWidth)
        + memoryRows * Double(shape.keyWidth + shape.valueWidth))
    add(kernels: 1, values: 2 * rows * Double(shape.outputWidth))
  }

  /// Beside a language model's blocks: embedding of `rows` tokens, positions, mask, and the final norm.
  init(stem model: LanguageModelShape, rows: Double) {
    let values = rows * Double(model.hiddenSize)
    add(kernels: 6, values: (model.learnedPositions ? 7 : 2) * values)
    if model.finalNorm { addNorm(model.blocks.first?.norm ?? .layer, values: values) }
  }
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

  /// What eager mode, where that is the engine, dispatches beside the products; `blocks` is how many blocks'
  /// modules the host calls for it.
  func eager(_ overhead: @autoclosure () -> EagerOverhead, blocks: Double) -> GPUWork {
    guard engine == .eager else { return GPUWork() }
    let overhead = overhead()
    var work = frameworkKernels(
      overhead.kernels, bytes: (overhead.values - overhead.cachedValues) * precision.bytes)
    let cached = overhead.cachedValues * precision.bytes
    work += GPUWork(
      seconds: cached / constants.elementwiseBandwidth, operations: 0, bytes: cached,
      memoryBytes: constants.memory(cached))
    work.eagerBlocks = blocks
    return work
  }
}
