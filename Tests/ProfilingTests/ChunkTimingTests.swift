import Profiling
import Testing

@Suite struct ChunkTimingTests {
  private func attempt(_ seconds: Double, before: Double = 1, after: Double = 1) -> ChunkAttempt {
    var attempt = ChunkAttempt()
    attempt.add(
      ChunkTiming(prefill: seconds / 2, decode: seconds / 2), before: before, after: after)
    return attempt
  }

  @Test func anAttemptCountsInProbes() {
    let attempt = attempt(3, before: 1, after: 2)
    #expect(attempt.time.total == 2)
    #expect(attempt.unsteadiness == 2 && !attempt.isSteady)
    // Twice as slow throughout is as steady.
    #expect(self.attempt(6, before: 2, after: 2.1).isSteady)
  }

  @Test func everyPieceCountsInTheProbesAroundIt() {
    var attempt = ChunkAttempt()
    attempt.add(ChunkTiming(prefill: 9), before: 1, after: 1)
    attempt.add(ChunkTiming(decode: 3), before: 1, after: 2)
    attempt.add(ChunkTiming(decode: 12), before: 2, after: 2)
    #expect(attempt.time.prefill == 9 && attempt.time.decode == 8)
    // The machine changed its pace for an eighth of the chunk.
    #expect(attempt.unsteadiness == 1.125)
  }

  @Test func attemptsWhoseProbesDifferAreLeftOut() {
    let attempts = [
      attempt(1), attempt(9, before: 1, after: 3), attempt(1.02), attempt(5, before: 2, after: 1),
    ]
    #expect(steadyTimes(attempts).map(\.total) == [1, 1.02])
  }

  @Test func withoutSteadyAttemptsTheTwoSteadiestCount() {
    let attempts = [
      attempt(4, before: 1, after: 3), attempt(2.4, before: 1, after: 1.4),
      attempt(2.2, before: 1, after: 1.2),
    ]
    let times = steadyTimes(attempts).map(\.total)
    #expect(times.count == 2 && abs(times[0] - 2) < 1e-12 && abs(times[1] - 2) < 1e-12)
  }

  @Test func theMiddleHalfIsTypical() {
    func typicalTotal(_ totals: [Double]) -> Double {
      typical(totals.map { ChunkTiming(prefill: $0 / 4, decode: $0 * 3 / 4) }).total
    }
    #expect(typicalTotal([7]) == 7)
    #expect(typicalTotal([1, 3]) == 2)
    #expect(typicalTotal([1, 2, 90]) == 2)
    #expect(typicalTotal([0, 1, 3, 90]) == 2)
    #expect(typicalTotal([0, 1, 2, 3, 90]) == 2)
    #expect(typical([]).total == 0)
  }
}
