import Kernels

/// y = x·Wᵀ + b over `rows` rows; with `accumulating`, y += x·Wᵀ + b.
func linearForward(
  _ layer: LinearLayout, _ parameters: ConstFloats, x: ConstFloats, xStride: Int? = nil, y: Floats,
  rows: Int, accumulating: Bool = false, packed: PackedMatrix? = nil, team: WorkerTeam? = nil
) {
  if let bias = layer.bias {
    if accumulating {
      addRows(y, parameters + bias, rows: rows, width: layer.outputs, stride: layer.outputs)
    } else {
      fillRows(y, with: parameters + bias, rows: rows, width: layer.outputs, stride: layer.outputs)
    }
  }
  let accumulate = accumulating || layer.bias != nil
  let stride = xStride ?? layer.inputs
  if let packed {
    packed.multiply(
      m: rows, x: x, ldx: stride, y: y, ldy: layer.outputs, accumulate: accumulate,
      team: team)
  } else {
    gemm(
      m: rows, n: layer.outputs, k: layer.inputs, a: x, lda: stride, b: parameters + layer.weight,
      ldb: layer.inputs, transposeB: true, c: y, ldc: layer.outputs, accumulate: accumulate,
      path: layer.path)
  }
}

/// Adds the gradients of weight and bias to `gradients`, and dx = dy·W (or dx += with
/// `accumulating`) where `dx` is given.
func linearBackward(
  _ layer: LinearLayout, _ parameters: ConstFloats, x: ConstFloats, dy: ConstFloats, dx: Floats?,
  gradients: Floats, rows: Int, accumulating: Bool = false, packed: PackedMatrix? = nil
) {
  gemm(
    m: layer.outputs, n: layer.inputs, k: rows, a: dy, lda: layer.outputs, transposeA: true, b: x,
    ldb: layer.inputs, c: gradients + layer.weight, ldc: layer.inputs, accumulate: true,
    path: layer.path)
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
