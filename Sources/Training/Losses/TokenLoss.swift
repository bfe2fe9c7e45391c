package import Kernels

/// A loss over rows of logits, one row per predicted token.
package protocol TokenLoss: Sendable {
  /// Whether `evaluate` reads the teacher's logits.
  var needsTeacher: Bool { get }

  /// Returns Σ over rows of the loss, and writes d(scale · Σ loss)/d(logits) to `gradient`.
  ///
  /// `logits`, `teacher` and `gradient` are [rows, vocabulary]; `targets` holds the right token of
  /// each row, −1 where there is none; `scratch` has room for 2 · rows · (vocabulary + 1) floats.
  func evaluate(
    logits: ConstFloats, teacher: ConstFloats?, targets: UnsafePointer<Int32>, gradient: Floats,
    rows: Int, vocabulary: Int, scale: Float, scratch: Floats
  ) -> Double
}

/// Cross-entropy against the right tokens: hard labels.
package struct HardLabelLoss: TokenLoss {
  package init() {}

  package var needsTeacher: Bool { false }

  package func evaluate(
    logits: ConstFloats, teacher: ConstFloats?, targets: UnsafePointer<Int32>, gradient: Floats,
    rows: Int, vocabulary: Int, scale: Float, scratch: Floats
  ) -> Double {
    crossEntropy(
      logits: logits, targets: targets, gradient: gradient, rows: rows, vocabulary: vocabulary,
      scale: scale)
  }
}
