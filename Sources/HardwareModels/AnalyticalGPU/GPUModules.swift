package import Artifacts

/// Transformer modules as sequences of kernels, by engine.
extension GPUKernels {
  /// Projections around an attention core, with bias, residual and norm.
  ///
  /// `widths` are those of queries, keys and values.
  package func attentionModule(
    rows: Int, hiddenSize: Int, widths: [Int], outputWidth: Int, core: GPUWork
  ) -> GPUWork {
    let width = widths.reduce(0, +)
    var work = core + gemm(rows, hiddenSize, outputWidth)
    switch engine {
    case .fused, .fusedOperator:
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
    case .eager:
      for width in widths { work += gemm(rows, width, hiddenSize) }
    case .traced:
      for width in widths { work += gemm(rows, width, hiddenSize) }
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
    if engine == .eager {
      return gemm(rows, width, hiddenSize) * (gated ? 2 : 1) + gemm(rows, hiddenSize, width)
    }
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
      widths: [shape.queryWidth, shape.keyWidth, shape.valueWidth], outputWidth: shape.outputWidth,
      core: attention)
  }

  func feedForward(_ block: BlockShape, rows: Int) -> GPUWork {
    feedForwardModule(
      rows: rows, hiddenSize: block.hiddenSize, width: block.feedForward.width,
      gated: block.feedForward.gated)
  }

  /// One block over `sequences` full sequences of `tokens` tokens.
  package func encoderBlock(_ block: BlockShape, sequences: Int, tokens: Int) -> GPUWork {
    let rows = sequences * tokens
    let core = attention(
      sequences: sequences, queries: tokens, keys: tokens, heads: block.attention.queryHeads,
      queryWidth: block.attention.queryWidth, valueWidth: block.attention.outputWidth)
    return selfAttention(block, rows: rows, attention: core) + feedForward(block, rows: rows)
      + eager(
        EagerOverhead(
          block, rows: Double(rows), sequences: Double(sequences), keys: Double(rows),
          isCached: false, rotates: false), blocks: 1)
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
    var work = core + gemm(rows, shape.queryWidth, block.hiddenSize)
    work += gemm(rows, block.hiddenSize, shape.outputWidth)
    if engine == .eager {
      work += gemm(memoryRows, shape.keyWidth, block.memorySize)
      work += gemm(memoryRows, shape.valueWidth, block.memorySize)
      return work
        + eager(
          EagerOverhead(
            cross: shape, of: block, rows: Double(rows), memoryRows: Double(memoryRows)),
          blocks: 0.5)
    }
    work += gemm(memoryRows, shape.keyWidth + shape.valueWidth, block.memorySize)
    work += elementwise(
      2 * (rows * shape.queryWidth + memoryRows * (shape.keyWidth + shape.valueWidth)))
    return work + elementwise(3 * rows * block.hiddenSize)
  }

  /// A language-model block in prefill: the image prefix of every creative once, and the prompts
  /// of all questions, which attend to it.
  func prefillBlock(_ block: BlockShape, _ request: GPURequest, rotates: Bool) -> GPUWork {
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
    return selfAttention(block, rows: request.prefillRows, attention: core)
      + feedForward(block, rows: request.prefillRows)
      + eager(
        EagerOverhead(
          block, rows: Double(request.prefillRows), sequences: 0,
          keys: Double(request.prefillRows + request.sequences * request.prefixTokens),
          isCached: request.prefixTokens > 0, rotates: rotates), blocks: 1)
  }

  /// A language-model block in one decode step of all sequences together, at the mean context.
  func decodeBlock(_ block: BlockShape, _ request: GPURequest, rotates: Bool) -> GPUWork {
    let shape = block.attention
    let core = cachedAttention(
      sequences: request.sequences, context: request.meanContext, keyWidth: shape.keyWidth,
      valueWidth: shape.valueWidth)
    return selfAttention(block, rows: request.sequences, attention: core)
      + feedForward(block, rows: request.sequences)
      + eager(
        EagerOverhead(
          block, rows: Double(request.sequences), sequences: Double(request.sequences),
          keys: Double(request.sequences) * request.meanContext, isCached: true, rotates: rotates),
        blocks: 1)
  }

  /// Embedding of `rows` tokens, and norm, head and arg max of one token of every sequence.
  func stem(_ model: LanguageModelShape, rows: Int, sequences: Int) -> GPUWork {
    var work = gemm(sequences, model.vocabularySize, model.hiddenSize)
    work += elementwise(sequences * model.vocabularySize)
    if engine == .eager {
      work += eager(EagerOverhead(stem: model, rows: Double(rows)), blocks: 0)
    } else {
      work += elementwise(3 * rows * model.hiddenSize)
      work += elementwise(2 * sequences * model.hiddenSize)
    }
    work.passes = 1
    return work
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
