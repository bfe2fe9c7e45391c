import CKernels

/// Whether this CPU runs our own product; elsewhere OpenBLAS does the work.
let ownGemm = ck_gemm_supported() != 0

/// Matrix product C (+)= op(A)·op(B).
///
/// C is [m, n]; A is [m, k], or [k, m] where `transposeA`; B is [k, n], or [n, k] where
/// `transposeB`; `lda`, `ldb` and `ldc` count floats from row to row. C must not overlap A or B.
package func gemm(
  m: Int, n: Int, k: Int, a: ConstFloats, lda: Int, transposeA: Bool = false,
  b: ConstFloats, ldb: Int, transposeB: Bool = false, c: Floats, ldc: Int,
  accumulate: Bool = false
) {
  guard m > 0, n > 0 else { return }
  guard k > 0 else {
    if !accumulate {
      for row in 0..<m { (c + row * ldc).update(repeating: 0, count: n) }
    }
    return
  }
  if ownGemm {
    var shape = ck_gemm_shape(
      m: m, n: n, k: k, lda: lda, ldb: ldb, ldc: ldc, transpose_a: transposeA ? 1 : 0,
      transpose_b: transposeB ? 1 : 0, accumulate: accumulate ? 1 : 0)
    ck_gemm(&shape, a, b, c)
    return
  }
  openBLASGemm(
    m: m, n: n, k: k, a: a, lda: lda, transposeA: transposeA, b: b, ldb: ldb,
    transposeB: transposeB, c: c, ldc: ldc, accumulate: accumulate)
}
