import Artifacts
package import Kernels

/// The Q-Former: learned queries read an image's tokens. Forward and backward.
package struct QueryFormerPass {
  private let parameters: ConstFloats
  private let layout: QueryFormerLayout
  private let pass: BlockPass
  private let images: Int
  private let inputNorm: NormActivations
  private var blocks: [BlockActivations] = []
  /// [images · queries, hidden]
  package private(set) var output: Floats

  /// `imageTokens` is [images · tokensPerImage, vision hidden].
  package init(
    _ layout: QueryFormerLayout, parameters: Parameters, arena: Arena, imageTokens: ConstFloats,
    tokensPerImage: Int, images: Int, keepsActivations: Bool
  ) {
    self.layout = layout
    self.parameters = UnsafePointer(parameters.pointer)
    self.images = images
    let queries = layout.shape.queryCount
    let hidden = layout.shape.hiddenSize
    let rows = images * queries
    pass = BlockPass(
      parameters: self.parameters, arena: arena,
      segments: (0..<images).map {
        Segment(
          start: $0 * queries, count: queries, memoryStart: $0 * tokensPerImage,
          memoryCount: tokensPerImage)
      }, rows: rows, causal: false, keepsProbabilities: keepsActivations, memory: imageTokens,
      memoryRows: images * tokensPerImage)
    let tokens = arena.floats(rows * hidden)
    for image in 0..<images {
      (tokens + image * queries * hidden).update(
        from: self.parameters + layout.queryTokens, count: queries * hidden)
    }
    inputNorm = pass.norm(layout.inputNorm, tokens)
    var x = inputNorm.output
    for block in layout.blocks {
      let mark = arena.mark
      let result = pass.forward(block, x: x)
      if keepsActivations {
        blocks.append(result)
        x = result.output
      } else {
        x.update(from: result.output, count: rows * hidden)
        arena.release(to: mark)
      }
    }
    output = x
  }

  /// The normed queries, input of the first block, [images · queries, hidden].
  package var input: Floats { inputNorm.output }

  /// Outputs of the blocks; empty unless activations were kept.
  package var blockOutputs: [Floats] { blocks.map(\.output) }

  /// Adds parameter gradients, and d/d(image tokens) to `imageGradient` where given; `gradient` is
  /// d/d(output) and is overwritten.
  package func backward(gradient: Floats, gradients: Floats, imageGradient: Floats?) {
    let arena = pass.arena
    let hidden = layout.shape.hiddenSize
    let queries = layout.shape.queryCount
    for (block, saved) in zip(layout.blocks, blocks).reversed() {
      pass.backward(
        block, saved, gradient: gradient, gradients: gradients, memoryGradient: imageGradient)
    }
    let dTokens = arena.zeros(pass.rows * hidden)
    pass.normBackward(
      layout.inputNorm, inputNorm, dy: gradient, dx: dTokens, gradients: gradients,
      rows: pass.rows)
    for image in 0..<images {
      add(
        dTokens + image * queries * hidden, to: gradients + layout.queryTokens,
        count: queries * hidden)
    }
  }
}

/// Queries into the language model's width: features = queries·Wᵀ + b, [rows, language hidden].
package func projectQueries(
  _ queries: ConstFloats, rows: Int, parameters: Parameters, into features: Floats
) {
  guard let layout = parameters.layout.queryFormer else { return }
  linearForward(
    layout.languageProjection, UnsafePointer(parameters.pointer), x: queries, y: features,
    rows: rows)
}

/// Backward of `projectQueries`; adds to dQueries where given.
package func projectQueriesBackward(
  _ queries: ConstFloats, featureGradient: ConstFloats, rows: Int, parameters: Parameters,
  gradients: Floats, queryGradient: Floats?
) {
  guard let layout = parameters.layout.queryFormer else { return }
  linearBackward(
    layout.languageProjection, UnsafePointer(parameters.pointer), x: queries, dy: featureGradient,
    dx: queryGradient, gradients: gradients, rows: rows, accumulating: true)
}
