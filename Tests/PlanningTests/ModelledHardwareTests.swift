import Artifacts
import HardwareModels
import Planning
import Testing

/// Plans from an architecture alone, on hardware that is not at hand.
@Suite struct ModelledHardwareTests {
  private func profile(_ shape: UniformShape, creatives: Int) throws -> ProfileRecord {
    var simulated = SimulatedProfile()
    simulated.original = shape
    simulated.probes = false
    var profile = simulated.profile
    profile.workload.creatives = creatives
    profile.hardware = [
      try AnalyticalGPU(try GPUProfile.builtIn("a10")).hardwareCosts(
        model: profile.model.shape, workload: profile.workload)
    ]
    return profile
  }

  private func plan(
    _ profile: ProfileRecord, _ change: (inout PlanRequest) -> Void
  ) throws -> PlanRecord {
    let original = try #require(profile.hardware[0].request.time.value)
    var request = PlanRequest(latency: original * 0.4)
    request.hardware = "a10"
    change(&request)
    return try makePlan(
      profile: profile, profileReference: simulatedReference, request: request)
  }

  static let large = UniformShape(
    blocks: 24, feedForwardWidth: 16_384, heads: 64, headSize: 64, hiddenSize: 4_096)

  @Test func anArchitectureWithoutWeightsHasAPlan() throws {
    let result = try plan(try profile(Self.large, creatives: 4)) { _ in }
    #expect(result.final.accuracy.provenance == .unavailable)
    #expect(result.final.costs.map(\.hardware) == ["a10"])
    #expect(result.final.costs[0].request.time.provenance == .modelled)
    #expect(result.schedule.last?.to == result.final.shape)
    #expect(result.final.shape.blocks < 24 || result.final.shape.feedForwardWidth < 16_384)
    #expect(result.notes.contains { $0.contains("modelled, not measured") })
  }

  /// On the GPU latency and energy part ways: launches cost time at low power.
  @Test func annualEnergyCanBindWhereLatencyDoesNot() throws {
    let profile = try profile(Self.large, creatives: 4)
    let free = try plan(profile) { _ in }
    let energy = try #require(free.final.costs[0].request.energy.value)
    let limit = annualEnergy(
      perRequest: energy * 0.8, requestsPerYear: 10_000_000, powerUsageEffectiveness: 1.56)
    let bound = try plan(profile) { $0.annualEnergy = limit }
    #expect(bound.final.shape != free.final.shape)
    #expect(try #require(bound.final.costs[0].request.energy.value) <= energy * 0.8001)
    #expect(bound.notes.contains { $0.hasPrefix("Annual energy binds") })
  }
}
