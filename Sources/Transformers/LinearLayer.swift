import Kernels

/// y = x·Wᵀ + b over `rows` rows, plus `residual` [rows, outputs] where given; `activation`
/// puts f(y) into another buffer [rows, outputs]. Of some `selected` outputs alone, y has those columns;
/// with packed weights they begin with a group.
func linearForward(
  _ layer: LinearLayout, _ parameters: ConstFloats, x: ConstFloats, xStride: Int? = nil, y: Floats,
  yStride: Int? = nil, outputs selected: Range<Int>? = nil, rows: Int,
  residual: ConstFloats? = nil, activation: (function: ActivationKernel, activated: Floats)? = nil,
  packed: PackedMatrix? = nil, team: WorkerTeam? = nil
) {
  let outputs = selected ?? 0..<layer.outputs
  let xStride = xStride ?? layer.inputs
  let yStride = yStride ?? outputs.count
  let ends = ProductEnds(
    bias: layer.bias.map { parameters + $0 + outputs.lowerBound }, residual: residual,
    activation: activation, width: outputs.count)
  if let packed {
    packed.multiply(
      m: rows, x: x, ldx: xStride, y: y, ldy: yStride, outputs: outputs, ends: ends, team: team)
  } else {
    let starts = ends.start(y, rows: rows, stride: yStride)
    gemm(
      m: rows, n: outputs.count, k: layer.inputs, a: x, lda: xStride,
      b: parameters + layer.weight + outputs.lowerBound * layer.inputs, ldb: layer.inputs,
      transposeB: true, c: y, ldc: yStride, accumulate: starts, path: layer.path)
    ends.finish(y, rows: rows, stride: yStride)
  }
}

/// Adds the gradients of weight and bias to `gradients`, and dx = dy·W (or dx += with
/// `accumulating`) where `dx` is given.
func linearBackward(
  _ layer: LinearLayout, _ parameters: ConstFloats, x: ConstFloats, dy: ConstFloats, dx: Floats?,
  gradients: Floats, rows: Int, accumulating: Bool = false, packed: PackedMatrix? = nil
) {
  addWeightGradient(
    layer, outputs: 0..<layer.outputs, x: x, dy: dy, dyStride: layer.outputs,
    gradients: gradients, rows: rows)
  linearBackwardBeyondWeight(
    layer, parameters, dy: dy, dx: dx, gradients: gradients, rows: rows,
    accumulating: accumulating, packed: packed)
}

/// Adds the gradient of some outputs' weights; `dy` [rows, outputs] begins with the first of them.
func addWeightGradient(
  _ layer: LinearLayout, outputs: Range<Int>, x: ConstFloats, dy: ConstFloats, dyStride: Int,
  gradients: Floats, rows: Int
) {
  gemm(
    m: outputs.count, n: layer.inputs, k: rows, a: dy, lda: dyStride, transposeA: true, b: x,
    ldb: layer.inputs, c: gradients + layer.weight + outputs.lowerBound * layer.inputs,
    ldc: layer.inputs, accumulate: true, path: layer.path)
}

/// What `linearBackward` does beside the gradient of the weight.
func linearBackwardBeyondWeight(
  _ layer: LinearLayout, _ parameters: ConstFloats, dy: ConstFloats, dx: Floats?,
  gradients: Floats, rows: Int, accumulating: Bool, packed: PackedMatrix?
) {
  if let bias = layer.bias {
    columnSums(
      of: dy, addingTo: gradients + bias, rows: rows, width: layer.outputs, stride: layer.outputs)
  }
  guard let dx else { return }
  if let packed {
    packed.multiply(
      m: rows, x: dy, ldx: layer.outputs, y: dx, ldy: layer.inputs, accumulate: accumulating)
  } else {
    gemm(
      m: rows, n: layer.inputs, k: layer.outputs, a: dy, lda: layer.outputs,
      b: parameters + layer.weight, ldb: layer.inputs, c: dx, ldc: layer.inputs,
      accumulate: accumulating, path: layer.path)
  }
}
