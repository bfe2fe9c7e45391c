// Sizes that go with each other where a model keeps its proportions.

extension UniformShape {
  /// True where the width of all heads is the hidden size, which some stock classes (OPT, GPT-2) require.
  package var tiesHiddenSize: Bool { hiddenSize == attentionWidth }

  /// Head sizes come in multiples of this.
  package var headSizeUnit: Int { max(1, min(4, headSize)) }

  /// Hidden sizes that follow no head size come in multiples of this: the largest power of two up to 16
  /// that divides this shape's.
  package var hiddenSizeUnit: Int {
    [16, 8, 4, 2].first { hiddenSize.isMultiple(of: $0) && hiddenSize >= 2 * $0 } ?? 1
  }

  /// The hidden size that keeps this shape's proportion to a head size, with all heads; no larger than
  /// this shape's.
  package func hiddenSize(withHeadSize size: Int) -> Int {
    if size >= headSize { return hiddenSize }
    if tiesHiddenSize { return heads * size }
    return snapped(Double(hiddenSize * size) / Double(headSize), hiddenSizeUnit, atMost: hiddenSize)
  }

  /// The head size that keeps this shape's proportion to a hidden size best, with all heads; no larger
  /// than this shape's.
  package func headSize(withHiddenSize hidden: Int) -> Int {
    if hidden >= hiddenSize { return headSize }
    return snapped(Double(headSize * hidden) / Double(hiddenSize), headSizeUnit, atMost: headSize)
  }

  /// The multiple of `unit` nearest to a size, at least one.
  private func snapped(_ size: Double, _ unit: Int, atMost limit: Int) -> Int {
    min(limit, max(unit, Int((size / Double(unit)).rounded()) * unit))
  }
}
