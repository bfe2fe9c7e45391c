import Artifacts
import Kernels

extension BlockPass {
  /// Gradient of one block, in place: `gradient` [rows, hidden] is d/d(output) before and
  /// d/d(input) after; of rows that were not wanted it is taken as 0. Parameter gradients are
  /// added to `gradients`; the gradient of the second sequence to `memoryGradient`, where given.
  func backward(
    _ block: BlockLayout, _ saved: BlockActivations, gradient: Floats, gradients: Floats,
    memoryGradient: Floats? = nil, packed: PackedBlock? = nil
  ) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    guard let wanted = saved.wanted else {
      backwardFromEnd(
        block, saved, gradient: gradient, gradients: gradients, memoryGradient: memoryGradient,
        packed: packed)
      sublayer(
        norm: block.attentionNorm, saved: saved.attentionNorm,
        before: block.shape.normPlacement == .before, gradient: gradient, gradients: gradients
      ) { dy, dx in
        selfAttentionBackward(
          block, saved.attention, dy: dy, dx: dx, gradients: gradients, packed: packed)
      }
      return
    }
    let hidden = block.shape.hiddenSize
    let compact = arena.floats(wanted.count * hidden)
    wanted.gather(gradient, into: compact, width: hidden)
    let late = over(rows: wanted.count)
    late.backwardFromEnd(
      block, saved, gradient: compact, gradients: gradients, memoryGradient: memoryGradient,
      packed: self.packed(packed, for: wanted.count))
    if block.shape.normPlacement == .before {
      let dNorm = arena.zeros(rows * hidden)
      selfAttentionBackward(
        block, saved.attention, dy: compact, dx: dNorm, gradients: gradients, packed: packed,
        wanted: wanted)
      gradient.update(repeating: 0, count: rows * hidden)
      wanted.scatter(compact, into: gradient, width: hidden)
      normBackward(
        block.attentionNorm, saved.attentionNorm, dy: dNorm, dx: gradient, gradients: gradients,
        rows: rows)
    } else {
      let dSum = arena.zeros(wanted.count * hidden)
      late.normBackward(
        block.attentionNorm, saved.attentionNorm, dy: compact, dx: dSum, gradients: gradients,
        rows: wanted.count)
      gradient.update(repeating: 0, count: rows * hidden)
      wanted.scatter(dSum, into: gradient, width: hidden)
      selfAttentionBackward(
        block, saved.attention, dy: dSum, dx: gradient, gradients: gradients, packed: packed,
        wanted: wanted)
    }
  }

  /// Backward of feed-forward and attention to the second sequence, row by row.
  private func backwardFromEnd(
    _ block: BlockLayout, _ saved: BlockActivations, gradient: Floats, gradients: Floats,
    memoryGradient: Floats?, packed: PackedBlock?
  ) {
    let before = block.shape.normPlacement == .before
    sublayer(
      norm: block.feedForwardNorm, saved: saved.feedForwardNorm, before: before,
      gradient: gradient, gradients: gradients
    ) { dy, dx in
      let shape = block.shape.feedForward
      var inner = arena.floats(rows * shape.width)
      linearBackward(
        block.feedForwardOutput, parameters, x: saved.activation, dy: dy, dx: inner,
        gradients: gradients, rows: rows, packed: packed?.feedForwardOutput.backward)
      if shape.gated {
        let above = inner
        inner = arena.floats(rows * shape.inputWidth)
        gatedBackward(
          shape.activation.kernel, x: saved.preActivation, gradientY: above, gradientX: inner,
          rows: rows, width: shape.width)
      } else {
        activationBackward(
          shape.activation.kernel, x: saved.preActivation, gradient: inner,
          count: rows * shape.width)
      }
      linearBackward(
        block.feedForwardInput, parameters, x: saved.feedForwardInput, dy: inner, dx: dx,
        gradients: gradients, rows: rows, accumulating: true,
        packed: packed?.feedForwardInput.backward)
    }
    if let layout = block.cross, let cross = saved.cross, let crossNorm = saved.crossNorm {
      sublayer(
        norm: layout.norm, saved: crossNorm, before: before, gradient: gradient,
        gradients: gradients
      ) { dy, dx in
        crossAttentionBackward(
          block, layout, cross, dy: dy, dx: dx, gradients: gradients,
          memoryGradient: memoryGradient)
      }
    }
  }

  /// Backward of x + f(norm(x)), or of norm(x + f(x)). `body(dy, dx)` adds f's input gradient to dx.
  private func sublayer(
    norm: NormLayout, saved: NormActivations, before: Bool, gradient: Floats, gradients: Floats,
    body: (_ dy: Floats, _ dx: Floats) -> Void
  ) {
    let count = rows * norm.width
    if before {
      // The residual path already carries `gradient`; the norm adds its own share to it.
      let dNorm = arena.zeros(count)
      body(gradient, dNorm)
      normBackward(norm, saved, dy: dNorm, dx: gradient, gradients: gradients, rows: rows)
    } else {
      let dSum = arena.zeros(count)
      normBackward(norm, saved, dy: gradient, dx: dSum, gradients: gradients, rows: rows)
      gradient.update(from: dSum, count: count)
      body(dSum, gradient)
    }
  }

  /// `dy` [rows or wanted rows, hidden]; adds d/d(input) to `dx` [rows, hidden].
  private func selfAttentionBackward(
    _ block: BlockLayout, _ saved: AttentionActivations, dy: Floats, dx: Floats,
    gradients: Floats, packed: PackedBlock?, wanted: WantedRows? = nil
  ) {
    guard var probabilities = saved.probabilities else {
      preconditionFailure("the forward pass kept no probabilities")
    }
    let shape = block.shape.attention
    let width = block.queryKeyValue.outputs
    let late = wanted?.count ?? rows
    let dContext = arena.floats(late * shape.outputWidth)
    linearBackward(
      block.attentionOutput, parameters, x: saved.context, dy: dy, dx: dContext,
      gradients: gradients, rows: late,
      packed: self.packed(packed?.attentionOutput.backward, for: late))
    let dProjected = arena.zeros(rows * width)
    let geometry = AttentionGeometry(shape, causal: causal)
    let keys = saved.query + shape.queryWidth
    let values = keys + shape.keyWidth
    let dKeys = dProjected + shape.queryWidth
    let dValues = dKeys + shape.keyWidth
    var place = 0
    for (index, segment) in segments.enumerated() {
      let (start, count) = queries(index, wanted)
      guard count > 0 else { continue }
      let own = segment.start * width
      let prefix = segment.prefixStart * width
      let hasPrefix = segment.prefixCount > 0
      attentionBackward(
        geometry, queries: saved.query + start * width, queryStride: width, queryCount: count,
        prefixKeys: hasPrefix ? UnsafePointer(keys + prefix) : nil,
        prefixValues: hasPrefix ? UnsafePointer(values + prefix) : nil,
        prefixCount: segment.prefixCount, keys: keys + own, values: values + own,
        keyCount: segment.count, keyStride: width, valueStride: width,
        probabilities: probabilities,
        gradientOutput: dContext + (wanted == nil ? start : place) * shape.outputWidth,
        outputStride: shape.outputWidth, gradientQueries: dProjected + start * width,
        gradientPrefixKeys: hasPrefix ? dKeys + prefix : nil,
        gradientPrefixValues: hasPrefix ? dValues + prefix : nil, gradientKeys: dKeys + own,
        gradientValues: dValues + own)
      place += count
      probabilities += shape.queryHeads * count * (segment.prefixCount + segment.count)
    }
    positionHeadsBackward(block, saved, gradient: dProjected, gradients: gradients)
    let layer = block.queryKeyValue
    if let wanted {
      addProjectionGradient(block, saved, dProjected, gradients: gradients, wanted: wanted)
    } else {
      addWeightGradient(
        layer, outputs: 0..<width, x: saved.input, dy: dProjected, dyStride: width,
        gradients: gradients, rows: rows)
    }
    linearBackwardBeyondWeight(
      layer, parameters, dy: dProjected, dx: dx, gradients: gradients, rows: rows,
      accumulating: true, packed: packed?.queryKeyValue.backward)
  }

  /// Rows that are not wanted have no queries: they add to the weights of keys and values alone.
  private func addProjectionGradient(
    _ block: BlockLayout, _ saved: AttentionActivations, _ dProjected: Floats, gradients: Floats,
    wanted: WantedRows
  ) {
    let layer = block.queryKeyValue
    let queryWidth = block.shape.attention.queryWidth
    let input = arena.floats(wanted.count * layer.inputs)
    wanted.gather(saved.input, into: input, width: layer.inputs)
    let dQueries = arena.floats(wanted.count * queryWidth)
    wanted.gather(dProjected, stride: layer.outputs, into: dQueries, width: queryWidth)
    addWeightGradient(
      layer, outputs: 0..<queryWidth, x: input, dy: dQueries, dyStride: queryWidth,
      gradients: gradients, rows: wanted.count)
    addWeightGradient(
      layer, outputs: queryWidth..<layer.outputs, x: saved.input, dy: dProjected + queryWidth,
      dyStride: layer.outputs, gradients: gradients, rows: rows)
  }

  private func crossAttentionBackward(
    _ block: BlockLayout, _ layout: CrossAttentionLayout, _ saved: AttentionActivations,
    dy: Floats, dx: Floats, gradients: Floats, memoryGradient: Floats?
  ) {
    guard var probabilities = saved.probabilities, let keyValue = saved.keyValue, let memory else {
      preconditionFailure("the forward pass kept no probabilities")
    }
    let shape = block.shape.crossAttention ?? block.shape.attention
    let width = layout.keyValue.outputs
    let dContext = arena.floats(rows * shape.outputWidth)
    linearBackward(
      layout.output, parameters, x: saved.context, dy: dy, dx: dContext, gradients: gradients,
      rows: rows)
    let dQueries = arena.zeros(rows * shape.queryWidth)
    let dKeyValue = arena.zeros(memoryRows * width)
    let geometry = AttentionGeometry(shape, causal: false)
    for segment in segments {
      let own = segment.start * shape.queryWidth
      let other = segment.memoryStart * width
      attentionBackward(
        geometry, queries: saved.query + own, queryStride: shape.queryWidth,
        queryCount: segment.count, prefixKeys: nil, prefixValues: nil, prefixCount: 0,
        keys: keyValue + other, values: keyValue + shape.keyWidth + other,
        keyCount: segment.memoryCount, keyStride: width, valueStride: width,
        probabilities: probabilities,
        gradientOutput: dContext + segment.start * shape.outputWidth,
        outputStride: shape.outputWidth, gradientQueries: dQueries + own,
        gradientPrefixKeys: nil, gradientPrefixValues: nil, gradientKeys: dKeyValue + other,
        gradientValues: dKeyValue + shape.keyWidth + other)
      probabilities += shape.queryHeads * segment.count * segment.memoryCount
    }
    linearBackward(
      layout.query, parameters, x: saved.input, dy: dQueries, dx: dx, gradients: gradients,
      rows: rows, accumulating: true)
    linearBackward(
      layout.keyValue, parameters, x: memory, dy: dKeyValue, dx: memoryGradient,
      gradients: gradients, rows: memoryRows, accumulating: true)
  }
}
