import Artifacts
import Foundation
import Storage
import TestSupport
import Testing
import Transformers

/// Checkpoints described without reading a weight.
@Suite struct DescriptionTests {
  @Test func aFixtureIsDescribed() throws {
    let found = try Checkpoint.describe(folder: fixtures(#filePath).appending(path: "llama").path)
    #expect(found.family == "llama")
    #expect(found.parameterCount > 10_000)
    #expect(found.types == ["F32": found.files[0].tensors])
    #expect(found.files[0].bytes == 4 * found.parameterCount)
    #expect(!found.repeatsHead)
  }

  /// 15 blocks of Llama 3 8B: 8 GiB of zeros that take no room on the disk.
  @Test func eightGibibytesAreDescribedAtOnce() throws {
    let folder = try TemporaryFolder()
    let bytes = try SparseLlama(blocks: 15).write(to: folder.path)
    #expect(bytes > 8 << 30)
    let start = ContinuousClock.now
    let found = try Checkpoint.describe(folder: folder.path)
    #expect(ContinuousClock.now - start < .seconds(2))
    #expect(found.shape.languageModel.blocks.count == 15)
    #expect(found.types == ["BF16": 3 + 9 * 15])
    #expect(found.files.map(\.bytes) == [2 * found.parameterCount])
  }

  @Test func aShapeThatConfigurationContradictsIsNamed() throws {
    let folder = try TemporaryFolder()
    var model = SparseLlama(blocks: 1)
    model.wrongRows = "model.layers.0.mlp.up_proj.weight"
    _ = try model.write(to: folder.path)
    let error = #expect(throws: StorageError.self) {
      try Checkpoint.describe(folder: folder.path)
    }
    #expect(error?.description.contains("model.layers.0.mlp.up_proj.weight") == true)
  }
}
