import Artifacts
import HardwareModels
import Planning
import Testing

@Suite struct CheckedCostModelTests {
  /// A simulated profile whose probes serve requests `error` times as slow as the table says, on a
  /// machine that is `pace` times as slow as when the table was measured.
  func profile(error: Double, pace: Double = 1, spread: [Double] = [1]) throws -> ProfileRecord {
    let simulated = SimulatedProfile()
    var profile = simulated.profile
    let table = try MeasuredCostTable(costs: simulated.costs, original: simulated.original)
    let reference = try #require(profile.hardware[0].request.time.value)
    let probes = try #require(profile.sensitivity?.probes)
    for (index, probe) in probes.enumerated() {
      let time = table.point(probe.shape).time * (error * pace * spread[index % spread.count])
      profile.sensitivity?.probes[index].request = .init(
        time: .measured(time, source: "test"),
        original: .measured(reference * pace, source: "test"))
    }
    return profile
  }

  func model(_ profile: ProfileRecord) throws -> (CheckedCostModel, MeasuredCostTable) {
    let original = SimulatedProfile().original
    let table = try MeasuredCostTable(costs: profile.hardware[0], original: original)
    return (
      try #require(
        CheckedCostModel(
          table, original: original, probes: profile.sensitivity?.probes ?? [])), table
    )
  }

  @Test(arguments: [(1.1, 1.0), (0.9, 1.0), (1.1, 1.6), (1.0, 0.7)])
  func requestsAreCorrectedWhateverThePace(error: Double, pace: Double) throws {
    let (checked, table) = try model(try profile(error: error, pace: pace))
    #expect(abs(checked.factor - error) < 1e-9)
    let shape = UniformShape(
      blocks: 2, feedForwardWidth: 256, heads: 4, headSize: 16, hiddenSize: 64)
    let expected = table.point(shape).time.value * error
    #expect(abs(checked.point(shape).time.value - expected) < 1e-12)
    let figure = checked.request(shape: shape).time
    #expect(abs((figure.value?.value ?? 0) - expected) < 1e-12)
    #expect(figure.provenance == .modelled)
    let phases = checked.phases(shape: shape).compactMap { $0.cost.time.value?.value }
    #expect(abs(phases.reduce(0, +) - expected) < 1e-9)
  }

  @Test func theOriginalKeepsItsMeasurement() throws {
    let (checked, table) = try model(try profile(error: 1.2))
    let original = SimulatedProfile().original
    #expect(checked.request(shape: original).time == table.request(shape: original).time)
    #expect(checked.point(original).time == table.point(original).time)
  }

  /// A factor on the sum of blocks makes the original neither meet a target that it misses nor miss
  /// one that it meets.
  @Test(arguments: [0.6, 1.5], [0.99, 1.05])
  func theOriginalIsJudgedByItsMeasurement(error: Double, room: Double) throws {
    let simulated = SimulatedProfile()
    let target = Seconds(simulated.seconds(simulated.original) * room / 0.97)
    let plan = try makePlan(
      profile: try profile(error: error), profileReference: simulatedReference,
      request: PlanRequest(latency: target))
    #expect((plan.final.shape == simulated.original) == (room > 1))
    #expect(try #require(plan.final.costs[0].request.time.value) <= target)
  }

  @Test func theSpreadOfTheChecksIsTheInterval() throws {
    let (checked, _) = try model(try profile(error: 1, spread: [0.8, 1, 1.2]))
    let shape = UniformShape(
      blocks: 2, feedForwardWidth: 256, heads: 4, headSize: 16, hiddenSize: 64)
    let time = checked.request(shape: shape).time
    let value = try #require(time.value).value
    #expect(try #require(time.low).value < 0.9 * value)
    #expect(try #require(time.high).value > 1.1 * value)
  }

  /// Checks that contradict one another say less than the table, and the less the more they do.
  @Test func contradictoryChecksAreBelievedLess() throws {
    let factors = try [[1.1, 1.3], [0.9, 1.5], [0.5, 1.9]].map { spread in
      try model(try profile(error: 1, spread: spread)).0.factor
    }
    #expect(factors[0] > 1.05 && factors[0] < 1.2)
    #expect(factors[1] < factors[0] && factors[1] > 1)
    #expect(abs(factors[2] - 1) < 0.02)
  }

  @Test func theOriginalsOwnErrorIsInEveryForecast() throws {
    var profile = try profile(error: 1)
    let shape = UniformShape(
      blocks: 2, feedForwardWidth: 256, heads: 4, headSize: 16, hiddenSize: 64)
    let time = try #require(profile.hardware[0].request.time.value)
    profile.hardware[0].request.time = .measured(
      time, low: time * 0.8, high: time * 1.2, source: "test")
    let figure = try model(profile).0.request(shape: shape).time
    let value = try #require(figure.value).value
    #expect(abs(try #require(figure.low).value / value - 0.8) < 0.01)
    #expect(abs(try #require(figure.high).value / value - 1.2) < 0.01)
  }

  @Test func probesWithoutRequestsChangeNothing() throws {
    let simulated = SimulatedProfile()
    let table = try MeasuredCostTable(costs: simulated.costs, original: simulated.original)
    #expect(
      CheckedCostModel(
        table, original: simulated.original,
        probes: simulated.profile.sensitivity?.probes ?? []) == nil)
  }

  /// What the plan forecasts for its shape is the corrected time, and the target holds for it.
  @Test func plansUseTheCorrection() throws {
    var request = PlanRequest(latency: Seconds(milliseconds: 9))
    request.compressionTime = Seconds(360)
    func plan(_ error: Double) throws -> PlanRecord {
      try makePlan(
        profile: try profile(error: error), profileReference: simulatedReference,
        request: request)
    }
    let (plain, slow) = (try plan(1), try plan(1.3))
    let time = try #require(slow.final.costs[0].request.time.value)
    #expect(time <= Seconds(milliseconds: 9))
    #expect(slow.final.shape != plain.final.shape)
  }
}
