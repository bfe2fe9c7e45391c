import Artifacts
import Foundation
import Interchange
import Storage
import TestSupport
import Testing
import Transformers

/// `verify` on goldens of Hugging Face transformers, which lie with the engine's own tests.
@Suite struct GoldenComparisonTests {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "TransformersTests/Fixtures")

  /// Every tensor of the golden is compared: hidden states, loss, gradients, padding, generation.
  @Test(arguments: [
    ("opt", "opt", 120), ("blip2-opt", "blip2-opt", 50), ("llama", "llama", 105),
    ("gpt2", "gpt2", 40), ("qwen2", "qwen2", 39), ("llama-bf16", "llama-bf16", 1),
    ("llama-pruned", "llama-pruned", 1), ("llama-sharded", "llama", 105),
  ]) func passesOnGoldens(name: String, golden: String, items: Int) throws {
    let result = try compare(
      try Checkpoint.load(folder: folder.appending(path: name).path),
      withGolden: folder.appending(path: "\(golden)/golden.safetensors").path)
    #expect(result.items.filter { !$0.passes }.map(\.name) == [])
    #expect(result.items.count >= items)
    #expect(result.notCompared == [])
    #expect(result.passes)
  }

  @Test func legacyConfigurationGivesTheSameModel() throws {
    let scratch = try TemporaryFolder()
    let source = folder.appending(path: "llama")
    try FileManager.default.copyItem(
      atPath: source.appending(path: "config.legacy.json").path,
      toPath: scratch.path + "/config.json")
    try FileManager.default.copyItem(
      atPath: source.appending(path: "model.safetensors").path,
      toPath: scratch.path + "/model.safetensors")
    let result = try compare(
      try Checkpoint.load(folder: scratch.path),
      withGolden: source.appending(path: "golden.safetensors").path)
    #expect(result.passes)
  }

  @Test func failsOnAnotherModel() throws {
    let path = folder.appending(path: "opt").path
    let model = try Checkpoint.load(folder: path)
    model.parameters.pointer[5] += 0.5
    let result = try compare(model, withGolden: path + "/golden.safetensors")
    #expect(!result.passes)
    let failed = result.items.filter { !$0.passes }.map(\.name)
    // The token does not occur in the input: the tied head alone sees it.
    #expect(failed.contains("logits") && !failed.contains("block.0.in"))
  }

  /// A copy of a fixture's golden file with the elements of some tensors changed.
  func golden(
    _ name: String, in scratch: TemporaryFolder, changing tensors: [String],
    _ change: (Float) -> Float
  ) throws -> String {
    let source = folder.appending(path: "\(name)/golden.safetensors")
    var bytes = [UInt8](try Data(contentsOf: source))
    let file = try SafetensorsFile(path: source.path)
    for tensor in tensors {
      let range = try file.tensor(tensor).byteRange
      let values = try file.floats(tensor).map(change)
      values.withUnsafeBytes { bytes.replaceSubrange(range, with: $0) }
    }
    let path = scratch.path + "/golden.safetensors"
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }

  /// What passes grows with the largest golden number of a tensor, and no further.
  @Test func toleranceFollowsTheLargestLogit() throws {
    let model = try Checkpoint.load(folder: folder.appending(path: "llama").path)
    let norm = try #require(model.parameters.layout.languageModel.finalNorm)
    for i in 0..<norm.width { model.parameters.pointer[norm.gain + i] *= 64 }
    let logits = try SafetensorsFile(path: folder.appending(path: "llama/golden.safetensors").path)
      .floats("logits")
    let largest = 64 * Double(logits.map(abs).max() ?? 0)
    try #require(largest > 10)
    let scratch = try TemporaryFolder()
    for (shift, passes) in [(0.0, true), (0.5e-4 * largest, true), (3e-4 * largest, false)] {
      let path = try golden("llama", in: scratch, changing: ["logits"]) {
        64 * $0 + Float(shift)
      }
      let item = try #require(
        try compare(model, withGolden: path).items.first { $0.name == "logits" })
      #expect(abs(item.tolerance - 1e-4 * largest) < 1e-3 * 1e-4 * largest + 1e-4 * shift)
      #expect(item.passes == passes, "\(item.difference) of \(item.tolerance)")
    }
  }

  @Test func oneChangedWeightFails() throws {
    for tensor in [
      "model.layers.0.self_attn.q_proj.weight", "model.layers.1.self_attn.v_proj.weight",
      "model.layers.0.mlp.gate_proj.weight", "model.layers.2.mlp.down_proj.weight",
      "model.layers.1.input_layernorm.weight", "model.norm.weight",
    ] {
      let path = folder.appending(path: "llama").path
      let model = try Checkpoint.load(folder: path)
      let view = try #require(model.parameters.layout.table[tensor])
      model.parameters.pointer(of: view)[view.count / 2] += 0.05
      let result = try compare(model, withGolden: path + "/golden.safetensors")
      #expect(!result.passes, "\(tensor)")
    }
  }

  /// A small gradient is judged by its own size, not by that of a logit.
  @Test func smallGradientsAreCompared() throws {
    let model = try Checkpoint.load(folder: folder.appending(path: "opt").path)
    let file = try SafetensorsFile(path: folder.appending(path: "opt/golden.safetensors").path)
    let sizes = try file.names.filter { $0.hasPrefix("grad.") }.map { name in
      (name: name, size: try file.floats(name).map(abs).max() ?? 0)
    }
    let all = sizes.map(\.size).max() ?? 0
    let small = try #require(
      sizes.filter { $0.size > 0.001 * all }.min { $0.size < $1.size })
    let scratch = try TemporaryFolder()
    let path = try golden("opt", in: scratch, changing: [small.name]) { $0 * 1.02 }
    let failed = try compare(model, withGolden: path).items.filter { !$0.passes }
    #expect(failed.map(\.name) == [small.name])
    // Not because of a tolerance that nothing exceeds.
    #expect(small.size * 0.02 < 1e-2 * all)
  }

  @Test func numbersThatAreNoneFail() throws {
    let model = try Checkpoint.load(folder: folder.appending(path: "opt").path)
    let scratch = try TemporaryFolder()
    for value in [Float.nan, .infinity] {
      let path = try golden("opt", in: scratch, changing: ["logits", "loss"]) { _ in value }
      let failed = try compare(model, withGolden: path).items.filter { !$0.passes }.map(\.name)
      #expect(failed.contains("logits") && failed.contains("loss"))
    }
  }

  @Test func refusesAFileThatDoesNotFit() throws {
    let model = try Checkpoint.load(folder: folder.appending(path: "opt").path)
    #expect(throws: StorageError.self) {
      try compare(model, withGolden: folder.appending(path: "opt/model.safetensors").path)
    }
    #expect(throws: StorageError.self) {
      try compare(model, withGolden: folder.appending(path: "gpt2/golden.safetensors").path)
    }
  }
}
