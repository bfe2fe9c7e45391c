extension AttentionShape: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.integer(queryHeads, "queryHeads", FieldLimits.heads)
    try fields.integer(keyValueHeads, "keyValueHeads", FieldLimits.heads)
    try fields.integer(headSize, "headSize", FieldLimits.headSize)
    try fields.integer(valueHeadSize, "valueHeadSize", FieldLimits.headSize)
    guard queryHeads.isMultiple(of: keyValueHeads) else {
      throw fields.invalid(
        "keyValueHeads", "\(keyValueHeads) does not divide the query heads, \(queryHeads)")
    }
    for (size, name) in [(headSize, "headSize"), (valueHeadSize, "valueHeadSize")]
    where !FieldLimits.size.contains(queryHeads * size) {
      throw fields.invalid(
        name, "\(queryHeads) heads of \(size) are wider than \(FieldLimits.size.upperBound)")
    }
    try fields.number(Double(scale), "scale", -1e6...1e6)
    if let window { try fields.integer(window, "window", FieldLimits.table) }
  }
}

extension FeedForwardShape: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.integer(width, "width", FieldLimits.size)
  }
}

extension BlockShape: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.integer(hiddenSize, "hiddenSize", FieldLimits.size)
    try fields.value(attention, "attention")
    try fields.value(crossAttention, "crossAttention")
    try fields.integer(
      memorySize, "memorySize", (crossAttention == nil ? 0 : 1)...FieldLimits.size.upperBound)
    try fields.value(feedForward, "feedForward")
    try fields.number(Double(normEpsilon), "normEpsilon", 0...1)
  }
}

extension FieldCheck {
  /// A stack whose blocks have one width, that of the model around them.
  fileprivate func stack(_ blocks: [BlockShape], hiddenSize: Int) throws(InvalidField) {
    try integer(hiddenSize, "hiddenSize", FieldLimits.size)
    guard FieldLimits.blocks.contains(blocks.count) else {
      throw invalid(
        "blocks",
        "\(blocks.count) blocks are outside \(FieldLimits.blocks.lowerBound) … "
          + "\(FieldLimits.blocks.upperBound)")
    }
    try values(blocks, "blocks")
    for (index, block) in blocks.enumerated() where block.hiddenSize != hiddenSize {
      throw invalid(
        "blocks[\(index)].hiddenSize", "\(block.hiddenSize) is not that of the model, \(hiddenSize)"
      )
    }
  }
}

extension LanguageModelShape: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.integer(vocabularySize, "vocabularySize", FieldLimits.table)
    try fields.integer(maximumPositions, "maximumPositions", FieldLimits.table)
    try fields.integer(positionOffset, "positionOffset", 0...FieldLimits.table.upperBound)
    try fields.stack(blocks, hiddenSize: hiddenSize)
    guard let rotary else { return }
    try fields.positive(rotary.theta, "rotary.theta")
    try fields.number(Double(rotary.scale), "rotary.scale", -1e6...1e6)
    for (index, frequency) in rotary.frequencies.enumerated() {
      try fields.number(Double(frequency), "rotary.frequencies[\(index)]", -1e6...1e6)
    }
    for (index, block) in blocks.enumerated()
    where block.attention.headSize != 2 * rotary.frequencies.count {
      throw fields.invalid(
        "rotary.frequencies",
        "\(rotary.frequencies.count) pairs are not those of the heads of "
          + "\(block.attention.headSize) in block \(index)")
    }
  }
}

extension VisionShape: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.integer(imageSize, "imageSize", FieldLimits.imageSize)
    try fields.integer(patchSize, "patchSize", 1...imageSize)
    try fields.integer(channels, "channels", FieldLimits.channels)
    try fields.number(Double(normEpsilon), "normEpsilon", 0...1)
    try fields.stack(blocks, hiddenSize: hiddenSize)
  }
}

extension QFormerShape: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.integer(queryCount, "queryCount", FieldLimits.queries)
    try fields.number(Double(normEpsilon), "normEpsilon", 0...1)
    try fields.stack(blocks, hiddenSize: hiddenSize)
  }
}

extension ModelShape: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(vision, "vision")
    try fields.value(queryFormer, "queryFormer")
    guard vision != nil || queryFormer == nil else {
      throw fields.invalid("queryFormer", "needs a \"vision\" to read")
    }
    try fields.value(languageModel, "languageModel")
  }
}

extension UniformShape: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.integer(blocks, "blocks", FieldLimits.blocks)
    try fields.integer(feedForwardWidth, "feedForwardWidth", FieldLimits.size)
    try fields.integer(hiddenSize, "hiddenSize", FieldLimits.size)
    try fields.widths(heads: heads, headSize: headSize)
  }
}

extension FieldCheck {
  func widths(heads: Int, headSize: Int) throws(InvalidField) {
    try integer(heads, "heads", FieldLimits.heads)
    try integer(headSize, "headSize", FieldLimits.headSize)
    guard FieldLimits.size.contains(heads * headSize) else {
      throw invalid(
        "headSize", "\(heads) heads of \(headSize) are wider than \(FieldLimits.size.upperBound)")
    }
  }
}
