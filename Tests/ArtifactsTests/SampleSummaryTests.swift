import Artifacts
import Testing

@Suite struct SampleSummaryTests {
  @Test func quantilesInterpolate() {
    let summary = SampleSummary([4, 1, 3, 2])
    #expect(summary.median == 2.5)
    #expect(summary.quantile(0) == 1)
    #expect(summary.quantile(1) == 4)
    #expect(SampleSummary([7]).median == 7)
  }

  @Test func intervalHoldsTheMedianAndShrinksWithMoreSamples() {
    let few = SampleSummary([1, 2, 3, 4, 5])
    let many = SampleSummary((0..<100).map { 1 + Double($0 % 5) })
    #expect(few.medianInterval.low < few.median && few.median < few.medianInterval.high)
    #expect(
      many.medianInterval.high - many.medianInterval.low
        < few.medianInterval.high - few.medianInterval.low)
  }

  @Test func energyOfTimeKeepsProvenance() {
    let time = Figure<Seconds>.measured(Seconds(2), source: "clock")
    let modelled = energyOf(time, power: .modelled(Watts(3), source: "model"))
    #expect(modelled.value == Joules(6))
    #expect(modelled.provenance == .modelled)
    #expect(energyOf(time, power: .measured(Watts(3), source: "meter")).provenance == .attributed)
    #expect(energyOf(time, power: .unavailable("none")).value == nil)
  }
}
