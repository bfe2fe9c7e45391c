import Artifacts
import Planning
import Testing

/// Plans made again with forecasts that a measurement corrected.
@Suite struct RevisePlanTests {
  private let simulated = SimulatedProfile()

  private func plan(_ change: (inout PlanRequest) -> Void = { _ in }) throws -> PlanRecord {
    var request = PlanRequest(latency: Seconds(milliseconds: 12))
    change(&request)
    return try makePlan(
      profile: simulated.profile, profileReference: simulatedReference, request: request)
  }

  private func basis(_ latency: Double, energy: Double = 1, limit: Double = 12) -> RevisionBasis {
    RevisionBasis(
      correction: ForecastCorrection(latency: latency, energy: energy),
      latencyLimit: Seconds(milliseconds: limit),
      original: .measured(Seconds(0.04), source: "simulated"))
  }

  private func revise(
    _ plan: PlanRecord, _ basis: RevisionBasis,
    allows: @escaping @Sendable (UniformShape) -> Bool = { _ in true }
  ) throws -> PlanRevision {
    try Planning.revise(plan, profile: simulated.profile, basis: basis, allows: allows)
  }

  private func repair(
    _ plan: PlanRecord, _ basis: RevisionBasis, energy: Joules? = nil
  ) throws -> PlanRevision {
    try Planning.repair(
      plan, profile: simulated.profile, basis: basis,
      from: RepairStart(shape: plan.final.shape, firstIndex: 7, energy: energy),
      allows: { _ in true })
  }

  @Test func withoutACorrectionThePlanIsTheSame() throws {
    let plan = try plan()
    let revision = try revise(plan, basis(1))
    #expect(revision.final.shape == plan.final.shape)
    #expect(revision.schedule == plan.schedule)
    #expect(revision.compression == plan.compression)
  }

  @Test func aSlowerMachineGetsASmallerShape() throws {
    let plan = try plan()
    let revision = try revise(plan, basis(1.1))
    // 1.1 times what the profile says, and still below the target.
    #expect(simulated.seconds(revision.final.shape) * 1.1 <= 0.012 * 0.975)
    let forecast = try #require(revision.final.costs[0].request.time.value)
    #expect(abs(forecast.value - simulated.seconds(revision.final.shape) * 1.1) < 2e-4)
    #expect(revision.final.costs[0].request.time.source.contains("corrected by a measurement"))
    #expect(
      try #require(revision.final.accuracy.value) < (try #require(plan.final.accuracy.value)))
    #expect(revision.schedule.last?.to == revision.final.shape)
  }

  @Test func aFasterMachineGetsABetterShape() throws {
    let plan = try plan()
    let revision = try revise(plan, basis(0.9))
    #expect(
      try #require(revision.final.accuracy.value) > (try #require(plan.final.accuracy.value)))
    #expect(simulated.seconds(revision.final.shape) * 0.9 <= 0.012 * 0.975)
  }

  /// Every rehearsal is time that the distillation does not have.
  @Test func rehearsalsArePaidFor() throws {
    let plan = try plan()
    var later = basis(1)
    later.rehearsals = 400
    let revision = try revise(plan, later)
    let before = try #require(plan.schedule.last?.epochs)
    #expect(try #require(revision.schedule.last?.epochs) < before)
    #expect(try #require(revision.compression.time.value) <= Seconds(570))
  }

  /// A limit on electricity leaves time for every rehearsal that may follow; hardware that is modelled
  /// needs none.
  @Test func aLimitReservesRehearsals() throws {
    var request = PlanRequest(latency: Seconds(milliseconds: 12))
    #expect(request.reservedRehearsals == 1)
    request.compressionEnergy = KilowattHours(1)
    #expect(request.reservedRehearsals == PlanningConstants.mostRehearsals)
    request.hardware = "a10"
    #expect(request.reservedRehearsals == 0)
  }

  @Test func theLimitOfASpeedUpIsTheBasiss() throws {
    let plan = try plan { $0.speedUp = 3 }
    let tight = try revise(plan, basis(1, limit: 10))
    #expect(simulated.seconds(tight.final.shape) <= 0.010 * 0.975)
  }

  @Test func energyIsCorrectedApart() throws {
    let joules = simulated.joules(try plan().final.shape)
    let plan = try plan {
      $0.annualEnergy = annualEnergy(
        perRequest: Joules(joules), requestsPerYear: 1e6, powerUsageEffectiveness: 1.2)
      $0.requestsPerYear = 1e6
      $0.powerUsageEffectiveness = 1.2
    }
    let revision = try revise(plan, basis(1, energy: 1.2))
    #expect(simulated.joules(revision.final.shape) * 1.2 <= joules * 1.01)
  }

  @Test func whatAFormatHoldsHoldsForRevisions() throws {
    let revision = try revise(try plan(), basis(1.1)) { $0.headSize.isMultiple(of: 16) }
    #expect(revision.final.shape.headSize.isMultiple(of: 16))
  }

  @Test func noShapeIsSaid() throws {
    let error = try #require(throws: PlanningError.self) { try revise(try plan(), basis(4)) }
    #expect(error.isInfeasible)
    #expect(error.description.contains("at the measured pace: the smallest takes"))
    #expect(!error.description.contains("--target-ms"))
  }

  @Test func aRepairShrinksEveryDimensionAndTakesAQuarter() throws {
    let plan = try plan()
    let revision = try repair(plan, basis(1.08))
    let start = plan.final.shape
    let end = revision.final.shape
    #expect(end != start)
    #expect(
      end.blocks <= start.blocks && end.feedForwardWidth <= start.feedForwardWidth
        && end.heads <= start.heads && end.headSize <= start.headSize
        && end.hiddenSize <= start.hiddenSize)
    #expect(simulated.seconds(end) * 1.08 <= 0.012 * 0.975)
    #expect(revision.schedule.first?.from == start && revision.schedule.last?.to == end)
    #expect(revision.schedule.map(\.index) == Array(7..<(7 + revision.schedule.count)))
    let whole = try #require(plan.compression.time.value)
    let time = try #require(revision.compression.time.value)
    #expect(time <= whole * PlanningConstants.repairShare && time > whole * 0.15)
  }

  @Test func aRepairStaysWithinTheEnergyThatIsLeft() throws {
    let plan = try plan()
    let free = try #require(try repair(plan, basis(1.08)).compression.energy.value)
    let bound = try #require(
      try repair(plan, basis(1.08), energy: free * 0.7).compression.energy.value)
    #expect(bound <= free * 0.7)
    for energy in [1e-3, 0, -5] {
      let error = try #require(throws: PlanningError.self) {
        try repair(plan, basis(1.08), energy: Joules(energy))
      }
      #expect(error.description.contains("--compression-kwh"))
    }
  }

  @Test func aRepairThatNoShapeAllowsIsRefused() throws {
    #expect(throws: PlanningError.self) { try repair(try plan(), basis(4)) }
  }
}
