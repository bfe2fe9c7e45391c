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
      processor: EmbeddedData.processor,
      workload: Workload(
        name: "tiny", creatives: 4, questionsPerCreative: 5, promptTokens: 10, newTokens: 7,
        threads: 2), machine: .current(), monitor: .best(), modelled: [], seed: 1, progress: nil)
    session.requestRepetitions = 3
    session.sampling = SamplingSettings(seconds: 0.2, leastRepetitions: 2, mostRepetitions: 2)
    session.probeSteps = 2
    session.counters = CountingSystem(amounts: [
      "cycles": 1_000_000, "instructions": 2_000_000, "cache-misses": 1_000, "flop": 3_000_000,
    ])
    let record = try session.run()
    let costs = try #require(record.hardware.first)
    let explanation = try #require(costs.explanation)
    #expect(explanation.instructionsPerCycle == 2)
    #expect(explanation.text.contains("2.0 instructions per cycle"))
    #expect(explanation.energy.provenance == .attributed)
    #expect(explanation.missing.count == 2)
    #expect(costs.request.time.provenance == .measured)
    #expect((costs.request.time.value ?? .zero) > .zero)
    #expect(costs.phases.count == 4)
    let whole = try #require(costs.request.time.value?.value)
    let phases = costs.phases.compactMap { $0.cost.time.value?.value }
    #expect(abs(phases.reduce(0, +) / whole - 1) < 1e-9)
    #expect(costs.phases.allSatisfy { $0.cost.time.provenance == .attributed })
    #expect(!costs.blocks.isEmpty)
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

  /// Without counters and meters every figure is there and says that it is modelled.
  @Test func aMachineWithoutCountersAndMeters() throws {
    let folder = try TemporaryFolder()
    try Checkpoint.save(TinyModel.make(), to: folder.path, storedType: .f32, imageToken: 3)
    let system = CountingSystem(amounts: [:])
    var session = ProfileSession(
      model: try Checkpoint.load(folder: folder.path), data: tinyDataset(),
      processor: EmbeddedData.processor,
      workload: Workload(
        name: "tiny", creatives: 2, questionsPerCreative: 2, promptTokens: 10, newTokens: 3,
        threads: 1), machine: .current(), monitor: .best(system: system), modelled: [], seed: 1,
      progress: nil)
    session.requestRepetitions = 2
    session.sampling = SamplingSettings(seconds: 0.1, leastRepetitions: 1, mostRepetitions: 1)
    session.probeSteps = 1
    session.counters = system
    let record = try session.run()
    let costs = try #require(record.hardware.first)
    var energies = [costs.request.energy, record.costExpense.energy]
    energies += costs.phases.map(\.cost.energy)
    for block in costs.blocks {
      energies += [block.prefill, block.decode, block.firstPrefill, block.firstDecode].map(\.energy)
    }
    energies += record.sensitivity?.probes.map(\.expense.energy) ?? []
    energies += [record.probeExpense?.energy].compactMap { $0 }
    for energy in energies {
      #expect(energy.provenance == .modelled, "\(energy)")
      #expect(energy.low != nil && energy.high != nil && !energy.source.isEmpty)
    }
    #expect(costs.idlePower.provenance == .modelled)
    #expect(costs.explanation?.instructionsPerCycle == nil)
    #expect(costs.explanation?.missing.isEmpty == false)
  }

  @Test func refusesPromptsThatDoNotFit() throws {
    let folder = try TemporaryFolder()
    try Checkpoint.save(TinyModel.make(), to: folder.path, storedType: .f32, imageToken: 3)
    let session = ProfileSession(
      model: try Checkpoint.load(folder: folder.path), data: tinyDataset(),
      processor: EmbeddedData.processor,
      workload: Workload(
        name: "long", creatives: 1, questionsPerCreative: 1, promptTokens: 10, newTokens: 100,
        threads: 1), machine: .current(), monitor: .best(), modelled: [], seed: 1, progress: nil)
    #expect(throws: ProfilingError.self) { try session.run() }
  }
}
