import Artifacts
import Kernels

/// Names that a checkpoint family gives to the parts of one block.
package struct BlockNames: Sendable {
  package var attentionNorm: String
  /// One fused tensor, or the three of query, key and value.
  package var queryKeyValue: [String]
  package var attentionOutput: String
  package var crossNorm = ""
  package var crossQuery = ""
  package var crossKeyValue: [String] = []
  package var crossOutput = ""
  package var feedForwardNorm: String
  package var feedForwardInput: String
  package var feedForwardOutput: String
}

/// Lays parameters side by side in one buffer and hands out their offsets.
struct LayoutBuilder {
  var table = ParameterTable()
  /// Of the linear layers' products.
  var format = OperandFormat.f32

  mutating func tensor(_ name: String, _ shape: [Int]) -> Int { table.add(name, shape) }

  /// A layer norm; `name` gets the suffixes `.weight` and `.bias`.
  mutating func norm(_ name: String, width: Int, epsilon: Float) -> NormLayout {
    let gain = table.add(name + ".weight", [width])
    let bias = table.add(name + ".bias", [width])
    return NormLayout(gain: gain, bias: bias, width: width, epsilon: epsilon)
  }

  /// One layer made of several tensors stacked along the outputs, so that one product serves all.
  mutating func linear(_ parts: [(name: String, outputs: Int)], inputs: Int, bias: Bool = true)
    -> LinearLayout
  {
    let weights = parts.map { table.add($0.name + ".weight", [$0.outputs, inputs]) }
    let biases = bias ? parts.map { table.add($0.name + ".bias", [$0.outputs]) } : []
    return LinearLayout(
      weight: weights[0], bias: biases.first, inputs: inputs,
      outputs: parts.reduce(0) { $0 + $1.outputs }, format: format)
  }

  mutating func block(_ shape: BlockShape, names: BlockNames) -> BlockLayout {
    let hidden = shape.hiddenSize
    let attention = shape.attention
    let epsilon = shape.normEpsilon
    let memorySize = shape.memorySize

    func stacked(_ names: [String], _ widths: [Int]) -> [(name: String, outputs: Int)] {
      names.count == 1
        ? [(names[0], widths.reduce(0, +))] : zip(names, widths).map { (name: $0, outputs: $1) }
    }

    let attentionNorm = norm(names.attentionNorm, width: hidden, epsilon: epsilon)
    let queryKeyValue = linear(
      stacked(
        names.queryKeyValue, [attention.queryWidth, attention.keyWidth, attention.valueWidth]),
      inputs: hidden, bias: attention.bias)
    let attentionOutput = linear(
      [(names.attentionOutput, hidden)], inputs: attention.outputWidth, bias: attention.bias)

    var cross: CrossAttentionLayout?
    if let shape = shape.crossAttention {
      cross = CrossAttentionLayout(
        norm: norm(names.crossNorm, width: hidden, epsilon: epsilon),
        query: linear([(names.crossQuery, shape.queryWidth)], inputs: hidden, bias: shape.bias),
        keyValue: linear(
          stacked(names.crossKeyValue, [shape.keyWidth, shape.valueWidth]),
          inputs: memorySize, bias: shape.bias),
        output: linear([(names.crossOutput, hidden)], inputs: shape.outputWidth, bias: shape.bias))
    }
    return BlockLayout(
      shape: shape, attentionNorm: attentionNorm, queryKeyValue: queryKeyValue,
      attentionOutput: attentionOutput, cross: cross,
      feedForwardNorm: norm(names.feedForwardNorm, width: hidden, epsilon: epsilon),
      feedForwardInput: linear(
        [(names.feedForwardInput, shape.feedForward.width)], inputs: hidden),
      feedForwardOutput: linear(
        [(names.feedForwardOutput, hidden)], inputs: shape.feedForward.width))
  }
}
