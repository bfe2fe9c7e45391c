import Artifacts
import Execution
import Testing

@Suite struct RequestComparisonTests {
  @Test func theFasterModelServesMoreOften() {
    #expect(equalShare(of: 2, taking: Seconds(1.5), by: Seconds(0.2)) == 15)
    #expect(equalShare(of: 2, taking: Seconds(1.5), by: Seconds(0.01)) == 16)
    #expect(equalShare(of: 2, taking: Seconds(0.2), by: Seconds(1.5)) == 2)
    #expect(equalShare(of: 2, taking: Seconds(1), by: Seconds(0)) == 2)
  }

  /// The figure that a reader gets who divides the two medians.
  @Test func speedUpIsTheRatioOfTheMedians() {
    let (ratio, low, high) = ratioOfMedians([[10, 12], [11, 19]], [[2, 2, 2.5], [1, 3, 4]])
    #expect(abs(ratio - 11.5 / 2.25) < 1e-12)
    #expect(low < ratio && ratio < high)
  }

  /// What slows both sides of a turn leaves their ratio alone.
  @Test func slowTurnsDoNotWidenTheInterval() {
    let pace = [1.0, 1.7, 1.2, 2.1, 1.4, 1.1]
    let (ratio, low, high) = ratioOfMedians(
      pace.map { [8 * $0, 8 * $0] }, pace.map { [$0, $0, $0] })
    #expect(abs(ratio - 8) < 1e-9 && abs(low - 8) < 1e-9 && abs(high - 8) < 1e-9)
    let (_, wideLow, wideHigh) = ratioOfMedians(
      pace.map { [8 * $0, 8 * $0] }, pace.reversed().map { [$0, $0, $0] })
    #expect(wideHigh - wideLow > 0.5)
  }
}
