import Artifacts
package import Transformers

/// The model with only the selected structures left; the vision encoder and Q-Former are copied.
///
/// Where the head size shrinks from d to d′, queries are multiplied by √(d′/d): stock classes compute
/// the score scale from the head size, and the kept scores must not change. The factor goes into the
/// query projection or, where a norm over the heads follows it, into that norm's gain. Rotary heads
/// keep the frequencies of their pairs, so that what is kept turns as before.
package func removeStructures(from model: Parameters, keeping selection: StructureSelection)
  -> Parameters
{
  let source = model.layout
  var shape = source.shape
  shape.languageModel.hiddenSize = selection.hidden.count
  shape.languageModel.blocks = selection.blocks.map { kept in
    var block = source.languageModel.shape.blocks[kept.source]
    block.hiddenSize = selection.hidden.count
    block.attention = prunedAttention(block.attention, keeping: kept)
    block.feedForward.width = kept.feedForward.count
    return block
  }
  if let rotary = shape.languageModel.rotary,
    let dimensions = selection.blocks.first?.headDimensions.first
  {
    let pairs = dimensions.prefix(dimensions.count / 2)
    precondition(
      selection.blocks.allSatisfy { block in
        block.headDimensions.allSatisfy { $0 == dimensions }
      }
        && dimensions
          == StructureSelection.dimensions(
            ofPairs: Array(pairs), headSize: 2 * rotary.frequencies.count),
      "rotary heads keep the same whole pairs everywhere")
    shape.languageModel.rotary?.frequencies = pairs.map { rotary.frequencies[$0] }
  }
  let result = Parameters(layout: ModelLayout(shape, precision: source.precision))
  let target = result.layout
  let slicer = Slicer(source: UnsafePointer(model.pointer), target: result.pointer)
  let hidden = selection.hidden

  // Encoder and Q-Former lie before the language part and keep their offsets.
  result.pointer.update(from: model.pointer, count: source.languageRange.lowerBound)
  if let from = source.queryFormer?.languageProjection,
    let to = target.queryFormer?.languageProjection
  {
    slicer.linear(from, to, rows: hidden, columns: nil)
  }
  let language = source.languageModel
  let vocabulary = language.shape.vocabularySize
  slicer.matrix(
    language.tokenEmbedding, target.languageModel.tokenEmbedding, rows: Array(0..<vocabulary),
    columns: hidden, width: language.shape.hiddenSize)
  if let from = language.positionEmbedding, let to = target.languageModel.positionEmbedding {
    slicer.matrix(
      from, to, rows: Array(0..<language.shape.positionRows), columns: hidden,
      width: language.shape.hiddenSize)
  }
  if language.head != language.tokenEmbedding {
    slicer.matrix(
      language.head, target.languageModel.head, rows: Array(0..<vocabulary), columns: hidden,
      width: language.shape.hiddenSize)
  }
  if let from = language.finalNorm, let to = target.languageModel.finalNorm {
    slicer.norm(from, to, keeping: hidden)
  }
  for (kept, to) in zip(selection.blocks, target.languageModel.blocks) {
    slicer.block(language.blocks[kept.source], to, keeping: kept, hidden: hidden)
  }
  return result
}

/// The shape of what is kept of an attention module. A scale of 1/√(head size) follows the head size;
/// any other stays.
private func prunedAttention(_ shape: AttentionShape, keeping kept: StructureSelection.Block)
  -> AttentionShape
{
  let groupSize = kept.heads.count / max(1, kept.keyValueHeads.count)
  precondition(
    kept.keyValueHeads.allSatisfy { head in
      kept.heads.count { $0 / shape.groupSize == head } == groupSize
    } && kept.heads.count == groupSize * kept.keyValueHeads.count,
    "every kept key/value head keeps equally many query heads")
  let size = kept.headDimensions.first?.count ?? shape.headSize
  let derived = shape.scale == 1 / Float(shape.headSize).squareRoot()
  return AttentionShape(
    queryHeads: kept.heads.count, keyValueHeads: kept.keyValueHeads.count, headSize: size,
    scale: derived ? nil : shape.scale, bias: shape.bias, outputBias: shape.outputBias,
    headNorm: shape.headNorm, window: shape.window)
}

/// Copies rows and columns of tensors from one buffer to another.
private struct Slicer {
  let source: UnsafePointer<Float>
  let target: UnsafeMutablePointer<Float>

  /// Copies the selected rows and columns of a row-major matrix of `width` columns.
  func matrix(
    _ from: Int, _ to: Int, rows: [Int], columns: [Int]?, width: Int, factor: Float = 1
  ) {
    var next = target + to
    for row in rows {
      let line = source + from + row * width
      if let columns {
        for column in columns {
          next.pointee = line[column] * factor
          next += 1
        }
      } else {
        for column in 0..<width { next[column] = line[column] * factor }
        next += width
      }
    }
  }

  func linear(_ from: LinearLayout, _ to: LinearLayout, rows: [Int], columns: [Int]?) {
    matrix(from.weight, to.weight, rows: rows, columns: columns, width: from.inputs)
    if let bias = from.bias, let target = to.bias {
      matrix(bias, target, rows: rows, columns: nil, width: 1)
    }
  }

  func norm(_ from: NormLayout, _ to: NormLayout, keeping indices: [Int]) {
    matrix(from.gain, to.gain, rows: indices, columns: nil, width: 1)
    if let bias = from.bias, let target = to.bias {
      matrix(bias, target, rows: indices, columns: nil, width: 1)
    }
  }

  func block(
    _ from: BlockLayout, _ to: BlockLayout, keeping kept: StructureSelection.Block, hidden: [Int]
  ) {
    norm(from.attentionNorm, to.attentionNorm, keeping: hidden)
    norm(from.feedForwardNorm, to.feedForwardNorm, keeping: hidden)
    let shape = from.shape.attention
    let groups = Dictionary(
      uniqueKeysWithValues: zip(kept.keyValueHeads, kept.headDimensions))
    let queries = kept.heads.flatMap { head in
      (groups[head / shape.groupSize] ?? []).map { head * shape.headSize + $0 }
    }
    let keys = zip(kept.keyValueHeads, kept.headDimensions).flatMap { head, dimensions in
      dimensions.map { head * shape.headSize + $0 }
    }
    // Scores are multiplied by the new shape's scale in place of the old one's.
    let factor = shape.scale / to.shape.attention.scale
    let parts: [(start: Int, rows: [Int], factor: Float)] = [
      (0, queries, from.queryNorm == nil ? factor : 1), (shape.queryWidth, keys, 1),
      (shape.queryWidth + shape.keyWidth, keys, 1),
    ]
    var offset = 0
    for part in parts {
      let selected = part.rows.map { part.start + $0 }
      matrix(
        from.queryKeyValue.weight, to.queryKeyValue.weight + offset * hidden.count,
        rows: selected, columns: hidden, width: from.queryKeyValue.inputs, factor: part.factor)
      if let bias = from.queryKeyValue.bias, let target = to.queryKeyValue.bias {
        matrix(
          bias, target + offset, rows: selected, columns: nil, width: 1, factor: part.factor)
      }
      offset += selected.count
    }
    if let dimensions = kept.headDimensions.first, let fromQuery = from.queryNorm,
      let toQuery = to.queryNorm, let fromKey = from.keyNorm, let toKey = to.keyNorm
    {
      matrix(
        fromQuery.gain, toQuery.gain, rows: dimensions, columns: nil, width: 1, factor: factor)
      matrix(fromKey.gain, toKey.gain, rows: dimensions, columns: nil, width: 1)
    }
    linear(from.attentionOutput, to.attentionOutput, rows: hidden, columns: queries)
    let width = from.shape.feedForward.width
    let inputs =
      from.shape.feedForward.gated
      ? kept.feedForward + kept.feedForward.map { $0 + width } : kept.feedForward
    linear(from.feedForwardInput, to.feedForwardInput, rows: inputs, columns: hidden)
    linear(
      from.feedForwardOutput, to.feedForwardOutput, rows: hidden, columns: kept.feedForward)
  }
}
