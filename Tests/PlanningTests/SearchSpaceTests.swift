import Artifacts
import HardwareModels
import Planning
import Pruning
import TestSupport
import Testing
import Transformers

@Suite struct SearchSpaceTests {
  private func shapes(_ space: SearchSpace) -> [UniformShape] {
    space.attentions.indices.flatMap { attention in
      space.feedForwardWidths.indices.map { width in
        space.shape(blocks: space.original.blocks, width: width, attention: attention)
      }
    }
  }

  /// The rule of spaces in which heads are as wide as the hidden size, in the order in which they are
  /// compared.
  @Test(arguments: DecoderCase.tied)
  func heedsTheTieOfTheOriginal(decoder: DecoderCase) {
    let original = decoder.uniform
    var expected: [UniformShape] = []
    var hiddenSizes: [Int] = []
    var heads = original.heads
    while heads >= 1 {
      for size in (1...original.headSize).reversed()
      where size == original.headSize || size.isMultiple(of: 4) {
        let hidden = heads * size
        guard hidden <= original.hiddenSize, hidden >= max(4, original.hiddenSize / 8),
          original.hiddenSize % 16 != 0 || hidden % 16 == 0, !hiddenSizes.contains(hidden)
        else { continue }
        hiddenSizes.append(hidden)
        let smallest = max(64, original.feedForwardWidth / 16 / 32 * 32)
        var width = smallest
        while width < original.feedForwardWidth {
          expected.append(
            UniformShape(
              blocks: original.blocks, feedForwardWidth: width, heads: heads, headSize: size,
              hiddenSize: hidden))
          width += 32
        }
        expected.append(
          UniformShape(
            blocks: original.blocks, feedForwardWidth: original.feedForwardWidth, heads: heads,
            headSize: size, hiddenSize: hidden))
      }
      heads -= decoder.headMultiple
    }
    #expect(shapes(SearchSpace(original: original, headMultiple: decoder.headMultiple)) == expected)
  }

  @Test(arguments: DecoderCase.free)
  func widthAndHiddenSizeAreDimensionsOfTheirOwn(decoder: DecoderCase) {
    let original = decoder.uniform
    let model = decoder.shape
    let space = SearchSpace(original: original, headMultiple: decoder.headMultiple) {
      model.resized(to: $0).stockClassObstacle == nil
    }
    let shapes = shapes(space)
    #expect(shapes.count == Set(shapes).count)
    #expect(shapes.contains(original))
    #expect(shapes.allSatisfy { isWithin($0, original) })
    #expect(shapes.allSatisfy { model.resized(to: $0).stockClassObstacle == nil })
    #expect(shapes.allSatisfy { $0.heads.isMultiple(of: decoder.headMultiple) })
    // Bounded, however large the model is.
    #expect(space.attentions.count <= 33 * 17)
    // Each goes down alone, as far as its grain lets it.
    let whole = shapes.filter { $0.feedForwardWidth == original.feedForwardWidth }
    let hidden = whole.filter {
      $0.heads == original.heads && $0.headSize == original.headSize
    }.map(\.hiddenSize)
    #expect(hidden.count > (original.hiddenSize > 16 ? 2 : 1))
    let widths = whole.filter { $0.hiddenSize == original.hiddenSize }.map(\.attentionWidth)
    #expect(widths.contains { $0 < original.attentionWidth } || original.attentionWidth <= 4)
  }

  private func isWithin(_ shape: UniformShape, _ original: UniformShape) -> Bool {
    shape.blocks <= original.blocks && shape.feedForwardWidth <= original.feedForwardWidth
      && shape.heads <= original.heads && shape.headSize <= original.headSize
      && shape.hiddenSize <= original.hiddenSize
  }

  /// Every step of the way to shapes all over the space can be pruned from the one before.
  @Test(arguments: DecoderCase.free.dropFirst() + DecoderCase.tied.dropFirst())
  func everyStepCanBePruned(decoder: DecoderCase) throws {
    let space = SearchSpace(original: decoder.uniform, headMultiple: decoder.headMultiple)
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<6 {
      let final = space.shape(
        blocks: 1 + generator.integer(below: decoder.uniform.blocks),
        width: generator.integer(below: space.feedForwardWidths.count),
        attention: generator.integer(below: space.attentions.count))
      let moves = Schedule.moves(
        from: decoder.uniform, to: final, ratio: 0.6, headMultiple: decoder.headMultiple)
      var model = Parameters(layout: ModelLayout(ModelShape(languageModel: decoder.shape)))
      for move in moves {
        let importance = StructureImportance(
          scores: (0..<model.count).map { _ in Float(generator.uniform()) }, layout: model.layout)
        let shape = model.layout.languageModel.shape
        #expect(shape.uniform == move.from)
        model = removeStructures(
          from: model, keeping: try importance.selection(from: shape, to: move.to))
        let next = model.layout.languageModel.shape
        #expect(next.uniform == move.to)
        #expect(next.blocks == decoder.shape.resized(to: move.to).blocks)
      }
      #expect(model.layout.languageModel.shape.uniform == final)
    }
  }

  /// Shapes whose heads are wider or narrower against the hidden size than any probe's pay for it.
  @Test func unprobedProportionsCostAccuracy() throws {
    var simulated = SimulatedProfile()
    simulated.original.headSize = 64
    let profile = simulated.profile
    let sensitivity = try #require(profile.sensitivity)
    let forecast = try #require(
      AccuracyForecast(
        sensitivity: sensitivity, original: simulated.original,
        budget: DistillationBudget(
          time: Seconds(100), cost: sensitivity.distillation, data: profile.data,
          batchCreatives: 32, views: 0)))
    var balanced = simulated.original
    balanced.headSize = 32
    balanced.hiddenSize = 64
    var narrow = simulated.original
    narrow.headSize = 8
    #expect(forecast.drop(simulated.original) == 0)
    #expect(forecast.drop(narrow) > 0.5)
    #expect(forecast.drop(balanced) < forecast.drop(narrow) + 3)
  }

  /// A plan of a model with wide heads: found, inside the original, never below its baselines.
  @Test(arguments: [64, 128])
  func plansAModelWithWideHeads(headSize: Int) throws {
    var simulated = SimulatedProfile()
    simulated.original.headSize = headSize
    let seconds = simulated.seconds(simulated.original)
    let plan = try makePlan(
      profile: simulated.profile, profileReference: simulatedReference,
      request: PlanRequest(latency: Seconds(seconds * 0.6)))
    #expect(plan.final.shape != simulated.original)
    for forecast in plan.alternatives + [plan.final] {
      #expect(isWithin(forecast.shape, simulated.original))
    }
    #expect(plan.schedule.allSatisfy { isWithin($0.to, simulated.original) })
    #expect(try #require(plan.final.costs[0].request.time.value) <= Seconds(seconds * 0.6))
  }
}
