import Artifacts
import Kernels
import Testing
import Transformers

/// Gradients of the vision encoder and the Q-Former by central finite differences; the goldens hold
/// none for them.
@Suite struct EncoderGradientTests {
  let shape = ModelShape(
    vision: BLIP2Family.vision(
      imageSize: 12, patchSize: 4, hiddenSize: 12, heads: 3, feedForwardWidth: 20, blocks: 2),
    queryFormer: BLIP2Family.queryFormer(
      queryCount: 3, hiddenSize: 10, heads: 2, feedForwardWidth: 14, blocks: 2,
      crossAttentionFrequency: 2, imageHiddenSize: 12),
    languageModel: OPTFamily.shape(
      vocabularySize: 9, maximumPositions: 8,
      uniform: UniformShape(
        blocks: 1, feedForwardWidth: 8, heads: 2, headSize: 4, hiddenSize: 8)))

  /// Σ weights · output of the Q-Former, and its gradient when a buffer is given.
  func objective(
    _ model: Parameters, pixels: [Float], weights: [Float], gradients: Floats? = nil
  ) throws -> Double {
    let vision = try #require(model.layout.vision)
    let queryFormer = try #require(model.layout.queryFormer)
    let arena = Arena()
    let encoded = pixels.withUnsafeBufferPointer {
      VisionPass(
        vision, parameters: model, arena: arena, pixels: $0.baseAddress!, images: 2,
        keepsActivations: true)
    }
    let queries = QueryFormerPass(
      queryFormer, parameters: model, arena: arena, imageTokens: encoded.output,
      tokensPerImage: vision.shape.tokenCount, images: 2, keepsActivations: true)
    let value = weights.indices.reduce(0.0) {
      $0 + Double(weights[$1]) * Double(queries.output[$1])
    }
    if let gradients {
      let dQueries = arena.floats(weights.count)
      for (i, weight) in weights.enumerated() { dQueries[i] = weight }
      let dImage = arena.zeros(2 * vision.shape.tokenCount * vision.shape.hiddenSize)
      queries.backward(gradient: dQueries, gradients: gradients, imageGradient: dImage)
      encoded.backward(gradient: dImage, gradients: gradients)
    }
    return value
  }

  @Test func matchFiniteDifferences() throws {
    let model = Parameters(layout: ModelLayout(shape))
    var generator = SeededGenerator(seed: 5)
    for i in 0..<model.count { model.pointer[i] = Float(generator.normal()) * 0.3 }
    let pixels = (0..<(2 * 3 * 12 * 12)).map { _ in Float(generator.normal()) }
    let weights = (0..<(2 * 3 * 10)).map { _ in Float(generator.normal()) }
    let gradients = AlignedBuffer(count: model.count)
    _ = try objective(model, pixels: pixels, weights: weights, gradients: gradients.pointer)
    // A random direction per tensor, so that every tensor's gradient is checked.
    for view in model.layout.table.views
    where view.offset < model.layout.languageRange.lowerBound {
      let direction = (0..<view.count).map { _ in Float(generator.normal()) }
      let target = model.pointer(of: view)
      let saved = (0..<view.count).map { target[$0] }
      let step: Float = 2e-3 / Float(view.count).squareRoot()
      var analytic = 0.0
      for i in 0..<view.count {
        analytic += Double(direction[i]) * Double(gradients.pointer[view.offset + i])
        target[i] = saved[i] + step * direction[i]
      }
      let plus = try objective(model, pixels: pixels, weights: weights)
      for i in 0..<view.count { target[i] = saved[i] - step * direction[i] }
      let minus = try objective(model, pixels: pixels, weights: weights)
      for i in 0..<view.count { target[i] = saved[i] }
      let numeric = (plus - minus) / Double(2 * step)
      #expect(
        abs(numeric - analytic) < 0.05 + 0.03 * abs(analytic),
        "\(view.name): analytic \(analytic), numeric \(numeric)")
    }
  }
}
