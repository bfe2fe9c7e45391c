/// A weight matrix laid out once for repeated products Y (+)= X·Wᵀ.
///
/// W is [n, k], as linear layers store it. The weights must stay alive and unchanged while the
/// value is used.
///
/// `@unchecked Sendable`: nothing is written after `init`.
package final class PackedMatrix: @unchecked Sendable {
  private let weights: ConstFloats
  private let rows: Int
  private let columns: Int
  private let stride: Int

  package init(weights: ConstFloats, rows n: Int, columns k: Int, stride: Int) {
    self.weights = weights
    self.rows = n
    self.columns = k
    self.stride = stride
  }

  /// X is [m, k] with `ldx` floats from row to row, Y is [m, n] with `ldy`.
  package func multiply(
    m: Int, x: ConstFloats, ldx: Int, y: Floats, ldy: Int, accumulate: Bool = false
  ) {
    gemm(
      m: m, n: rows, k: columns, a: x, lda: ldx, b: weights, ldb: stride, transposeB: true,
      c: y, ldc: ldy, accumulate: accumulate)
  }
}
