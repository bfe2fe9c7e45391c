import Foundation
import TestSupport
import Testing

/// The first of the mutations that `mutations` makes by the hundred thousand.
@Suite struct HostileInputTests {
  let folder = fixtures(#filePath)

  func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appending(path: path)))
  }

  @Test func damagedConfigurationsNeverTrap() throws {
    let models = ["opt", "gpt2", "llama", "qwen2", "llama-pruned", "blip2-opt"]
    let tally = try HostileInputs(seed: 20_240_611).configurations(
      models.map { try bytes("\($0)/config.json") }, count: 6_000)
    #expect(tally.findings == [])
    #expect(tally.accepted > 300 && tally.refused > 2_000)
    #expect(tally.slowest < 5)
  }

  @Test func damagedHeadersNeverTrap() throws {
    let scratch = try TemporaryFolder()
    let tally = try HostileInputs(seed: 20_240_611).headers(
      bytes("llama/model.safetensors"), count: 600, folder: scratch.path)
    #expect(tally.findings == [])
    #expect(tally.refused > 300)
  }

  @Test func damagedTokenizersNeverTrap() throws {
    let scratch = try TemporaryFolder()
    let tokenizers = folder.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "DatasetsTests/Fixtures")
    let originals = try ["tokenizer-gpt2", "tokenizer-qwen2"].map {
      [UInt8](try Data(contentsOf: tokenizers.appending(path: "\($0)/tokenizer.json")))
    }
    let tally = try HostileInputs(seed: 20_240_611).tokenizers(
      originals, count: 200, folder: scratch.path)
    #expect(tally.findings == [])
    #expect(tally.refused > 50)
  }
}
