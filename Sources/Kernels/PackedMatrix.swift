import CKernels

/// A weight matrix laid out once for repeated products Y (+)= X·Wᵀ.
///
/// W is [n, k], as linear layers store it. Where this CPU runs our own product the weights are
/// copied; elsewhere they are read in place, so they must stay alive and unchanged either way.
///
/// `@unchecked Sendable`: nothing is written after `init`.
package final class PackedMatrix: @unchecked Sendable {
  private let weights: ConstFloats
  private let rows: Int
  private let columns: Int
  private let stride: Int
  /// Panels of 32 rows of W, each transposed to [columns, 32]; nil where OpenBLAS does the work.
  private let panels: AlignedBuffer?

  package init(weights: ConstFloats, rows n: Int, columns k: Int, stride: Int) {
    self.weights = weights
    self.rows = n
    self.columns = k
    self.stride = stride
    guard ownGemm, n > 0, k > 0 else {
      panels = nil
      return
    }
    let packed = AlignedBuffer(count: ck_packed_count(n, k))
    ck_pack_weights(weights, n, k, stride, packed.pointer)
    panels = packed
  }

  /// X is [m, k] with `ldx` floats from row to row, Y is [m, n] with `ldy`.
  package func multiply(
    m: Int, x: ConstFloats, ldx: Int, y: Floats, ldy: Int, accumulate: Bool = false
  ) {
    guard let panels, m > 0 else {
      gemm(
        m: m, n: rows, k: columns, a: x, lda: ldx, b: weights, ldb: stride, transposeB: true,
        c: y, ldc: ldy, accumulate: accumulate)
      return
    }
    var shape = ck_gemm_shape(
      m: m, n: rows, k: columns, lda: ldx, ldb: 0, ldc: ldy, transpose_a: 0, transpose_b: 1,
      accumulate: accumulate ? 1 : 0)
    ck_gemm_packed(&shape, x, panels.pointer, y)
  }
}
