import Artifacts
import Kernels

/// Names that a checkpoint family gives to the parts of one block.
package struct BlockNames: Sendable {
  package var attentionNorm: String
  /// One fused tensor, or the three of query, key and value.
  package var queryKeyValue: [String]
  package var attentionOutput: String
  /// Norms over the heads, where the shape has them.
  package var queryNorm = ""
  package var keyNorm = ""
  package var crossNorm = ""
  package var crossQuery = ""
  package var crossKeyValue: [String] = []
  package var crossOutput = ""
  package var feedForwardNorm: String
  /// One tensor, or the two of gate and value.
  package var feedForwardInput: [String]
  package var feedForwardOutput: String
  /// Matrices are stored as [inputs, outputs].
  package var storedTransposed = false
}

/// Names that a checkpoint family gives to the parts of a language model around its blocks.
struct LanguageModelNames {
  var tokenEmbedding: String
  var positionEmbedding = ""
  var finalNorm: String
  var head = "lm_head.weight"
  var block: (_ index: Int) -> BlockNames
}

/// Lays parameters side by side in one buffer and hands out their offsets.
struct LayoutBuilder {
  var table = ParameterTable()
  /// Of the linear layers' products.
  var format = OperandFormat.f32

  mutating func tensor(_ name: String, _ shape: [Int]) -> Int { table.add(name, shape) }

  /// A norm; `name` gets the suffixes `.weight` and, in a layer norm, `.bias`.
  mutating func norm(_ name: String, width: Int, epsilon: Float, kind: NormKind = .layer)
    -> NormLayout
  {
    let gain = table.add(name + ".weight", [width])
    let bias = kind == .layer ? table.add(name + ".bias", [width]) : nil
    return NormLayout(gain: gain, bias: bias, width: width, epsilon: epsilon)
  }

  /// One layer made of several tensors stacked along the outputs, so that one product serves all.
  mutating func linear(
    _ parts: [(name: String, outputs: Int)], inputs: Int, bias: Bool = true,
    storedTransposed: Bool = false
  ) -> LinearLayout {
    let weights = parts.map {
      table.add(
        $0.name + ".weight", [$0.outputs, inputs], storedTransposed: storedTransposed)
    }
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

    let transposed = names.storedTransposed
    let attentionNorm = norm(
      names.attentionNorm, width: hidden, epsilon: epsilon, kind: shape.norm)
    let queryKeyValue = linear(
      stacked(
        names.queryKeyValue, [attention.queryWidth, attention.keyWidth, attention.valueWidth]),
      inputs: hidden, bias: attention.bias, storedTransposed: transposed)
    let headNorms =
      attention.headNorm
      ? [names.queryNorm, names.keyNorm].map {
        norm($0, width: attention.headSize, epsilon: epsilon, kind: .rms)
      } : []
    let attentionOutput = linear(
      [(names.attentionOutput, hidden)], inputs: attention.outputWidth,
      bias: attention.outputBias, storedTransposed: transposed)

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
    let feedForward = shape.feedForward
    return BlockLayout(
      shape: shape, attentionNorm: attentionNorm, queryKeyValue: queryKeyValue,
      queryNorm: headNorms.first, keyNorm: headNorms.last, attentionOutput: attentionOutput,
      cross: cross,
      feedForwardNorm: norm(
        names.feedForwardNorm, width: hidden, epsilon: epsilon, kind: shape.norm),
      feedForwardInput: linear(
        stacked(names.feedForwardInput, names.feedForwardInput.map { _ in feedForward.width }),
        inputs: hidden, bias: feedForward.bias, storedTransposed: transposed),
      feedForwardOutput: linear(
        [(names.feedForwardOutput, hidden)], inputs: feedForward.width, bias: feedForward.bias,
        storedTransposed: transposed))
  }

  /// A decoder-only language model: embeddings, blocks, final norm, head.
  mutating func languageModel(_ shape: LanguageModelShape, names: LanguageModelNames)
    -> LanguageModelLayout
  {
    let hidden = shape.hiddenSize
    let tokens = tensor(names.tokenEmbedding, [shape.vocabularySize, hidden])
    let positions =
      shape.learnedPositions
      ? tensor(names.positionEmbedding, [shape.positionRows, hidden]) : nil
    let blocks = shape.blocks.enumerated().map { block($1, names: names.block($0)) }
    let finalNorm =
      shape.finalNorm
      ? norm(
        names.finalNorm, width: hidden, epsilon: shape.blocks.first?.normEpsilon ?? 1e-5,
        kind: shape.blocks.first?.norm ?? .layer) : nil
    let head =
      shape.tiedHead ? tokens : tensor(names.head, [shape.vocabularySize, hidden])
    return LanguageModelLayout(
      shape: shape, tokenEmbedding: tokens, positionEmbedding: positions, blocks: blocks,
      finalNorm: finalNorm, head: head)
  }
}
