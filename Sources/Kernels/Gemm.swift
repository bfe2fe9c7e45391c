import CKernels

/// Matrix product C (+)= op(A)·op(B).
///
/// C is [m, n]; A is [m, k], or [k, m] where `transposeA`; B is [k, n], or [n, k] where
/// `transposeB`; `lda`, `ldb` and `ldc` count floats from row to row. C must not overlap A or B.
/// `path` must be supported by this CPU.
package func gemm(
  m: Int, n: Int, k: Int, a: ConstFloats, lda: Int, transposeA: Bool = false,
  b: ConstFloats, ldb: Int, transposeB: Bool = false, c: Floats, ldc: Int,
  accumulate: Bool = false, path: GemmPath = .fastest(.f32)
) {
  guard m > 0, n > 0 else { return }
  guard k > 0 else {
    if !accumulate {
      for row in 0..<m { (c + row * ldc).update(repeating: 0, count: n) }
    }
    return
  }
  if let kind = path.kind {
    var shape = ck_gemm_shape(
      m: m, n: n, k: k, lda: lda, ldb: ldb, ldc: ldc, transpose_a: transposeA ? 1 : 0,
      transpose_b: transposeB ? 1 : 0, accumulate: accumulate ? 1 : 0)
    ck_gemm(kind, &shape, a, b, c)
    return
  }
  if path == .roundedBF16 {
    let left = rounded(a, stride: lda, rows: transposeA ? k : m, width: transposeA ? m : k)
    let right = rounded(b, stride: ldb, rows: transposeB ? n : k, width: transposeB ? k : n)
    gemm(
      m: m, n: n, k: k, a: left.pointer, lda: transposeA ? m : k, transposeA: transposeA,
      b: right.pointer, ldb: transposeB ? k : n, transposeB: transposeB, c: c, ldc: ldc,
      accumulate: accumulate)
    return
  }
  openBLASGemm(
    m: m, n: n, k: k, a: a, lda: lda, transposeA: transposeA, b: b, ldb: ldb,
    transposeB: transposeB, c: c, ldc: ldc, accumulate: accumulate)
}

/// A copy of x [rows, width], without gaps, in bf16's numbers.
func rounded(_ x: ConstFloats, stride: Int, rows: Int, width: Int) -> AlignedBuffer {
  let copy = AlignedBuffer(count: rows * width)
  roundToBF16(x, stride: stride, into: copy.pointer, stride: width, rows: rows, width: width)
  return copy
}
