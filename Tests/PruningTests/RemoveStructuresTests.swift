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
  /// Models of several families lie with the engine's own tests.
  let models = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "TransformersTests/Fixtures")

  func place(_ name: String) -> URL {
    name.hasPrefix("opt") ? folder.appending(path: name) : models.appending(path: name)
  }

  /// The parent, and what `prune.json` says remains of it.
  func golden(_ name: String) throws -> (model: LoadedModel, selection: StructureSelection) {
    let loaded = try Checkpoint.load(folder: place(name).path)
    let lists = try JSONDocument(
      file: place(name + "-pruned").appending(path: "prune.json").path)
    let keep = try lists.required("keep")
    let attention = try #require(loaded.parameters.layout.languageModel.blocks.first).shape
      .attention
    let groups = try keep.ints(keep.contains("kv_heads") ? "kv_heads" : "heads")
    let heads = groups.flatMap { $0 * attention.groupSize..<($0 + 1) * attention.groupSize }
    let dimensions =
      keep.contains("rope_pairs")
      ? StructureSelection.dimensions(
        ofPairs: try keep.ints("rope_pairs"), headSize: attention.headSize)
      : try keep.ints("head_dims")
    let feedForward = try keep.array("ffn").map { document in
      try document.elements.map { try $0.asInt }
    }
    let blocks = zip(try keep.ints("layers"), feedForward).map { layer, width in
      StructureSelection.Block(
        source: layer, heads: heads, keyValueHeads: groups,
        headDimensions: groups.map { _ in dimensions }, feedForward: width)
    }
    return (loaded, StructureSelection(blocks: blocks, hidden: try keep.ints("hidden")))
  }

  @Test(arguments: ["opt", "llama"]) func slicesEqualTheGoldenModel(_ name: String) throws {
    let (loaded, selection) = try golden(name)
    let pruned = removeStructures(from: loaded.parameters, keeping: selection)
    let expected = try Checkpoint.load(folder: place(name + "-pruned").path)
    var shape = pruned.layout.shape
    if let rotary = expected.parameters.layout.shape.languageModel.rotary {
      // Frequencies that went through the configuration's factors are rounded once more.
      let kept = try #require(shape.languageModel.rotary)
      #expect(
        zip(kept.frequencies, rotary.frequencies).allSatisfy { abs($0 / $1 - 1) < 1e-6 })
      shape.languageModel.rotary = rotary
    }
    #expect(shape == expected.parameters.layout.shape)
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

  func logits(_ model: Parameters, _ sequences: [[Int32]]) -> [Float] {
    var batch = LanguageBatch()
    for sequence in sequences {
      batch.append(sequence: sequence, targets: sequence.map { _ in -1 })
    }
    let pass = LanguageModelPass(
      parameters: model, arena: Arena(), batch: batch, features: nil, keepsActivations: false)
    let count = batch.rows * model.layout.languageModel.shape.vocabularySize
    return Array(UnsafeBufferPointer(start: pass.logits, count: count))
  }

  /// Pruned here, and pruned here, written and read again: both give the golden's logits.
  @Test(arguments: ["opt", "llama"]) func prunedLogitsEqualTheGolden(_ name: String) throws {
    let (loaded, selection) = try golden(name)
    let pruned = removeStructures(from: loaded.parameters, keeping: selection)
    let file = try SafetensorsFile(
      path: place(name + "-pruned").appending(path: "golden.safetensors").path)
    let shape = try file.tensor("input_ids").shape
    let ids = try file.readIntegers("input_ids").map { Int32($0) }
    let sequences = (0..<shape[0]).map { Array(ids[($0 * shape[1])..<(($0 + 1) * shape[1])]) }
    let expected = try file.floats("logits")
    let written = try TemporaryFolder()
    try Checkpoint.save(
      pruned, to: written.path, format: loaded.format, configuration: loaded.configuration)
    for model in [pruned, try Checkpoint.load(folder: written.path).parameters] {
      let found = logits(model, sequences)
      #expect(found.count == expected.count)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  /// Rotary pairs whose weights are zero can go without changing the logits, in every family with
  /// rotary positions and grouped heads.
  @Test func rotaryPairsAreRemovedExactly() throws {
    let loaded = try Checkpoint.load(folder: place("llama").path)
    let model = loaded.parameters.copy()
    let shape = model.layout.languageModel.shape
    let pairs = [0, 3]
    let size = try #require(shape.blocks.first).attention.headSize
    let kept = StructureSelection.dimensions(ofPairs: pairs, headSize: size)
    for block in model.layout.languageModel.blocks {
      for row in 0..<block.queryKeyValue.outputs where !kept.contains(row % size) {
        for column in 0..<block.queryKeyValue.inputs {
          model.pointer[block.queryKeyValue.weight + row * block.queryKeyValue.inputs + column] = 0
        }
      }
    }
    var selection = StructureSelection(all: shape)
    for i in selection.blocks.indices {
      selection.blocks[i].headDimensions = selection.blocks[i].headDimensions.map { _ in kept }
    }
    let pruned = removeStructures(from: model, keeping: selection)
    let sequence: [Int32] = [5, 9, 33, 71, 2, 40, 41]
    let (before, after) = (logits(model, [sequence]), logits(pruned, [sequence]))
    #expect(zip(before, after).allSatisfy { abs($0 - $1) < 2e-5 })
  }

  @Test func smallerHeadsKeepTheScoresOfTheKeptDimensions() throws {
    // Zero all dimensions but the kept ones: removing the zeros must not change the logits.
    let loaded = try Checkpoint.load(folder: place("opt").path)
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
