import Artifacts

/// Transformer modules as sequences of kernels, fused as FasterTransformer fuses them.
extension GPUKernels {
  /// One self-attention: all projections, the attention kernel and the bias, residual and norm.
  func selfAttention(_ block: BlockShape, rows: Int, attention: GPUWork) -> GPUWork {
    let shape = block.attention
    let width = shape.queryWidth + shape.keyWidth + shape.valueWidth
    return gemm(rows, width, block.hiddenSize)
      // Bias and the split into heads.
      + elementwise(2 * rows * width) + attention
      + gemm(rows, block.hiddenSize, shape.outputWidth)
      // Bias, residual, norm: two inputs, the new residual and its norm.
      + elementwise(4 * rows * block.hiddenSize)
  }

  func feedForward(_ block: BlockShape, rows: Int) -> GPUWork {
    let width = block.feedForward.width
    return gemm(rows, width, block.hiddenSize) + elementwise(2 * rows * width)
      + gemm(rows, block.hiddenSize, width) + elementwise(4 * rows * block.hiddenSize)
  }

  /// One block over `sequences` full sequences of `tokens` tokens.
  func encoderBlock(_ block: BlockShape, sequences: Int, tokens: Int) -> GPUWork {
    let rows = sequences * tokens
    let core = attention(
      sequences: sequences, queries: tokens, keys: tokens, queryWidth: block.attention.queryWidth,
      valueWidth: block.attention.outputWidth)
    return selfAttention(block, rows: rows, attention: core) + feedForward(block, rows: rows)
  }

  /// Attention to the image's tokens, of a Q-Former's block that has it.
  func crossAttention(
    _ block: BlockShape, sequences: Int, queries: Int, memoryTokens: Int
  ) -> GPUWork {
    guard let shape = block.crossAttention else { return GPUWork() }
    let rows = sequences * queries
    let memoryRows = sequences * memoryTokens
    return gemm(rows, shape.queryWidth, block.hiddenSize)
      + gemm(memoryRows, shape.keyWidth + shape.valueWidth, block.memorySize)
      + elementwise(
        2 * (rows * shape.queryWidth + memoryRows * (shape.keyWidth + shape.valueWidth)))
      + attention(
        sequences: sequences, queries: queries, keys: memoryTokens, queryWidth: shape.queryWidth,
        valueWidth: shape.outputWidth)
      + gemm(rows, block.hiddenSize, shape.outputWidth)
      + elementwise(4 * rows * block.hiddenSize)
  }

  /// A language-model block in prefill: the image prefix of every creative once, and the prompts
  /// of all questions, which attend to it.
  func prefillBlock(_ block: BlockShape, _ request: GPURequest) -> GPUWork {
    let shape = block.attention
    var core = attention(
      sequences: request.sequences, queries: request.promptTokens,
      keys: request.prefixTokens + request.promptTokens, queryWidth: shape.queryWidth,
      valueWidth: shape.outputWidth)
    if request.prefixTokens > 0 {
      core += attention(
        sequences: request.creatives, queries: request.prefixTokens, keys: request.prefixTokens,
        queryWidth: shape.queryWidth, valueWidth: shape.outputWidth)
    }
    return selfAttention(block, rows: request.prefillRows, attention: core)
      + feedForward(block, rows: request.prefillRows)
  }

  /// A language-model block in one decode step of all sequences together, at the mean context.
  func decodeBlock(_ block: BlockShape, _ request: GPURequest) -> GPUWork {
    let shape = block.attention
    let core = cachedAttention(
      sequences: request.sequences, context: request.meanContext, keyWidth: shape.keyWidth,
      valueWidth: shape.valueWidth)
    return selfAttention(block, rows: request.sequences, attention: core)
      + feedForward(block, rows: request.sequences)
  }

  /// Embedding of `rows` tokens, and norm, head and arg max of one token of every sequence.
  func stem(_ model: LanguageModelShape, rows: Int, sequences: Int) -> GPUWork {
    elementwise(3 * rows * model.hiddenSize) + elementwise(2 * sequences * model.hiddenSize)
      + gemm(sequences, model.vocabularySize, model.hiddenSize)
      + elementwise(sequences * model.vocabularySize)
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
