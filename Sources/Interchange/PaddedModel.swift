import Artifacts
import Kernels
package import Transformers

/// A model in the nearest shape that its stock class can hold, filled up with zeros: the same numbers
/// at the cost of the wider shape.
///
/// Feed-forward widths grow to the widest block's, heads to a number and a size that the class
/// allows. Zero rows and columns contribute nothing: f(0) = 0 for every activation here, zero values
/// reach no output, and queries are rescaled for the larger head. Hidden dimensions cannot be added,
/// because norms average over them.
package func padded(_ model: Parameters) throws(ExportError) -> Parameters {
  let source = model.layout.languageModel.shape
  let attention = try paddedAttention(source)
  let width = source.blocks.map(\.feedForward.width).max() ?? 0
  var shape = model.layout.shape
  shape.languageModel.blocks = source.blocks.map { block in
    var result = block
    result.attention = attention
    result.feedForward.width = width
    return result
  }
  if let rotary = source.rotary {
    // The pairs that are added turn zeros: any frequency will do.
    let extra = attention.headSize / 2 - rotary.frequencies.count
    shape.languageModel.rotary?.frequencies += Array(repeating: 1e-3, count: extra)
  }
  if let obstacle = shape.languageModel.stockClassObstacle {
    throw .cannotPad(reason: obstacle)
  }
  let result = Parameters(layout: ModelLayout(shape))
  let writer = Padder(source: model, target: result)
  writer.copyOutsideBlocks()
  for (from, to) in zip(model.layout.languageModel.blocks, result.layout.languageModel.blocks) {
    writer.block(from, to, rotary: source.rotary != nil)
  }
  return result
}

/// The smallest number and size of heads that hold every block's.
private func paddedAttention(_ shape: LanguageModelShape) throws(ExportError) -> AttentionShape {
  guard let first = shape.blocks.first?.attention else { throw .cannotPad(reason: "no blocks") }
  let modules = shape.blocks.map(\.attention)
  guard
    modules.allSatisfy({
      $0.groupSize == first.groupSize && $0.bias == first.bias
        && $0.outputBias == first.outputBias && $0.headNorm == first.headNorm
        && $0.window == first.window && $0.valueHeadSize == $0.headSize
    })
  else { throw .cannotPad(reason: "its blocks share key/value heads in different ways") }
  let heads = modules.map(\.queryHeads).max() ?? 1
  let size = modules.map(\.headSize).max() ?? 1
  if first.headNorm, modules.contains(where: { $0.headSize != size }) {
    throw .cannotPad(reason: "norms over the heads average over their dimensions")
  }
  /// The padded module with a number and a size of heads.
  func module(_ heads: Int, _ size: Int) -> AttentionShape {
    AttentionShape(
      queryHeads: heads, keyValueHeads: heads / first.groupSize, headSize: size, bias: first.bias,
      outputBias: first.outputBias, headNorm: first.headNorm, window: first.window)
  }
  func fits(_ candidate: AttentionShape) -> Bool {
    var trial = shape
    guard var block = trial.blocks.first else { return false }
    block.attention = candidate
    trial.blocks = [block]
    return trial.stockClassObstacle == nil
  }
  // Head sizes that a class derives from the hidden size follow from the number of heads.
  for count in stride(from: heads, through: max(heads, shape.hiddenSize), by: first.groupSize) {
    if fits(module(count, size)) { return module(count, size) }
    guard shape.hiddenSize.isMultiple(of: count) else { continue }
    let derived = shape.hiddenSize / count
    if derived >= size, !first.headNorm || derived == size, fits(module(count, derived)) {
      return module(count, derived)
    }
  }
  throw .cannotPad(
    reason: "\(heads) heads of \(size) do not fit a hidden size of \(shape.hiddenSize)")
}

/// Copies tensors into places of a wider one.
private struct Padder {
  let source: Parameters
  let target: Parameters

  /// Everything that has the same shape in both.
  func copyOutsideBlocks() {
    for view in source.layout.table.views {
      guard let other = target.layout.table[view.name], other.shape == view.shape else { continue }
      target.pointer(of: other).update(from: source.pointer(of: view), count: view.count)
    }
  }

  /// Element (rows[i], columns[j]) of a matrix of `width` columns becomes that of the target's.
  func matrix(
    _ from: Int, _ to: Int, rows: [(from: Int, to: Int)], columns: [(from: Int, to: Int)],
    widths: (from: Int, to: Int), factor: Float = 1
  ) {
    for row in rows {
      for column in columns {
        target.pointer[to + row.to * widths.to + column.to] =
          source.pointer[from + row.from * widths.from + column.from] * factor
      }
    }
  }

  func linear(
    _ from: LinearLayout, _ to: LinearLayout, rows: [(from: Int, to: Int)],
    columns: [(from: Int, to: Int)], factor: Float = 1
  ) {
    matrix(
      from.weight, to.weight, rows: rows, columns: columns, widths: (from.inputs, to.inputs),
      factor: factor)
    if let bias = from.bias, let other = to.bias {
      matrix(bias, other, rows: rows, columns: [(0, 0)], widths: (1, 1), factor: factor)
    }
  }

  func block(_ from: BlockLayout, _ to: BlockLayout, rotary: Bool) {
    let (old, new) = (from.shape.attention, to.shape.attention)
    // A rotary head keeps its halves: dimension i of the second half moves to the new half.
    let dimensions = (0..<old.headSize).map { index -> (from: Int, to: Int) in
      let second = rotary && index >= old.headSize / 2
      return (from: index, to: second ? index - old.headSize / 2 + new.headSize / 2 : index)
    }
    func heads(_ count: Int, from: Int, to: Int) -> [(from: Int, to: Int)] {
      (0..<count).flatMap { head in
        dimensions.map {
          (
            from: from + head * old.headSize + $0.from, to: to + head * new.headSize + $0.to
          )
        }
      }
    }
    func same(_ count: Int) -> [(from: Int, to: Int)] { (0..<count).map { (from: $0, to: $0) } }
    let hidden = same(from.attentionOutput.outputs)
    let queries = heads(old.queryHeads, from: 0, to: 0)
    let factor = from.queryNorm == nil ? old.scale / new.scale : 1
    linear(from.queryKeyValue, to.queryKeyValue, rows: queries, columns: hidden, factor: factor)
    let keys = heads(old.keyValueHeads, from: old.queryWidth, to: new.queryWidth)
    let values = heads(
      old.keyValueHeads, from: old.queryWidth + old.keyWidth, to: new.queryWidth + new.keyWidth)
    linear(from.queryKeyValue, to.queryKeyValue, rows: keys + values, columns: hidden)
    linear(from.attentionOutput, to.attentionOutput, rows: hidden, columns: queries)

    let (width, wider) = (from.shape.feedForward.width, to.shape.feedForward.width)
    var inner = same(width)
    if from.shape.feedForward.gated {
      inner += same(width).map { (from: $0.from + width, to: $0.to + wider) }
    }
    linear(from.feedForwardInput, to.feedForwardInput, rows: inner, columns: hidden)
    linear(from.feedForwardOutput, to.feedForwardOutput, rows: hidden, columns: same(width))
  }
}
