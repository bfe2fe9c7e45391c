import Artifacts
package import Transformers

/// The model with only the selected structures left; the vision encoder and Q-Former are copied.
///
/// Where the head size shrinks from d to d′, the query projection is multiplied by √(d′/d): stock
/// classes compute the score scale from the head size, and the kept scores must not change.
package func removeStructures(from model: Parameters, keeping selection: StructureSelection)
  -> Parameters
{
  let source = model.layout
  var shape = source.shape
  shape.languageModel.hiddenSize = selection.hidden.count
  shape.languageModel.blocks = selection.blocks.map { kept in
    var block = source.languageModel.shape.blocks[kept.source]
    block.hiddenSize = selection.hidden.count
    block.attention = AttentionShape(
      queryHeads: kept.heads.count,
      headSize: kept.headDimensions.first?.count ?? block.attention.headSize,
      bias: block.attention.bias)
    block.feedForward.width = kept.feedForward.count
    return block
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
  let positions = language.shape.maximumPositions + language.shape.positionOffset
  slicer.matrix(
    language.tokenEmbedding, target.languageModel.tokenEmbedding, rows: Array(0..<vocabulary),
    columns: hidden, width: language.shape.hiddenSize)
  slicer.matrix(
    language.positionEmbedding, target.languageModel.positionEmbedding,
    rows: Array(0..<positions), columns: hidden, width: language.shape.hiddenSize)
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
    matrix(from.bias, to.bias, rows: indices, columns: nil, width: 1)
  }

  func block(
    _ from: BlockLayout, _ to: BlockLayout, keeping kept: StructureSelection.Block, hidden: [Int]
  ) {
    norm(from.attentionNorm, to.attentionNorm, keeping: hidden)
    norm(from.feedForwardNorm, to.feedForwardNorm, keeping: hidden)
    let shape = from.shape.attention
    let rows = zip(kept.heads, kept.headDimensions).flatMap { head, dimensions in
      dimensions.map { head * shape.headSize + $0 }
    }
    let factor =
      (Float(to.shape.attention.headSize) / Float(shape.headSize)).squareRoot()
    for (part, start) in [0, shape.queryWidth, shape.queryWidth + shape.keyWidth].enumerated() {
      let scale = part == 0 ? factor : 1
      let selected = rows.map { start + $0 }
      let offset = part * rows.count
      matrix(
        from.queryKeyValue.weight, to.queryKeyValue.weight + offset * hidden.count,
        rows: selected, columns: hidden, width: from.queryKeyValue.inputs, factor: scale)
      if let bias = from.queryKeyValue.bias, let target = to.queryKeyValue.bias {
        matrix(bias, target + offset, rows: selected, columns: nil, width: 1, factor: scale)
      }
    }
    linear(from.attentionOutput, to.attentionOutput, rows: hidden, columns: rows)
    linear(
      from.feedForwardInput, to.feedForwardInput, rows: kept.feedForward, columns: hidden)
    linear(
      from.feedForwardOutput, to.feedForwardOutput, rows: hidden, columns: kept.feedForward)
  }
}
