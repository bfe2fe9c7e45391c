import COpenBLAS

/// OpenBLAS keeps to the caller's thread: the engine runs its own workers, and a second level of
/// threads costs 20 to 40 %.
private let singleThreadedOpenBLAS: Void = openblas_set_num_threads(1)

/// The product `gemm` falls back to where this CPU does not run our own, and is compared with.
///
/// Arguments as `gemm`; m, n and k must be positive.
package func openBLASGemm(
  m: Int, n: Int, k: Int, a: ConstFloats, lda: Int, transposeA: Bool, b: ConstFloats, ldb: Int,
  transposeB: Bool, c: Floats, ldc: Int, accumulate: Bool
) {
  _ = singleThreadedOpenBLAS
  let beta: Float = accumulate ? 1 : 0
  if m == 1, !transposeA {
    // The general product is slow for a single row on some CPUs.
    cblas_sgemv(
      CblasRowMajor, transposeB ? CblasNoTrans : CblasTrans, Int32(transposeB ? n : k),
      Int32(transposeB ? k : n), 1, b, Int32(ldb), a, 1, beta, c, 1)
    return
  }
  cblas_sgemm(
    CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
    Int32(m), Int32(n), Int32(k), 1, a, Int32(lda), b, Int32(ldb), beta, c, Int32(ldc))
}
