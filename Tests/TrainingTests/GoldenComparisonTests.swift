import Artifacts
import Foundation
import Storage
import TestSupport
import Testing
import Training
import Transformers

/// `verify` on goldens of Hugging Face transformers, which lie with the engine's own tests.
@Suite struct GoldenComparisonTests {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "TransformersTests/Fixtures")

  @Test(arguments: ["opt", "blip2-opt"]) func passesOnGoldens(name: String) throws {
    let path = folder.appending(path: name).path
    let result = try compare(
      try Checkpoint.load(folder: path), withGolden: path + "/golden.safetensors",
      tolerance: 1e-4)
    #expect(result.passes)
  }

  @Test func failsOnAnotherModel() throws {
    let path = folder.appending(path: "opt").path
    let model = try Checkpoint.load(folder: path)
    model.parameters.pointer[5] += 0.5
    let result = try compare(
      model, withGolden: path + "/golden.safetensors", tolerance: 1e-4)
    #expect(!result.passes)
  }

  @Test func refusesAFileThatDoesNotFit() throws {
    let model = try Checkpoint.load(folder: folder.appending(path: "opt").path)
    #expect(throws: StorageError.self) {
      try compare(
        model, withGolden: folder.appending(path: "opt/model.safetensors").path, tolerance: 1e-4)
    }
  }
}
