package import Artifacts
package import Transformers

/// Importance of every prunable structure of a language model, from scores per weight.
package struct StructureImportance: Sendable {
  /// [block][dimension], equation 2: row i of W1 and column i of W2 (and b1's entry).
  package private(set) var feedForward: [[Float]] = []
  /// [block][head][dimension], equation 3: the dimension's slices of W_Q, W_K, W_V and W_O.
  package private(set) var attention: [[[Float]]] = []
  /// [dimension], equation 4: everything that touches the dimension, over all blocks, embeddings,
  /// norms, head and the projection from the Q-Former.
  package private(set) var hidden: [Float]

  package init(scores: [Float], layout: ModelLayout) {
    let language = layout.languageModel
    let size = language.shape.hiddenSize
    var hidden = [Float](repeating: 0, count: size)

    /// Adds a [rows, hidden] tensor's columns, or a [hidden, columns] tensor's rows.
    func addColumns(_ offset: Int, rows: Int) {
      for row in 0..<rows {
        for i in 0..<size { hidden[i] += scores[offset + row * size + i] }
      }
    }
    func addRows(_ offset: Int, columns: Int) {
      for i in 0..<size {
        var sum: Float = 0
        for column in 0..<columns { sum += scores[offset + i * columns + column] }
        hidden[i] += sum
      }
    }
    func addLinearInto(_ layer: LinearLayout) {
      addRows(layer.weight, columns: layer.inputs)
      if let bias = layer.bias { addRows(bias, columns: 1) }
    }
    func addNorm(_ norm: NormLayout) {
      addRows(norm.gain, columns: 1)
      addRows(norm.bias, columns: 1)
    }

    addColumns(language.tokenEmbedding, rows: language.shape.vocabularySize)
    addColumns(
      language.positionEmbedding,
      rows: language.shape.maximumPositions + language.shape.positionOffset)
    if language.head != language.tokenEmbedding {
      addColumns(language.head, rows: language.shape.vocabularySize)
    }
    if let norm = language.finalNorm { addNorm(norm) }
    if let projection = layout.queryFormer?.languageProjection { addLinearInto(projection) }

    for block in language.blocks {
      addNorm(block.attentionNorm)
      addNorm(block.feedForwardNorm)
      addColumns(block.queryKeyValue.weight, rows: block.queryKeyValue.outputs)
      addLinearInto(block.attentionOutput)
      addColumns(block.feedForwardInput.weight, rows: block.feedForwardInput.outputs)
      addLinearInto(block.feedForwardOutput)

      let width = block.shape.feedForward.width
      feedForward.append(
        (0..<width).map { i in
          var sum = block.feedForwardInput.bias.map { scores[$0 + i] } ?? 0
          for j in 0..<size {
            sum += scores[block.feedForwardInput.weight + i * size + j]
            sum += scores[block.feedForwardOutput.weight + j * width + i]
          }
          return sum
        })
      attention.append(
        StructureImportance.headScores(block, scores: scores, hiddenSize: size))
    }
    self.hidden = hidden
  }

  private static func headScores(_ block: BlockLayout, scores: [Float], hiddenSize: Int)
    -> [[Float]]
  {
    let shape = block.shape.attention
    let columns = shape.outputWidth
    let parts = [0, shape.queryWidth, shape.queryWidth + shape.keyWidth]
    return (0..<shape.queryHeads).map { head in
      (0..<shape.headSize).map { dimension in
        let index = head * shape.headSize + dimension
        var sum: Float = 0
        for part in parts {
          let row = part + index
          for j in 0..<hiddenSize {
            sum += scores[block.queryKeyValue.weight + row * hiddenSize + j]
          }
          if let bias = block.queryKeyValue.bias { sum += scores[bias + row] }
        }
        for j in 0..<hiddenSize {
          sum += scores[block.attentionOutput.weight + j * columns + index]
        }
        return sum
      }
    }
  }

  /// The most important structures of `shape` that fit `target`: the first blocks (stage 1 removes
  /// the last), per block its own heads, head dimensions and feed-forward dimensions in equal
  /// counts (stage 2), and one set of hidden dimensions (stage 3).
  package func selection(from shape: LanguageModelShape, to target: UniformShape)
    throws(PruningError) -> StructureSelection
  {
    guard let source = shape.uniform else { throw .notUniform }
    if let attention = shape.blocks.first?.attention,
      attention.keyValueHeads != attention.queryHeads
    {
      throw .groupedHeads(
        queryHeads: attention.queryHeads, keyValueHeads: attention.keyValueHeads)
    }
    guard target.blocks <= source.blocks else { throw .grows("blocks") }
    guard target.heads <= source.heads else { throw .grows("heads") }
    guard target.headSize <= source.headSize else { throw .grows("head dimensions") }
    guard target.feedForwardWidth <= source.feedForwardWidth else {
      throw .grows("feed-forward dimensions")
    }
    guard target.hiddenSize <= source.hiddenSize else { throw .grows("hidden dimensions") }
    let blocks = (0..<target.blocks).map { index in
      let heads = strongest(attention[index].map { $0.reduce(0, +) }, count: target.heads)
      return StructureSelection.Block(
        source: index, heads: heads,
        headDimensions: heads.map { strongest(attention[index][$0], count: target.headSize) },
        feedForward: strongest(feedForward[index], count: target.feedForwardWidth))
    }
    return StructureSelection(
      blocks: blocks, hidden: strongest(hidden, count: target.hiddenSize))
  }
}

/// Indices of the `count` highest scores, ascending; ties go to the lower index.
func strongest(_ scores: [Float], count: Int) -> [Int] {
  let order = scores.indices.sorted {
    scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1
  }
  return order.prefix(count).sorted()
}
