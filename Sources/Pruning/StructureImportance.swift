package import Artifacts
package import Transformers

/// Importance of every prunable structure of a language model, from scores per weight.
package struct StructureImportance: Sendable {
  /// [block][dimension], equation 2: row i of W1 and column i of W2 (and b1's entry).
  package private(set) var feedForward: [[Float]] = []
  /// [block][key/value head][dimension], equation 3: the dimension's slices of W_K and W_V, and of
  /// W_Q and W_O of every query head that reads it.
  package private(set) var attention: [[[Float]]] = []
  /// [block][query head]: its slices of W_Q and W_O alone.
  package private(set) var queryHeads: [[Float]] = []
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
      if let bias = norm.bias { addRows(bias, columns: 1) }
    }

    addColumns(language.tokenEmbedding, rows: language.shape.vocabularySize)
    if let positions = language.positionEmbedding {
      addColumns(positions, rows: language.shape.positionRows)
    }
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
          var sum: Float = 0
          // The value's row follows the gate's.
          for row in block.shape.feedForward.gated ? [i, width + i] : [i] {
            if let bias = block.feedForwardInput.bias { sum += scores[bias + row] }
            for j in 0..<size { sum += scores[block.feedForwardInput.weight + row * size + j] }
          }
          for j in 0..<size { sum += scores[block.feedForwardOutput.weight + j * width + i] }
          return sum
        })
      let heads = StructureImportance.headScores(block, scores: scores, hiddenSize: size)
      attention.append(heads.groups)
      queryHeads.append(heads.queries.map { $0.reduce(0, +) })
    }
    self.hidden = hidden
  }

  private static func headScores(_ block: BlockLayout, scores: [Float], hiddenSize: Int)
    -> (groups: [[Float]], queries: [[Float]])
  {
    let shape = block.shape.attention
    func row(_ index: Int) -> Float {
      var sum: Float = 0
      for j in 0..<hiddenSize {
        sum += scores[block.queryKeyValue.weight + index * hiddenSize + j]
      }
      if let bias = block.queryKeyValue.bias { sum += scores[bias + index] }
      return sum
    }
    let queries = (0..<shape.queryHeads).map { head in
      (0..<shape.headSize).map { dimension in
        let index = head * shape.headSize + dimension
        var sum = row(index)
        for j in 0..<hiddenSize {
          sum += scores[block.attentionOutput.weight + j * shape.outputWidth + index]
        }
        return sum
      }
    }
    let groups = (0..<shape.keyValueHeads).map { head in
      (0..<shape.headSize).map { dimension in
        let index = shape.queryWidth + head * shape.headSize + dimension
        let shared = row(index) + row(index + shape.keyWidth)
        return (head * shape.groupSize..<(head + 1) * shape.groupSize).reduce(shared) {
          $0 + queries[$1][dimension]
        }
      }
    }
    return (groups, queries)
  }

  /// The most important structures of `shape` that fit `target`: the first blocks (stage 1 removes
  /// the last), per block its own heads, head dimensions and feed-forward dimensions in equal
  /// counts (stage 2), and one set of hidden dimensions (stage 3).
  package func selection(from shape: LanguageModelShape, to target: UniformShape)
    throws(PruningError) -> StructureSelection
  {
    guard let source = shape.uniform else { throw .notUniform }
    guard let module = shape.blocks.first?.attention else { throw .notUniform }
    guard target.blocks <= source.blocks else { throw .grows("blocks") }
    guard target.heads <= source.heads else { throw .grows("heads") }
    guard target.headSize <= source.headSize else { throw .grows("head dimensions") }
    guard target.feedForwardWidth <= source.feedForwardWidth else {
      throw .grows("feed-forward dimensions")
    }
    guard target.hiddenSize <= source.hiddenSize else { throw .grows("hidden dimensions") }
    guard let groupCount = module.keyValueHeads(keeping: target.heads) else {
      throw .groupedHeads(target: target.heads, groupSize: module.groupSize)
    }
    let groups = (0..<target.blocks).map { index in
      strongest(attention[index].map { $0.reduce(0, +) }, count: groupCount)
    }
    let pairs = try rotaryDimensions(shape, groups: groups, target: target.headSize)
    let blocks = (0..<target.blocks).map { index in
      let size = module.groupSize
      // One key/value head serves any number of query heads; else whole groups are kept.
      let heads =
        module.keyValueHeads == 1
        ? strongest(queryHeads[index], count: target.heads)
        : groups[index].flatMap { $0 * size..<($0 + 1) * size }
      return StructureSelection.Block(
        source: index, heads: heads, keyValueHeads: groups[index],
        headDimensions: groups[index].map {
          pairs ?? strongest(attention[index][$0], count: target.headSize)
        },
        feedForward: strongest(feedForward[index], count: target.feedForwardWidth))
    }
    return StructureSelection(
      blocks: blocks, hidden: strongest(hidden, count: target.hiddenSize))
  }

  /// The dimensions of the most important rotary pairs over all kept heads of all kept blocks, which
  /// share one set of frequencies; nil where positions are not rotary.
  private func rotaryDimensions(_ shape: LanguageModelShape, groups: [[Int]], target: Int)
    throws(PruningError) -> [Int]?
  {
    guard let rotary = shape.rotary else { return nil }
    guard target.isMultiple(of: 2) else { throw .rotaryHeadSize(target) }
    let pairs = rotary.frequencies.count
    var scores = [Float](repeating: 0, count: pairs)
    for (block, heads) in groups.enumerated() {
      for head in heads {
        for pair in 0..<pairs {
          scores[pair] += attention[block][head][pair] + attention[block][head][pair + pairs]
        }
      }
    }
    return StructureSelection.dimensions(
      ofPairs: strongest(scores, count: target / 2), headSize: 2 * pairs)
  }
}

/// Indices of the `count` highest scores, ascending; ties go to the lower index.
func strongest(_ scores: [Float], count: Int) -> [Int] {
  let order = scores.indices.sorted {
    scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1
  }
  return order.prefix(count).sorted()
}
