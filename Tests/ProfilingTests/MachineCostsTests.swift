import Artifacts
import Profiling
import Testing

@Suite struct MachineCostsTests {
  func expense(_ seconds: Double) -> Expense {
    Expense(
      time: .measured(
        Seconds(seconds), low: Seconds(0.9 * seconds), high: Seconds(1.1 * seconds), source: "test"),
      energy: .modelled(Joules(4 * seconds), source: "test"))
  }

  var costs: ProfileSession.MachineCosts {
    ProfileSession.MachineCosts(
      costs: HardwareCosts(
        name: "build", description: "test", request: expense(1),
        phases: [RequestPhaseCost(phase: .vision, cost: expense(0.1))],
        blocks: [
          BlockCostSample(
            hiddenSize: 8, heads: 1, headSize: 8, feedForwardWidth: 16, prefill: expense(0.2),
            decode: expense(0.3), firstPrefill: expense(0.4), firstDecode: expense(0.5))
        ], activePower: .modelled(Watts(4), source: "test"), idlePower: .unavailable("test")),
      requests: [0.9, 1, 1.1], baseline: Seconds(0.01), load: 1, warnings: [])
  }

  @Test func costsAreAtThePaceOfAllRequests() throws {
    let slow = costs.atPace(ofRequests: [1.5, 1.6, 1.7, 1.5], threads: 2)
    #expect(try #require(slow.request.time.value) == Seconds(1.5))
    #expect(slow.request.time.source.contains("7 requests"))
    #expect(slow.request.time.provenance == .measured)
    func times(_ costs: HardwareCosts) -> [Double] {
      let block = costs.blocks[0]
      let expenses =
        [block.prefill, block.decode, block.firstPrefill, block.firstDecode, costs.request]
        + costs.phases.map(\.cost)
      return expenses.flatMap {
        [$0.time.value?.value, $0.energy.value?.value].compactMap { $0 }
      }
    }
    for (after, before) in zip(times(slow), times(costs.costs)) {
      #expect(abs(after / before - 1.5) < 1e-12)
    }
  }

  /// Medians of parts do not add up to the median of the whole: each phase gets its share.
  @Test func phasesAddUpToTheRequest() throws {
    let times = [3, 1, 6, 2].map { Figure<Seconds>.measured(Seconds($0), source: "clock") }
    let power = Figure<Watts>.measured(Watts(5), source: "meter")
    let phases = phaseShares(
      of: .measured(Seconds(10), source: "clock"),
      Array(zip(RequestPhase.allCases, times)).map { ($0, $1) }, power: power)
    #expect(phases.map(\.phase) == RequestPhase.allCases)
    #expect(phases.map(\.cost.time.value) == [2.5, 2.5 / 3, 5, 5 / 3].map { Seconds($0) })
    #expect(phases.allSatisfy { $0.cost.time.source.contains("share of the request") })
    let joules = phases.reduce(0) { $0 + ($1.cost.energy.value?.value ?? 0) }
    #expect(abs(joules - 50) < 1e-9)

    var costs = costs
    costs.costs.request = expense(10)
    costs.costs.phases = phases
    costs.requests = [10, 10]
    let slow = costs.atPace(ofRequests: [11, 14, 12], threads: 2)
    let sum = slow.phases.reduce(0) { $0 + ($1.cost.time.value?.value ?? 0) }
    #expect(try #require(slow.request.time.value) == Seconds(11))
    #expect(abs(sum - 11) < 1e-9)
  }

  @Test func phasesWithoutTimeStay() {
    let phases = phaseShares(
      of: .measured(Seconds(1), source: "clock"),
      [(.prefill, .measured(Seconds(0), source: "clock"))],
      power: .unavailable("no meter"))
    #expect(phases.map(\.cost.time.value) == [.zero])
  }

  @Test func withoutLaterRequestsNothingChanges() {
    #expect(costs.atPace(ofRequests: [], threads: 2).request == costs.costs.request)
  }
}
