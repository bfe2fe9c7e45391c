// Weights and biases of shapes, counted without making them.

extension AttentionShape {
  /// Of the four projections, and of the norms of heads where there are any.
  func parameterCount(hiddenSize: Int) -> Int {
    let rows = queryWidth + keyWidth + valueWidth
    let projections = rows * hiddenSize + outputWidth * hiddenSize
    return projections + (bias ? rows : 0) + (outputBias ? hiddenSize : 0)
      + (headNorm ? 2 * headSize : 0)
  }
}

extension FeedForwardShape {
  /// Of both layers, a gate's rows among them.
  func parameterCount(hiddenSize: Int) -> Int {
    (inputWidth + width) * hiddenSize + (bias ? inputWidth + hiddenSize : 0)
  }
}

extension BlockShape {
  /// Of one norm.
  var normParameterCount: Int { norm == .layer ? 2 * hiddenSize : hiddenSize }

  /// Of self-attention and feed-forward module, each with a norm; for a decoder's block.
  package var parameterCount: Int {
    attention.parameterCount(hiddenSize: hiddenSize)
      + feedForward.parameterCount(hiddenSize: hiddenSize) + 2 * normParameterCount
  }
}

extension LanguageModelShape {
  /// Of the language model at a uniform shape; a tied head counts once.
  package func parameterCount(at shape: UniformShape) -> Int {
    let tables = (tiedHead ? vocabularySize : 2 * vocabularySize) + positionRows
    let block = blocks.first?.resized(to: shape)
    let norm = finalNorm ? block?.normParameterCount ?? 0 : 0
    return shape.blocks * (block?.parameterCount ?? 0) + tables * shape.hiddenSize + norm
  }
}
