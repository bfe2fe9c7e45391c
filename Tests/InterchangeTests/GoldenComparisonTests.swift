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
