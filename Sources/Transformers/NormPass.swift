import Artifacts
import Kernels

extension BlockPass {
  /// Norm of all rows of the pass, or of the first `rows` of `x`.
  func norm(_ layout: NormLayout, _ x: Floats, rows selected: Int? = nil) -> NormActivations {
    let rows = selected ?? rows
    let y = arena.floats(rows * layout.width)
    let mean = layout.bias == nil ? x : arena.floats(rows)
    let reciprocal = arena.floats(rows)
    if let bias = layout.bias {
      layerNormForward(
        x: x, gain: parameters + layout.gain, bias: parameters + bias, epsilon: layout.epsilon,
        y: y, mean: mean, reciprocalDeviation: reciprocal, rows: rows, width: layout.width)
    } else {
      rmsNormForward(
        x: x, gain: parameters + layout.gain, epsilon: layout.epsilon, y: y,
        reciprocal: reciprocal, rows: rows, width: layout.width)
    }
    return NormActivations(input: x, output: y, mean: mean, reciprocalDeviation: reciprocal)
  }

  /// Adds d/d(input) to `dx` [rows, width] and the parameters' gradients to `gradients`.
  func normBackward(
    _ layout: NormLayout, _ saved: NormActivations, dy: Floats, dx: Floats, gradients: Floats,
    rows: Int
  ) {
    if let bias = layout.bias {
      layerNormBackward(
        x: saved.input, gain: parameters + layout.gain, mean: saved.mean,
        reciprocalDeviation: saved.reciprocalDeviation, gradientY: dy, gradientX: dx,
        gradientGain: gradients + layout.gain, gradientBias: gradients + bias, rows: rows,
        width: layout.width)
    } else {
      rmsNormBackward(
        x: saved.input, gain: parameters + layout.gain, reciprocal: saved.reciprocalDeviation,
        gradientY: dy, gradientX: dx, gradientGain: gradients + layout.gain, rows: rows,
        width: layout.width)
    }
  }
}

/// Between projection and attention: norms over query and key heads, then rotary positions.
extension BlockPass {
  /// `projected` [rows, query | key | value], in place; returns what the backward pass needs.
  func positionHeads(_ block: BlockLayout, _ projected: Floats) -> HeadNormActivations? {
    let shape = block.shape.attention
    let width = block.queryKeyValue.outputs
    var saved: HeadNormActivations?
    if let queryNorm = block.queryNorm, let keyNorm = block.keyNorm {
      let heads = shape.queryHeads + shape.keyValueHeads
      let headsWidth = shape.queryWidth + shape.keyWidth
      let input = arena.floats(rows * headsWidth)
      let reciprocals = arena.floats(rows * heads)
      for row in 0..<rows {
        let source = input + row * headsWidth
        let target = projected + row * width
        let reciprocal = reciprocals + row * heads
        source.update(from: target, count: headsWidth)
        rmsNormForward(
          x: source, gain: parameters + queryNorm.gain, epsilon: queryNorm.epsilon, y: target,
          reciprocal: reciprocal, rows: shape.queryHeads, width: shape.headSize)
        rmsNormForward(
          x: source + shape.queryWidth, gain: parameters + keyNorm.gain,
          epsilon: keyNorm.epsilon, y: target + shape.queryWidth,
          reciprocal: reciprocal + shape.queryHeads, rows: shape.keyValueHeads,
          width: shape.headSize)
      }
      saved = HeadNormActivations(input: input, reciprocals: reciprocals)
    }
    turn(shape, projected, width: width, inverse: false)
    return saved
  }

  /// d/d(projected), in place.
  func positionHeadsBackward(
    _ block: BlockLayout, _ saved: AttentionActivations, gradient: Floats, gradients: Floats
  ) {
    let shape = block.shape.attention
    let width = block.queryKeyValue.outputs
    turn(shape, gradient, width: width, inverse: true)
    guard let norms = saved.headNorms, let queryNorm = block.queryNorm,
      let keyNorm = block.keyNorm
    else { return }
    let heads = shape.queryHeads + shape.keyValueHeads
    let headsWidth = shape.queryWidth + shape.keyWidth
    let dy = arena.floats(headsWidth)
    for row in 0..<rows {
      let target = gradient + row * width
      let reciprocal = norms.reciprocals + row * heads
      dy.update(from: target, count: headsWidth)
      target.update(repeating: 0, count: headsWidth)
      rmsNormBackward(
        x: norms.input + row * headsWidth, gain: parameters + queryNorm.gain,
        reciprocal: reciprocal, gradientY: dy, gradientX: target,
        gradientGain: gradients + queryNorm.gain, rows: shape.queryHeads, width: shape.headSize)
      rmsNormBackward(
        x: norms.input + row * headsWidth + shape.queryWidth, gain: parameters + keyNorm.gain,
        reciprocal: reciprocal + shape.queryHeads, gradientY: dy + shape.queryWidth,
        gradientX: target + shape.queryWidth, gradientGain: gradients + keyNorm.gain,
        rows: shape.keyValueHeads, width: shape.headSize)
    }
  }

  private func turn(_ shape: AttentionShape, _ projected: Floats, width: Int, inverse: Bool) {
    guard let rotaryTable else { return }
    // Query heads and key heads lie side by side.
    rotate(
      projected, stride: width, table: rotaryTable, rows: rows,
      heads: shape.queryHeads + shape.keyValueHeads, headSize: shape.headSize,
      pairs: rotaryPairs, inverse: inverse)
  }

  /// Computes the angles of the rows' positions, which all blocks share.
  mutating func setRotary(_ rotary: RotaryShape?, positions: some Collection<Int32>) {
    guard let rotary else { return }
    let pairs = rotary.frequencies.count
    let table = arena.floats(rows * 2 * pairs)
    Kernels.rotaryTable(
      positions: positions, frequencies: rotary.frequencies, scale: rotary.scale, into: table)
    rotaryTable = UnsafePointer(table)
    rotaryPairs = pairs
  }
}
