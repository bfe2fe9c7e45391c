import CKernels

/// Softmax of each row; x and p are [rows, width] and may be the same buffer.
///
/// `logNormalizers` [rows], where given, receives log Σ exp(x).
package func softmaxRows(
  _ x: ConstFloats, into p: Floats, logNormalizers: Floats?, rows: Int, width: Int
) {
  ck_softmax_rows(x, p, logNormalizers, rows, width)
}

/// Sum over rows of −log softmax(logits)[target], and its gradient times `scale`.
///
/// `logits` and `gradient` are [rows, vocabulary] and may be the same buffer. Rows whose target is
/// negative do not count: their loss and gradient are zero.
package func crossEntropy(
  logits: ConstFloats, targets: UnsafePointer<Int32>, gradient: Floats, rows: Int,
  vocabulary: Int, scale: Float
) -> Double {
  ck_cross_entropy(logits, targets, gradient, rows, vocabulary, scale)
}
