import Artifacts
import Foundation
import Pruning
import Storage
import TestSupport
import Testing
import Transformers

/// Pruning by given index lists reproduces a golden made by slicing the model in Python.
@Suite struct RemoveStructuresTests {
  let folder = fixtures(#filePath)

  func golden() throws -> (model: LoadedModel, selection: StructureSelection) {
    let loaded = try Checkpoint.load(folder: folder.appending(path: "opt").path)
    let lists = try JSONDocument(file: folder.appending(path: "opt-pruned/prune.json").path)
    let keep = try lists.required("keep")
    let heads = try keep.ints("heads")
    let dimensions = try keep.ints("head_dims")
    let feedForward = try keep.array("ffn").map { document in
      try document.elements.map { try $0.asInt }
    }
    let layers = try keep.ints("layers")
    let blocks = zip(layers, feedForward).map { layer, width in
      StructureSelection.Block(
        source: layer, heads: heads, headDimensions: heads.map { _ in dimensions },
        feedForward: width)
    }
    return (loaded, StructureSelection(blocks: blocks, hidden: try keep.ints("hidden")))
  }

  @Test func slicesEqualTheGoldenModel() throws {
    let (loaded, selection) = try golden()
    let pruned = removeStructures(from: loaded.parameters, keeping: selection)
    let expected = try Checkpoint.load(folder: folder.appending(path: "opt-pruned").path)
    #expect(pruned.layout.shape == expected.parameters.layout.shape)
    var worst: Float = 0
    for view in pruned.layout.table.views {
      let other = try #require(expected.parameters.layout.table[view.name])
      for i in 0..<view.count {
        worst = max(
          worst,
          abs(pruned.pointer[view.offset + i] - expected.parameters.pointer[other.offset + i]))
      }
    }
    #expect(worst < 1e-6)
  }

  @Test func prunedLogitsEqualTheGolden() throws {
    let (loaded, selection) = try golden()
    let pruned = removeStructures(from: loaded.parameters, keeping: selection)
    let file = try SafetensorsFile(
      path: folder.appending(path: "opt-pruned/golden.safetensors").path)
    let shape = try file.tensor("input_ids").shape
    let ids = try file.readIntegers("input_ids").map { Int32($0) }
    var batch = LanguageBatch()
    for row in 0..<shape[0] {
      let sequence = Array(ids[(row * shape[1])..<((row + 1) * shape[1])])
      batch.append(sequence: sequence, targets: sequence.map { _ in -1 })
    }
    let pass = LanguageModelPass(
      parameters: pruned, arena: Arena(), batch: batch, features: nil, keepsActivations: false)
    let expected = try file.floats("logits")
    let worst = expected.indices.reduce(Float(0)) {
      max($0, abs(pass.logits[$1] - expected[$1]))
    }
    #expect(worst < 1e-4)
  }

  @Test func smallerHeadsKeepTheScoresOfTheKeptDimensions() throws {
    // Zero all dimensions but the kept ones: removing the zeros must not change the logits.
    let loaded = try Checkpoint.load(folder: folder.appending(path: "opt").path)
    let model = loaded.parameters.copy()
    let block = model.layout.languageModel.blocks[0]
    let kept = [0, 2, 3, 5]
    for row in 0..<block.queryKeyValue.outputs where !kept.contains(row % 8) {
      for column in 0..<block.queryKeyValue.inputs {
        model.pointer[block.queryKeyValue.weight + row * block.queryKeyValue.inputs + column] = 0
      }
      if let bias = block.queryKeyValue.bias { model.pointer[bias + row] = 0 }
    }
    var whole = StructureSelection(all: model.layout.languageModel.shape)
    whole.blocks.removeLast(2)
    let before = removeStructures(from: model, keeping: whole)
    whole.blocks[0].headDimensions = whole.blocks[0].headDimensions.map { _ in kept }
    let after = removeStructures(from: model, keeping: whole)
    var batch = LanguageBatch()
    batch.append(sequence: [5, 9, 33, 71, 2], targets: [-1, -1, -1, -1, -1])
    let arena = Arena()
    let a = LanguageModelPass(
      parameters: before, arena: arena, batch: batch, features: nil, keepsActivations: false)
    let b = LanguageModelPass(
      parameters: after, arena: arena, batch: batch, features: nil, keepsActivations: false)
    let count = 5 * model.layout.languageModel.shape.vocabularySize
    #expect((0..<count).allSatisfy { abs(a.logits[$0] - b.logits[$0]) < 1e-5 })
  }
}
