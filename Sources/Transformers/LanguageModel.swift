import Artifacts
package import Kernels

/// Up to so many rows are multiplied by weights as they lie: the sums run in another order than with
/// packed weights, and the bytes of a training must not depend on whether weights are packed.
let fewRows = 4

/// A decoder-only language model over a batch of rows, forward and backward.
package struct LanguageModelPass {
  private let layout: LanguageModelLayout
  private let parameters: ConstFloats
  private let pass: BlockPass
  private let batch: LanguageBatch
  private var blocks: [BlockActivations] = []
  private var finalNorm: NormActivations?
  private let outputs: Int
  private let packed: PackedWeights?
  /// Nil for a few rows, which are multiplied by weights as they lie.
  private let packedHead: PackedLayer?
  /// Rows before the first block, [rows, hidden].
  package private(set) var input: Floats
  /// After the final norm, at the output rows only, [outputs, hidden].
  package private(set) var normed: Floats
  /// [outputs, vocabulary]
  package private(set) var logits: Floats

  /// `features` holds the image rows, [image rows, hidden]; nil in a text-only batch. `packed`, where
  /// given, are copies of the same parameters as they are now. The last block computes the rows
  /// alone that the batch's output rows need.
  package init(
    parameters: Parameters, arena: Arena, batch: LanguageBatch, features: ConstFloats?,
    keepsActivations: Bool, packed: PackedWeights? = nil
  ) {
    layout = parameters.layout.languageModel
    self.parameters = UnsafePointer(parameters.pointer)
    self.batch = batch
    let hidden = layout.shape.hiddenSize
    let rows = batch.rows
    self.packed = rows > fewRows ? packed : nil
    packedHead = batch.outputRows.count > fewRows ? packed?.head : nil
    var pass = BlockPass(
      parameters: self.parameters, arena: arena, segments: batch.segments, rows: rows,
      causal: true, keepsProbabilities: keepsActivations)
    pass.setRotary(layout.shape.rotary, positions: batch.positions)
    self.pass = pass
    input = arena.floats(rows * hidden)
    embedRows(
      batch.tokens, positions: batch.positions, features: features, layout: layout,
      parameters: self.parameters, into: input)
    var x = input
    if !keepsActivations {
      x = arena.floats(rows * hidden)
      x.update(from: input, count: rows * hidden)
    }
    let wanted = WantedRows(batch.outputRows, segments: batch.segments, rows: rows)
    for (index, block) in layout.blocks.enumerated() {
      let mark = arena.mark
      let last = index == layout.blocks.count - 1 ? wanted : nil
      let result = pass.forward(
        block, x: x, packed: self.packed?.blocks[index], wanted: last)
      if keepsActivations {
        blocks.append(result)
        x = result.output
      } else {
        x.update(from: result.output, count: (last?.count ?? rows) * hidden)
        arena.release(to: mark)
      }
    }
    outputs = batch.outputRows.count
    let gathered = arena.floats(outputs * hidden)
    let places = layout.blocks.isEmpty ? nil : wanted?.places
    for (i, row) in batch.outputRows.enumerated() {
      (gathered + i * hidden).update(from: x + (places?[i] ?? Int(row)) * hidden, count: hidden)
    }
    normed = gathered
    if let norm = layout.finalNorm {
      let result = pass.norm(norm, gathered, rows: outputs)
      finalNorm = result
      normed = result.output
    }
    logits = arena.floats(outputs * layout.shape.vocabularySize)
    if let packedHead {
      packedHead.forward.multiply(
        m: outputs, x: normed, ldx: hidden, y: logits, ldy: layout.shape.vocabularySize)
    } else {
      gemm(
        m: outputs, n: layout.shape.vocabularySize, k: hidden, a: normed, lda: hidden,
        b: self.parameters + layout.head, ldb: hidden, transposeB: true, c: logits,
        ldc: layout.shape.vocabularySize, path: layout.headPath)
    }
  }

  /// Outputs of the blocks, [rows, hidden] each; empty unless activations were kept. Every row must be
  /// an output row.
  package var blockOutputs: [Floats] {
    precondition(blocks.last?.wanted == nil, "the last block computed its output rows alone")
    return blocks.map(\.output)
  }

  /// What attention and feed-forward of a block add to the stream (before its norm, where norms
  /// come after), [rows, hidden] each. Activations must be kept, and every row be an output row.
  package func moduleOutputs(block index: Int) -> (attention: [Float], feedForward: [Float]) {
    let saved = blocks[index]
    precondition(saved.wanted == nil, "the last block computed its output rows alone")
    let before = layout.blocks[index].shape.normPlacement == .before
    let count = batch.rows * layout.shape.hiddenSize
    func difference(_ a: Floats, _ b: Floats) -> [Float] { (0..<count).map { a[$0] - b[$0] } }
    if before {
      let middle = saved.feedForwardNorm.input
      return (
        difference(middle, saved.attentionNorm.input), difference(saved.output, middle)
      )
    }
    return (
      difference(saved.attentionNorm.input, saved.attention.input),
      difference(saved.feedForwardNorm.input, saved.feedForwardInput)
    )
  }

  /// Adds parameter gradients, and d/d(image rows) to `featureGradient` where given.
  /// `logitGradient` is [outputs, vocabulary].
  package func backward(logitGradient: Floats, gradients: Floats, featureGradient: Floats?) {
    let arena = pass.arena
    let hidden = layout.shape.hiddenSize
    let vocabulary = layout.shape.vocabularySize
    gemm(
      m: vocabulary, n: hidden, k: outputs, a: logitGradient, lda: vocabulary, transposeA: true,
      b: normed, ldb: hidden, c: gradients + layout.head, ldc: hidden, accumulate: true,
      path: layout.headPath)
    var dGathered = arena.floats(outputs * hidden)
    if let matrix = packedHead?.backward {
      matrix.multiply(m: outputs, x: logitGradient, ldx: vocabulary, y: dGathered, ldy: hidden)
    } else {
      gemm(
        m: outputs, n: hidden, k: vocabulary, a: logitGradient, lda: vocabulary,
        b: parameters + layout.head, ldb: hidden, c: dGathered, ldc: hidden,
        path: layout.headPath)
    }
    if let norm = layout.finalNorm, let saved = finalNorm {
      let dNormInput = arena.zeros(outputs * hidden)
      pass.normBackward(
        norm, saved, dy: dGathered, dx: dNormInput, gradients: gradients, rows: outputs)
      dGathered = dNormInput
    }
    let dx = arena.zeros(batch.rows * hidden)
    for (i, row) in batch.outputRows.enumerated() {
      (dx + Int(row) * hidden).update(from: dGathered + i * hidden, count: hidden)
    }
    for index in layout.blocks.indices.reversed() {
      pass.backward(
        layout.blocks[index], blocks[index], gradient: dx, gradients: gradients,
        packed: packed?.blocks[index])
    }
    for row in 0..<batch.rows {
      let source = dx + row * hidden
      let token = Int(batch.tokens[row])
      if token >= 0 {
        add(source, to: gradients + layout.tokenEmbedding + token * hidden, count: hidden)
      } else if let featureGradient {
        add(source, to: featureGradient + (-1 - token) * hidden, count: hidden)
      }
      guard let table = layout.positionEmbedding else { continue }
      let position = Int(batch.positions[row]) + layout.shape.positionOffset
      add(source, to: gradients + table + position * hidden, count: hidden)
    }
  }
}

/// Token (or image row), plus its learned position where there are such, per row, into `x` [rows, hidden].
func embedRows(
  _ tokens: some Collection<Int32>, positions: some Collection<Int32>, features: ConstFloats?,
  layout: LanguageModelLayout, parameters: ConstFloats, into x: Floats
) {
  let hidden = layout.shape.hiddenSize
  var target = x
  for (token, position) in zip(tokens, positions) {
    if token >= 0 {
      target.update(
        from: parameters + layout.tokenEmbedding + Int(token) * hidden, count: hidden)
    } else if let features {
      target.update(from: features + Int(-1 - token) * hidden, count: hidden)
    } else {
      target.update(repeating: 0, count: hidden)
    }
    if let table = layout.positionEmbedding {
      let row = Int(position) + layout.shape.positionOffset
      add(parameters + table + row * hidden, to: target, count: hidden)
    }
    target += hidden
  }
}
