package import Artifacts

/// Transformer modules as sequences of kernels, by engine.
extension GPUKernels {
  /// Projections around an attention core, with bias, residual and norm.
  ///
  /// `width` is the sum of the query, key and value widths.
  package func attentionModule(
    rows: Int, hiddenSize: Int, width: Int, outputWidth: Int, core: GPUWork
  ) -> GPUWork {
    var work = core + gemm(rows, hiddenSize, outputWidth)
    switch engine {
    case .fused, .fusedOperator, .eager:
      // One product for query, key and value would be faster, but three are launched. Then bias
      // and the split into heads in one kernel; bias, residual and norm in another.
      work += gemm(rows, width, hiddenSize) + elementwise(2 * rows * width)
      work += elementwise(3 * rows * hiddenSize)
      work.kernels += 2
      // INT8 attention leaves a layout that the next product cannot read.
      if precision == .int8 {
        work.kernels += 1
        work.seconds += constants[.kernelTime]
      }
    case .compiled:
      work += gemm(rows, width, hiddenSize) + elementwise(3 * rows * hiddenSize)
    case .traced:
      work += gemm(rows, width / 3, hiddenSize) * 3
      // Queries, keys, values and the result are copied into the layout of the batched products.
      work += elementwise(2 * rows * width / 3) * 4
      work += elementwise(3 * rows * hiddenSize) + elementwise(2 * rows * hiddenSize)
    }
    return work
  }

  /// Two products with an activation between them, residual and norm. A gated module has a third
  /// matrix of the first one's size.
  package func feedForwardModule(
    rows: Int, hiddenSize: Int, width: Int, gated: Bool = false
  ) -> GPUWork {
    var work = gemm(rows, gated ? 2 * width : width, hiddenSize)
    if engine != .compiled { work += elementwise((gated ? 3 : 2) * rows * width) }
    work += gemm(rows, hiddenSize, width) + elementwise(3 * rows * hiddenSize)
    if engine == .traced { work += elementwise(2 * rows * hiddenSize) }
    return work
  }

  /// One self-attention: all projections, the attention kernel and the bias, residual and norm.
  func selfAttention(_ block: BlockShape, rows: Int, attention: GPUWork) -> GPUWork {
    let shape = block.attention
    return attentionModule(
      rows: rows, hiddenSize: block.hiddenSize,
      width: shape.queryWidth + shape.keyWidth + shape.valueWidth, outputWidth: shape.outputWidth,
      core: attention)
  }

  func feedForward(_ block: BlockShape, rows: Int) -> GPUWork {
    feedForwardModule(rows: rows, hiddenSize: block.hiddenSize, width: block.feedForward.width)
  }

  /// One block over `sequences` full sequences of `tokens` tokens.
  package func encoderBlock(_ block: BlockShape, sequences: Int, tokens: Int) -> GPUWork {
    let rows = sequences * tokens
    let core = attention(
      sequences: sequences, queries: tokens, keys: tokens, heads: block.attention.queryHeads,
      queryWidth: block.attention.queryWidth, valueWidth: block.attention.outputWidth)
    return dispatched(
      selfAttention(block, rows: rows, attention: core) + feedForward(block, rows: rows),
      eagerKernels: GPUEngine.eagerEncoderKernels)
  }

  /// Attention to the image's tokens, of a Q-Former's block that has it.
  func crossAttention(
    _ block: BlockShape, sequences: Int, queries: Int, memoryTokens: Int
  ) -> GPUWork {
    guard let shape = block.crossAttention else { return GPUWork() }
    let rows = sequences * queries
    let memoryRows = sequences * memoryTokens
    let core = attention(
      sequences: sequences, queries: queries, keys: memoryTokens, heads: shape.queryHeads,
      queryWidth: shape.queryWidth, valueWidth: shape.outputWidth)
    let projections =
      gemm(rows, shape.queryWidth, block.hiddenSize)
      + gemm(memoryRows, shape.keyWidth + shape.valueWidth, block.memorySize)
      + elementwise(
        2 * (rows * shape.queryWidth + memoryRows * (shape.keyWidth + shape.valueWidth)))
    return dispatched(
      projections + core + gemm(rows, block.hiddenSize, shape.outputWidth)
        + elementwise(3 * rows * block.hiddenSize),
      eagerKernels: GPUEngine.eagerEncoderKernels / 2)
  }

  /// A language-model block in prefill: the image prefix of every creative once, and the prompts
  /// of all questions, which attend to it.
  func prefillBlock(_ block: BlockShape, _ request: GPURequest) -> GPUWork {
    let shape = block.attention
    var core = attention(
      sequences: request.sequences, queries: request.promptTokens,
      keys: request.prefixTokens + request.promptTokens, heads: shape.queryHeads,
      queryWidth: shape.queryWidth, valueWidth: shape.outputWidth)
    if request.prefixTokens > 0 {
      core += attention(
        sequences: request.creatives, queries: request.prefixTokens, keys: request.prefixTokens,
        heads: shape.queryHeads, queryWidth: shape.queryWidth, valueWidth: shape.outputWidth)
    }
    return dispatched(
      selfAttention(block, rows: request.prefillRows, attention: core)
        + feedForward(block, rows: request.prefillRows),
      eagerKernels: GPUEngine.eagerDecoderKernels)
  }

  /// A language-model block in one decode step of all sequences together, at the mean context.
  func decodeBlock(_ block: BlockShape, _ request: GPURequest) -> GPUWork {
    let shape = block.attention
    let core = cachedAttention(
      sequences: request.sequences, context: request.meanContext, keyWidth: shape.keyWidth,
      valueWidth: shape.valueWidth)
    return dispatched(
      selfAttention(block, rows: request.sequences, attention: core)
        + feedForward(block, rows: request.sequences),
      eagerKernels: GPUEngine.eagerDecoderKernels)
  }

  /// Embedding of `rows` tokens, and norm, head and arg max of one token of every sequence.
  func stem(_ model: LanguageModelShape, rows: Int, sequences: Int) -> GPUWork {
    dispatched(
      elementwise(3 * rows * model.hiddenSize) + elementwise(2 * sequences * model.hiddenSize)
        + gemm(sequences, model.vocabularySize, model.hiddenSize)
        + elementwise(sequences * model.vocabularySize),
      eagerKernels: GPUEngine.eagerStemKernels, startsPass: true)
  }
}

/// Token counts of one request on a GPU.
struct GPURequest {
  let creatives: Int
  let sequences: Int
  let prefixTokens: Int
  let promptTokens: Int
  /// The first new token comes from prefill.
  let decodeSteps: Int

  init(_ workload: Workload, _ model: ModelShape) {
    creatives = max(1, workload.creatives)
    sequences = max(1, workload.sequences)
    prefixTokens = model.queryFormer?.queryCount ?? model.vision?.tokenCount ?? 0
    promptTokens = max(1, workload.promptTokens)
    decodeSteps = max(0, workload.newTokens - 1)
  }

  var prefillRows: Int { creatives * prefixTokens + sequences * promptTokens }
  /// Keys that a decode step reads, the mean over the steps.
  var meanContext: Double {
    Double(prefixTokens + promptTokens) + (Double(decodeSteps) + 1) / 2
  }
}
