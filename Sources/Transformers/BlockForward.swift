import Artifacts
import Kernels

/// One pass of rows through blocks: what all blocks of a stack share.
struct BlockPass {
  let parameters: ConstFloats
  let arena: Arena
  let segments: [Segment]
  let rows: Int
  let causal: Bool
  /// Keep the attention probabilities, which only the backward pass needs.
  let keepsProbabilities: Bool
  /// Angles of the rows' positions, [rows, 2 · pairs]; nil where positions are not rotary.
  var rotaryTable: ConstFloats?
  var rotaryPairs = 0
  /// [memory rows, memory size] of the second sequence, for cross-attention.
  var memory: ConstFloats?
  var memoryRows = 0
  /// Shares products and attention of a small batch; nil where workers have batches of their own.
  var team: WorkerTeam?
  /// Nothing else computes the same rows without packed weights, so few rows use them, too.
  var servesOnly = false

  /// The same pass over other rows, without segments: for what a block does row by row.
  func over(rows: Int) -> BlockPass {
    BlockPass(
      parameters: parameters, arena: arena, segments: [], rows: rows, causal: causal,
      keepsProbabilities: keepsProbabilities, team: team, servesOnly: servesOnly)
  }

  /// `packed`, or nil where so few rows are multiplied by weights as they lie.
  func packed<Weights>(_ packed: Weights?, for rows: Int) -> Weights? {
    servesOnly || rows > fewRows ? packed : nil
  }

  /// Rows of segment `index` that attend: its end where not all rows are wanted.
  func queries(_ index: Int, _ wanted: WantedRows?) -> (start: Int, count: Int) {
    wanted?.ends[index] ?? (segments[index].start, segments[index].count)
  }
}

extension BlockPass {
  /// x → block(x). `x` and the result are [rows, hidden]; `x` is left unchanged. With `wanted`, only
  /// those rows are computed, and the result is compact.
  ///
  /// `attend(projected, width, context)` replaces attention within the segments: decoding reads a
  /// cache instead. With `output`, which may be `x`, the result is there if the block's last step is
  /// no norm.
  func forward(
    _ block: BlockLayout, x: Floats, packed: PackedBlock? = nil, wanted: WantedRows? = nil,
    output: Floats? = nil,
    attend: ((Floats, Int, Floats) -> Void)? = nil
  ) -> BlockActivations {
    let before = block.shape.normPlacement == .before
    var normed: NormActivations?
    if before { normed = norm(block.attentionNorm, x) }
    let attention = selfAttention(
      block, x: normed?.output ?? x, packed: packed, wanted: wanted, attend: attend)
    guard let wanted else {
      return finish(block, x: x, normed: normed, attention, packed: packed, output: output)
    }
    let residualInput = arena.floats(wanted.count * block.shape.hiddenSize)
    wanted.gather(x, into: residualInput, width: block.shape.hiddenSize)
    var result = over(rows: wanted.count).finish(
      block, x: residualInput, normed: normed, attention,
      packed: self.packed(packed, for: wanted.count), output: output)
    result.wanted = wanted
    return result
  }

  /// Everything behind attention, row by row.
  private func finish(
    _ block: BlockLayout, x: Floats, normed: NormActivations?, _ attention: AttentionActivations,
    packed: PackedBlock?, output: Floats?
  ) -> BlockActivations {
    let before = block.shape.normPlacement == .before
    var sum = residual(
      x, block.attentionOutput, attention.context, packed: packed?.attentionOutput.forward)
    let attentionNorm = normed ?? norm(block.attentionNorm, sum)
    var stream = before ? sum : attentionNorm.output

    // Attention to the second sequence.
    var crossNorm: NormActivations?
    var cross: AttentionActivations?
    if let layout = block.cross, let memory {
      if before { crossNorm = norm(layout.norm, stream) }
      let result = crossAttention(
        block, layout, x: crossNorm?.output ?? stream, memory: memory)
      sum = residual(stream, layout.output, result.context, packed: nil)
      if !before { crossNorm = norm(layout.norm, sum) }
      stream = before ? sum : crossNorm?.output ?? sum
      cross = result
    }

    // Feed-forward.
    let normed = before ? norm(block.feedForwardNorm, stream) : nil
    let input = normed?.output ?? stream
    let width = block.shape.feedForward.width
    let gated = block.shape.feedForward.gated
    let kernel = block.shape.feedForward.activation.kernel
    // The gradient of ReLU is known from its result.
    let inPlace = !gated && (kernel == .relu || !keepsProbabilities)
    let outputs = block.feedForwardInput.outputs
    // Rows a multiple of 2 KiB apart fall on the same lines of a cache.
    let stride = servesOnly && inPlace && outputs.isMultiple(of: 512) ? outputs + 16 : outputs
    let pre = arena.floats(rows * stride)
    let activation = inPlace ? pre : arena.floats(rows * width)
    linearForward(
      block.feedForwardInput, parameters, x: input, y: pre, yStride: stride, rows: rows,
      activation: gated ? nil : (kernel, activation), packed: packed?.feedForwardInput.forward,
      team: team)
    if gated { gatedForward(kernel, x: pre, y: activation, rows: rows, width: width) }
    sum = residual(
      stream, block.feedForwardOutput, activation, stride: inPlace ? stride : width,
      packed: packed?.feedForwardOutput.forward,
      into: before ? output : nil)
    let feedForwardNorm = normed ?? norm(block.feedForwardNorm, sum)
    return BlockActivations(
      attentionNorm: attentionNorm, attention: attention, crossNorm: crossNorm, cross: cross,
      feedForwardNorm: feedForwardNorm, feedForwardInput: input, preActivation: pre,
      activation: activation, output: before ? sum : feedForwardNorm.output)
  }

  /// x + layer(y), in a buffer of its own where none is given.
  private func residual(
    _ x: Floats, _ layer: LinearLayout, _ y: ConstFloats, stride: Int? = nil,
    packed: PackedMatrix?, into output: Floats? = nil
  ) -> Floats {
    let sum = output ?? arena.floats(rows * layer.outputs)
    linearForward(
      layer, parameters, x: y, xStride: stride, y: sum, rows: rows, residual: x, packed: packed,
      team: team)
    return sum
  }

  private func selfAttention(
    _ block: BlockLayout, x: Floats, packed: PackedBlock?, wanted: WantedRows?,
    attend: ((Floats, Int, Floats) -> Void)?
  ) -> AttentionActivations {
    let shape = block.shape.attention
    let width = block.queryKeyValue.outputs
    let projected = arena.floats(rows * width)
    project(block, x, into: projected, packed: packed?.queryKeyValue.forward, wanted: wanted)
    let headNorms = positionHeads(block, projected)
    let context = arena.floats((wanted?.count ?? rows) * shape.outputWidth)
    if let attend {
      attend(projected, width, context)
      return AttentionActivations(
        input: x, query: projected, headNorms: headNorms, keyValue: nil, context: context,
        probabilities: nil)
    }
    let kept =
      keepsProbabilities
      ? arena.floats(
        segments.indices.reduce(0) {
          $0 + shape.queryHeads * queries($1, wanted).count
            * (segments[$1].prefixCount + segments[$1].count)
        }) : nil
    let geometry = AttentionGeometry(shape, causal: causal)
    let keys = projected + shape.queryWidth
    let values = keys + shape.keyWidth
    var probabilities = kept
    var place = 0
    for (index, segment) in segments.enumerated() {
      let (start, count) = queries(index, wanted)
      guard count > 0 else { continue }
      let hasPrefix = segment.prefixCount > 0
      attentionForward(
        geometry, queries: projected + start * width, queryStride: width, queryCount: count,
        prefixKeys: hasPrefix ? UnsafePointer(keys + segment.prefixStart * width) : nil,
        prefixValues: hasPrefix ? UnsafePointer(values + segment.prefixStart * width) : nil,
        prefixCount: segment.prefixCount, keys: keys + segment.start * width,
        values: values + segment.start * width, keyCount: segment.count, keyStride: width,
        valueStride: width,
        output: context + (wanted == nil ? start : place) * shape.outputWidth,
        outputStride: shape.outputWidth, probabilities: probabilities, team: team)
      place += count
      probabilities =
        probabilities.map {
          $0 + shape.queryHeads * count * (segment.prefixCount + segment.count)
        }
    }
    return AttentionActivations(
      input: x, query: projected, headNorms: headNorms, keyValue: nil, context: context,
      probabilities: kept)
  }

  /// `projected` [rows, query | key | value]: keys and values of all rows, queries of the wanted ones.
  /// Other rows' queries are unspecified numbers.
  private func project(
    _ block: BlockLayout, _ x: Floats, into projected: Floats, packed: PackedMatrix?,
    wanted: WantedRows?
  ) {
    let layer = block.queryKeyValue
    let width = layer.outputs
    let queryWidth = block.shape.attention.queryWidth
    guard let wanted else {
      linearForward(
        layer, parameters, x: x, y: projected, rows: rows, packed: packed, team: team)
      return
    }
    // Packed weights begin with a group: some queries may be computed for all rows.
    let group = packed?.outputGroup ?? 1
    let first = queryWidth / group * group
    if block.queryNorm != nil {
      // Their norms are taken of all rows, and what is not a number would spread in the backward pass.
      projected.update(repeating: 0, count: rows * width)
    }
    linearForward(
      layer, parameters, x: x, y: projected + first, yStride: width, outputs: first..<width,
      rows: rows, packed: packed, team: team)
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let input = arena.floats(wanted.count * layer.inputs)
    wanted.gather(x, into: input, width: layer.inputs)
    let queries = arena.floats(wanted.count * queryWidth)
    linearForward(
      layer, parameters, x: input, y: queries, outputs: 0..<queryWidth, rows: wanted.count,
      packed: self.packed(packed, for: wanted.count), team: team)
    wanted.scatter(queries, into: projected, stride: width, width: queryWidth)
  }

  private func crossAttention(
    _ block: BlockLayout, _ layout: CrossAttentionLayout, x: Floats, memory: ConstFloats
  ) -> AttentionActivations {
    let shape = block.shape.crossAttention ?? block.shape.attention
    let queries = arena.floats(rows * layout.query.outputs)
    linearForward(layout.query, parameters, x: x, y: queries, rows: rows)
    let width = layout.keyValue.outputs
    let keyValue = arena.floats(memoryRows * width)
    linearForward(layout.keyValue, parameters, x: memory, y: keyValue, rows: memoryRows)
    let context = arena.floats(rows * shape.outputWidth)
    let kept =
      keepsProbabilities
      ? arena.floats(segments.reduce(0) { $0 + shape.queryHeads * $1.count * $1.memoryCount })
      : nil
    let geometry = AttentionGeometry(shape, causal: false)
    let values = keyValue + shape.keyWidth
    var probabilities = kept
    for segment in segments {
      attentionForward(
        geometry, queries: queries + segment.start * shape.queryWidth,
        queryStride: shape.queryWidth, queryCount: segment.count, prefixKeys: nil,
        prefixValues: nil, prefixCount: 0, keys: keyValue + segment.memoryStart * width,
        values: values + segment.memoryStart * width, keyCount: segment.memoryCount,
        keyStride: width, valueStride: width,
        output: context + segment.start * shape.outputWidth, outputStride: shape.outputWidth,
        probabilities: probabilities)
      probabilities =
        probabilities.map { $0 + shape.queryHeads * segment.count * segment.memoryCount }
    }
    return AttentionActivations(
      input: x, query: queries, keyValue: keyValue, context: context, probabilities: kept)
  }
}

extension AttentionGeometry {
  init(_ shape: AttentionShape, causal: Bool) {
    self.init(
      queryHeads: shape.queryHeads, keyValueHeads: shape.keyValueHeads, headSize: shape.headSize,
      valueHeadSize: shape.valueHeadSize, scale: shape.scale, causal: causal,
      window: shape.window)
  }
}

extension Activation {
  var kernel: ActivationKernel {
    switch self {
    case .relu: .relu
    case .gelu: .gelu
    case .geluTanh: .geluTanh
    case .silu: .silu
    }
  }
}
