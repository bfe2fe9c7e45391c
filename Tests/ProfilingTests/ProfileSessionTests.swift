import Artifacts
import Datasets
import Metering
import Profiling
import Storage
import TestSupport
import Testing
import Transformers

@Suite struct ProfileSessionTests {
  @Test func profilesATinyModel() throws {
    let folder = try TemporaryFolder()
    try Checkpoint.save(TinyModel.make(), to: folder.path, storedType: .f32, imageToken: 3)
    var session = ProfileSession(
      model: try Checkpoint.load(folder: folder.path), data: tinyDataset(),
      tokenizer: EmbeddedData.tokenizer,
      workload: Workload(
        name: "tiny", creatives: 4, questionsPerCreative: 5, promptTokens: 10, newTokens: 7,
        threads: 2), machine: .current(), monitor: .best(), modelled: [], seed: 1, progress: nil)
    session.requestRepetitions = 3
    session.sampling = SamplingSettings(seconds: 0.2, leastRepetitions: 2, mostRepetitions: 2)
    session.probeSteps = 2
    let record = try session.run()
    let costs = try #require(record.hardware.first)
    #expect(costs.request.time.provenance == .measured)
    #expect((costs.request.time.value ?? .zero) > .zero)
    #expect(costs.phases.count == 4)
    #expect(!costs.blocks.isEmpty && !costs.stem.isEmpty)
    let sensitivity = try #require(record.sensitivity)
    #expect(sensitivity.original.total == 40)
    #expect(!sensitivity.probes.isEmpty)
    // Every energy figure says where it comes from.
    for sample in costs.blocks {
      #expect(sample.prefill.energy.provenance != .measured)
      #expect(!sample.prefill.energy.source.isEmpty)
    }
    let bytes = try ArtifactCoding.document(record)
    let decoded = try ArtifactCoding.decode(ProfileRecord.self, from: bytes)
    #expect(try ArtifactCoding.document(decoded) == bytes)
  }

  @Test func refusesPromptsThatDoNotFit() throws {
    let folder = try TemporaryFolder()
    try Checkpoint.save(TinyModel.make(), to: folder.path, storedType: .f32, imageToken: 3)
    let session = ProfileSession(
      model: try Checkpoint.load(folder: folder.path), data: tinyDataset(),
      tokenizer: EmbeddedData.tokenizer,
      workload: Workload(
        name: "long", creatives: 1, questionsPerCreative: 1, promptTokens: 10, newTokens: 100,
        threads: 1), machine: .current(), monitor: .best(), modelled: [], seed: 1, progress: nil)
    #expect(throws: ProfilingError.self) { try session.run() }
  }
}
