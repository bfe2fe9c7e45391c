import Artifacts
import Kernels
import Pruning
import TestSupport
import Testing
import Training
import Transformers

@Suite struct ImportanceTests {
  /// Scores with a known value per weight, summed by the definition and by the code.
  @Test func structuresSumTheWeightsThatTouchThem() throws {
    let layout = TinyModel.make().layout
    let scores = (0..<layout.table.count).map { Float(($0 * 7919) % 101) }
    let importance = StructureImportance(scores: scores, layout: layout)
    func score(_ name: String, _ row: Int, _ column: Int? = nil) throws -> Double {
      let view = try #require(layout.table["language_model.model.decoder." + name])
      let width = view.shape.count == 2 ? view.shape[1] : 1
      return Double(scores[view.offset + row * width + (column ?? 0)])
    }
    // Equation 2: feed-forward dimension 5 of block 1.
    var expected = try score("layers.1.fc1.bias", 5)
    for i in 0..<32 {
      expected += try score("layers.1.fc1.weight", 5, i) + score("layers.1.fc2.weight", i, 5)
    }
    #expect(abs(Double(importance.feedForward[1][5]) - expected) < 0.5)
    // Equation 3: dimension 3 of head 1 of block 0, row 1·16 + 3.
    expected = 0
    for part in ["q", "k", "v"] {
      expected += try score("layers.0.self_attn.\(part)_proj.bias", 19)
      for i in 0..<32 { expected += try score("layers.0.self_attn.\(part)_proj.weight", 19, i) }
    }
    for i in 0..<32 { expected += try score("layers.0.self_attn.out_proj.weight", i, 19) }
    #expect(abs(Double(importance.attention[0][1][3]) - expected) < 0.5)
    // Equation 4: hidden dimension 7, everywhere.
    expected = 0
    for view in layout.table.views where view.offset >= layout.languageRange.lowerBound {
      for index in 0..<view.count {
        let touches: Bool
        if view.name.hasPrefix("language_projection") {
          touches = index / (view.shape.count == 2 ? view.shape[1] : 1) == 7
        } else if view.shape.count == 1 {
          let isHidden = view.shape[0] == 32 && !view.name.contains("_proj.bias")
          touches = (isHidden || view.name.contains("out_proj.bias")) && index == 7
        } else if view.name.contains("out_proj") || view.name.contains("fc2") {
          touches = index / view.shape[1] == 7
        } else {
          touches = index % view.shape[1] == 7
        }
        if touches { expected += Double(scores[view.offset + index]) }
      }
    }
    #expect(abs(Double(importance.hidden[7]) - expected) < 2)
  }

  @Test func selectionKeepsTheStrongestInEqualCounts() throws {
    let model = TinyModel.make()
    var scores = [Float](repeating: 0, count: model.count)
    let block = model.layout.languageModel.blocks[0]
    for i in [1, 4, 40] { scores[(block.feedForwardInput.bias ?? 0) + i] = 5 }
    let importance = StructureImportance(scores: scores, layout: model.layout)
    let target = UniformShape(
      blocks: 1, feedForwardWidth: 3, heads: 2, headSize: 12, hiddenSize: 24)
    let selection = try importance.selection(
      from: model.layout.languageModel.shape, to: target)
    #expect(selection.blocks.count == 1)
    #expect(selection.blocks[0].feedForward == [1, 4, 40])
    #expect(selection.blocks[0].headDimensions.allSatisfy { $0.count == 12 })
    let pruned = removeStructures(from: model, keeping: selection)
    #expect(pruned.layout.shape.languageModel.uniform == target)
  }

  @Test func taylorTakesTheAbsoluteValuePerMiniBatch() {
    let model = TinyModel.make()
    let criterion = TaylorCriterion(
      parameterCount: model.count, generator: SeededGenerator(seed: 1))
    let gradients = AlignedBuffer(count: model.count)
    let index = model.layout.languageRange.lowerBound + 9
    model.pointer[index] = 2
    gradients.pointer[index] = 3
    criterion.add(gradients: gradients.pointer, of: model)
    gradients.pointer[index] = -1
    criterion.add(gradients: gradients.pointer, of: model)
    #expect(criterion.scores(of: model)[index] == 8)
  }

  @Test func growingIsRefused() {
    let model = TinyModel.make()
    let importance = StructureImportance(
      scores: [Float](repeating: 0, count: model.count), layout: model.layout)
    let target = UniformShape(
      blocks: 3, feedForwardWidth: 48, heads: 2, headSize: 16, hiddenSize: 32)
    #expect(throws: PruningError.self) {
      try importance.selection(from: model.layout.languageModel.shape, to: target)
    }
  }

  @Test(arguments: importanceCriteria.map { $0.name }) func everyCriterionPrunes(name: String)
    throws
  {
    let model = TinyModel.make()
    let split = TinyModel.split(model, creatives: 8)
    let target = UniformShape(
      blocks: 2, feedForwardWidth: 20, heads: 2, headSize: 8, hiddenSize: 16)
    let pruned = try prune(
      model, to: target, over: split,
      settings: PruneSettings(criterion: name, miniBatchCreatives: 4, workers: 2),
      generator: SeededGenerator(seed: 2))
    #expect(pruned.layout.shape.languageModel.uniform == target)
  }

  /// A language model alone, with rotary positions and grouped heads.
  func llama(heads: Int, keyValueHeads: Int) -> Parameters {
    let block = BlockShape(
      hiddenSize: 12,
      attention: AttentionShape(
        queryHeads: heads, keyValueHeads: keyValueHeads, headSize: 6, bias: false),
      feedForward: FeedForwardShape(width: 10, activation: .silu, gated: true, bias: false),
      norm: .rms)
    return Parameters(
      layout: ModelLayout(
        ModelShape(
          languageModel: LanguageModelShape(
            family: .llama, vocabularySize: 9, maximumPositions: 16, learnedPositions: false,
            positionOffset: 0, rotary: RotaryShape(theta: 100, frequencies: [1, 0.3, 0.1]),
            hiddenSize: 12, blocks: [block, block]))))
  }

  @Test func groupsOfHeadsGoTogether() throws {
    let model = llama(heads: 6, keyValueHeads: 3)
    let layout = model.layout.languageModel
    var scores = [Float](repeating: 0, count: model.count)
    let block = layout.blocks[0]
    // Query heads 0 and 5, and pair 2 by its second half, carry the weight; so do rows of the gate
    // and of the value.
    scores[block.queryKeyValue.weight + (0 * 6 + 5) * 12] = 3
    scores[block.queryKeyValue.weight + (5 * 6 + 2) * 12] = 2
    scores[block.feedForwardInput.weight + 7 * 12] = 1
    scores[block.feedForwardInput.weight + (10 + 4) * 12] = 1
    let importance = StructureImportance(scores: scores, layout: model.layout)
    let target = UniformShape(
      blocks: 2, feedForwardWidth: 2, heads: 4, headSize: 2, hiddenSize: 8)
    let selection = try importance.selection(from: layout.shape, to: target)
    #expect(selection.blocks[0].keyValueHeads == [0, 2])
    #expect(selection.blocks[0].heads == [0, 1, 4, 5])
    #expect(selection.blocks.allSatisfy { $0.headDimensions.allSatisfy { $0 == [2, 5] } })
    #expect(selection.blocks[0].feedForward == [4, 7])
    let pruned = removeStructures(from: model, keeping: selection).layout.languageModel.shape
    #expect(pruned.uniform == target)
    #expect(pruned.blocks[0].attention.keyValueHeads == 2)
    #expect(pruned.rotary?.frequencies == [0.1])
  }

  @Test func shapesThatBreakGroupsOrPairsAreRefused() throws {
    let model = llama(heads: 6, keyValueHeads: 3)
    let importance = StructureImportance(
      scores: [Float](repeating: 1, count: model.count), layout: model.layout)
    func select(heads: Int, headSize: Int) throws {
      _ = try importance.selection(
        from: model.layout.languageModel.shape,
        to: UniformShape(
          blocks: 1, feedForwardWidth: 4, heads: heads, headSize: headSize, hiddenSize: 12))
    }
    #expect(throws: PruningError.self) { try select(heads: 5, headSize: 6) }
    #expect(throws: PruningError.self) { try select(heads: 4, headSize: 5) }
    try select(heads: 4, headSize: 4)
  }

  @Test func oneKeyValueHeadServesAnyNumberOfQueries() throws {
    let model = llama(heads: 4, keyValueHeads: 1)
    let layout = model.layout.languageModel
    var scores = [Float](repeating: 0, count: model.count)
    for head in [1, 3, 2] {
      scores[layout.blocks[0].queryKeyValue.weight + head * 6 * 12] = Float(head)
    }
    let importance = StructureImportance(scores: scores, layout: model.layout)
    let selection = try importance.selection(
      from: layout.shape,
      to: UniformShape(blocks: 1, feedForwardWidth: 10, heads: 3, headSize: 6, hiddenSize: 12))
    #expect(selection.blocks[0].heads == [1, 2, 3])
    #expect(selection.blocks[0].keyValueHeads == [0])
    let pruned = removeStructures(from: model, keeping: selection)
    #expect(pruned.layout.languageModel.shape.blocks[0].attention.keyValueHeads == 1)
  }
}
