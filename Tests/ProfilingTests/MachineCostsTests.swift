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

  @Test func withoutLaterRequestsNothingChanges() {
    #expect(costs.atPace(ofRequests: [], threads: 2).request == costs.costs.request)
  }
}
