import Artifacts
import Planning
import Testing

@Suite struct PlanTests {
  private func makeSimulatedPlan(
    _ simulated: SimulatedProfile = SimulatedProfile(), milliseconds: Double,
    _ change: (inout PlanRequest) -> Void = { _ in }
  ) throws -> PlanRecord {
    var request = PlanRequest(latency: Seconds(milliseconds: milliseconds))
    change(&request)
    return try makePlan(
      profile: simulated.profile, profileReference: simulatedReference, request: request)
  }

  @Test func equalInputsGiveEqualBytes() throws {
    let first = try ArtifactCoding.document(try makeSimulatedPlan(milliseconds: 12))
    let second = try ArtifactCoding.document(try makeSimulatedPlan(milliseconds: 12))
    #expect(first == second)
  }

  @Test func aPlanKeepsItsTargetWithMargin() throws {
    let simulated = SimulatedProfile()
    let plan = try makeSimulatedPlan(simulated, milliseconds: 12)
    #expect(simulated.seconds(plan.final.shape) <= 0.012 * 0.975)
    #expect(plan.provenOptimal)
    #expect(plan.final.accuracy.value != nil)
    #expect(plan.alternatives.contains { $0.label == "uniform baseline" })
    #expect(plan.alternatives.contains { $0.label == "random baseline" })
    #expect(plan.final.shape.attentionWidth == plan.final.shape.hiddenSize)
  }

  @Test func theFinalShapeBeatsTheBaselines() throws {
    let plan = try makeSimulatedPlan(milliseconds: 12)
    let best = try #require(plan.final.accuracy.value)
    for label in ["uniform baseline", "random baseline"] {
      let other = try #require(plan.alternatives.first { $0.label == label }?.accuracy.value)
      #expect(best >= other)
    }
  }

  @Test func anInfeasibleLatencyNamesTheNearestTarget() throws {
    func plan(milliseconds: Double) throws -> PlanRecord {
      // The accuracy floor is another constraint, and these shapes are far below it.
      try makeSimulatedPlan(milliseconds: milliseconds) { $0.allowsFailingOriginal = true }
    }
    let error = try #require(throws: PlanningError.self) { try plan(milliseconds: 4) }
    guard case .infeasible(.latency, let asked, _, let nearest) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(asked == 4)
    #expect(error.isInfeasible)
    #expect(error.description.contains("no shape meets --target-ms 4: the smallest one takes"))
    #expect(error.description.contains("(latency binds); nearest feasible target: --target-ms"))
    // The nearest target is feasible, and a little less is not.
    _ = try plan(milliseconds: nearest)
    #expect(throws: PlanningError.self) { try plan(milliseconds: nearest * 0.97) }
  }

  @Test func annualEnergyBindsApartFromLatency() throws {
    var simulated = SimulatedProfile()
    simulated.joulesPerFeedForwardUnit = 0.001
    let free = try makeSimulatedPlan(simulated, milliseconds: 12)
    let freeJoules = simulated.joules(free.final.shape)
    let limit = annualEnergy(
      perRequest: Joules(freeJoules * 0.7), requestsPerYear: 1e6, powerUsageEffectiveness: 1.2)
    let bound = try makeSimulatedPlan(simulated, milliseconds: 12) {
      $0.annualEnergy = limit
      $0.requestsPerYear = 1e6
      $0.powerUsageEffectiveness = 1.2
    }
    #expect(bound.final.shape != free.final.shape)
    #expect(simulated.joules(bound.final.shape) <= freeJoules * 0.7 * 1.01)
    #expect(bound.final.shape.feedForwardWidth < free.final.shape.feedForwardWidth)
    #expect(bound.notes.contains { $0.hasPrefix("Annual energy binds") })
    let loose = try makeSimulatedPlan(simulated, milliseconds: 12) {
      $0.annualEnergy = KilowattHours(1e6)
    }
    #expect(loose.final.shape == free.final.shape)
    #expect(loose.notes.contains { $0.hasPrefix("Annual energy does not bind") })
  }

  @Test func anInfeasibleEnergyNamesTheNearestTarget() throws {
    let error = try #require(throws: PlanningError.self) {
      try makeSimulatedPlan(milliseconds: 12) { $0.annualEnergy = KilowattHours(1e-3) }
    }
    guard case .infeasible(.annualEnergy, _, _, let nearest) = error else {
      Issue.record("\(error)")
      return
    }
    _ = try makeSimulatedPlan(milliseconds: 12) {
      $0.annualEnergy = KilowattHours(nearest)
      $0.allowsFailingOriginal = true
    }
    #expect(error.description.contains("--annual-kwh"))
  }

  @Test func unavailableEnergyRefusesAnEnergyTarget() throws {
    var simulated = SimulatedProfile()
    simulated.energyAvailable = false
    let error = try #require(throws: PlanningError.self) {
      try makeSimulatedPlan(simulated, milliseconds: 12) { $0.annualEnergy = KilowattHours(100) }
    }
    #expect(!error.isInfeasible)
    #expect(error.description.contains("no meter"))
    let plan = try makeSimulatedPlan(simulated, milliseconds: 12)
    #expect(plan.final.costs[0].request.energy.provenance == .unavailable)
  }

  @Test func withoutProbesTheLeastCompressionIsChosen() throws {
    var simulated = SimulatedProfile()
    simulated.probes = false
    let plan = try makeSimulatedPlan(simulated, milliseconds: 12)
    #expect(plan.final.accuracy.provenance == .unavailable)
    #expect(plan.compression.time.provenance == .unavailable)
    for other in plan.alternatives
    where other.costs[0].request.time.value ?? .zero <= Seconds(0.012 * 0.97) {
      #expect(other.languageModelParameters <= plan.final.languageModelParameters)
    }
  }

  @Test func aLooseTargetNeedsNoCompression() throws {
    let plan = try makeSimulatedPlan(milliseconds: 1_000)
    #expect(plan.final.shape == SimulatedProfile().original)
    #expect(plan.schedule.isEmpty)
  }

  @Test func theIntervalThatCrossesTheTargetIsNoted() throws {
    let plan = try makeSimulatedPlan(milliseconds: 12)
    #expect(plan.notes.contains { $0.contains("crosses the target: latency") })
  }

  @Test(arguments: [0, -5, Double.nan, .infinity])
  func badTargetsAreRefused(milliseconds: Double) throws {
    let error = try #require(throws: PlanningError.self) {
      try makeSimulatedPlan(milliseconds: milliseconds)
    }
    #expect(error.description.contains("--target-ms"))
    #expect(!error.isInfeasible)
  }

  @Test func unknownNamesListTheKnownOnes() throws {
    let hardware = try #require(throws: PlanningError.self) {
      try makeSimulatedPlan(milliseconds: 12) { $0.hardware = "h100" }
    }
    #expect(hardware.description.contains("it has build"))
    let strategy = try #require(throws: PlanningError.self) {
      try makeSimulatedPlan(milliseconds: 12) { $0.strategy = "magic" }
    }
    #expect(strategy.description.contains("known are uniform"))
  }

  @Test func aCompressionBudgetTooSmallNamesTheNearest() throws {
    let error = try #require(throws: PlanningError.self) {
      try makeSimulatedPlan(milliseconds: 12) { $0.compressionEnergy = KilowattHours(1e-6) }
    }
    guard case .infeasible(.compression, _, _, let nearest) = error else {
      Issue.record("\(error)")
      return
    }
    let plan = try makeSimulatedPlan(milliseconds: 12) {
      $0.compressionEnergy = KilowattHours(nearest)
    }
    let energy = try #require(plan.compression.energy.value)
    #expect(KilowattHours(energy).value <= nearest)
  }

  @Test(arguments: [0, -4, Int.max])
  func impossibleSizesAreRefused(width: Int) throws {
    var profile = SimulatedProfile().profile
    for index in profile.model.shape.languageModel.blocks.indices {
      profile.model.shape.languageModel.blocks[index].feedForward.width = width
    }
    let error = try #require(throws: PlanningError.self) {
      try makePlan(
        profile: profile, profileReference: simulatedReference,
        request: PlanRequest(latency: Seconds(milliseconds: 12)))
    }
    #expect(error.description.contains("1 … 1000000"))
  }

  @Test func aModelOfUnequalBlocksIsRefused() throws {
    var profile = SimulatedProfile().profile
    profile.model.shape.languageModel.blocks[1].feedForward.width = 64
    #expect(throws: PlanningError.self) {
      try makePlan(
        profile: profile, profileReference: simulatedReference,
        request: PlanRequest(latency: Seconds(milliseconds: 12)))
    }
  }

  @Test(arguments: [1e-300, 1e300])
  func extremeTargetsDoNotTrap(value: Double) throws {
    _ = try? makeSimulatedPlan(milliseconds: value)
    for set in [
      \PlanRequest.annualEnergy as WritableKeyPath, \PlanRequest.compressionEnergy,
    ] {
      do {
        _ = try makeSimulatedPlan(milliseconds: 12) { $0[keyPath: set] = KilowattHours(value) }
      } catch let error as PlanningError {
        #expect(!error.description.isEmpty)
      }
    }
  }
}
