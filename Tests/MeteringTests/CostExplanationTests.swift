import Artifacts
import Metering
import Testing

@Suite struct CostExplanationTests {
  static let roofline = Roofline(
    peak: .measured(OperationsPerSecond(100e9), source: "test"),
    bandwidth: .measured(BytesPerSecond(10e9), source: "test"))

  private static func reading(
    _ name: String, _ value: Double, coverage: Double = 1
  ) -> CounterReading {
    CounterReading(name: name, state: .counted(value), coverage: coverage)
  }

  /// 10⁹ cycles in half a second; 8·10⁹ operations on 10⁶ lines of 64 bytes.
  @Test func arithmeticBoundOnAMD() throws {
    let explanation = CostExplanation(
      [
        Self.reading("cycles", 1e9), Self.reading("instructions", 2.5e9),
        Self.reading("cache-misses", 1e6), Self.reading("flop", 8e9, coverage: 0.5),
      ], time: Seconds(0.5), roofline: Self.roofline)
    #expect(explanation.instructionsPerCycle == 2.5)
    #expect(explanation.bytes == 64e6 && explanation.operationsPerSecond?.value == 16e9)
    #expect(explanation.intensity == 125 && explanation.bound == .arithmetic)
    #expect(explanation.rooflineShare == 0.16 && explanation.coverage == 0.5)
    #expect(explanation.text.contains("16.0 % of what arithmetic allows here"))
    #expect(explanation.text.contains("counted in 50.0 % of the time"))
    #expect(explanation.work(name: "block")?.operations == 8e9)
  }

  @Test func memoryBoundOnIntel() throws {
    let explanation = CostExplanation(
      [
        Self.reading("cache-misses", 1e8), Self.reading("fp32-256-bit-instructions", 1e8),
        Self.reading("fp32-512-bit-instructions", 1e8),
      ], time: Seconds(1), roofline: Self.roofline)
    #expect(explanation.operations == 2.4e9 && explanation.bytes == 6.4e9)
    #expect(explanation.bound == .memory)
    // Attainable: 10 GB/s · 2.4e9/6.4e9.
    let share = try #require(explanation.rooflineShare)
    #expect(abs(share - 0.64) < 1e-12)
    #expect(explanation.instructionsPerCycle == nil)
  }

  @Test func whatWasNotCountedStaysUnknown() {
    let readings = [
      CounterReading(name: "cycles", state: .notCounted),
      CounterReading(
        name: "flop", state: .notEncoded(EncodingError(event: "FLOPS", message: "unknown"))),
      CounterReading(
        name: "instructions",
        state: .refused(SystemError(operation: "perf_event_open", subject: "x", errno: 2))),
    ]
    let explanation = CostExplanation(readings, time: Seconds(1), roofline: nil)
    #expect(explanation.instructionsPerCycle == nil && explanation.rooflineShare == nil)
    #expect(explanation.missing.count == 3 && explanation.coverage == 0)
    #expect(explanation.text.contains("no hardware counter"))
    #expect(explanation.work(name: "block") == nil)
  }

  @Test func marginalOfTwoCounts() {
    let more = [Self.reading("cycles", 30, coverage: 0.5), Self.reading("flop", 5)]
    let less = [Self.reading("cycles", 10), CounterReading(name: "flop", state: .notCounted)]
    let marginal = marginalReadings(more, less, parts: 2)
    #expect(marginal[0] == Self.reading("cycles", 10, coverage: 0.5))
    #expect(marginal[1].state == .notCounted)
    // A difference below zero is noise, and no count.
    #expect(marginalReadings(less, more, parts: 1)[0].state == .notCounted)
  }

  @Test func rooflineIsTheBestRun() {
    let system = FakeSystem(step: 0)
    var seconds = [2.0, 1, 4, 2, 1, 4]
    let roofline = Roofline.measured(system: system, repetitions: 3, source: "test") {
      system.advance(Seconds(seconds.removeFirst()))
      return 8
    } traffic: {
      system.advance(Seconds(seconds.removeFirst()))
      return 4
    }
    #expect(roofline.peak.value?.value == 8 && roofline.peak.low?.value == 2)
    #expect(roofline.bandwidth.value?.value == 4)
    let none = Roofline.measured(system: system, source: "test") {
      1
    } traffic: {
      1
    }
    #expect(none.peak.provenance == .unavailable)
  }
}

@Suite struct EnergyAttributionTests {
  private static let parts = [
    PartWork(name: "attention", operations: 1e12, bytes: 1e9, time: Seconds(1)),
    PartWork(name: "feed-forward", operations: 3e12, bytes: 1e10, time: Seconds(2)),
  ]

  @Test func sharesFollowTheFormula() throws {
    let result = attributed(
      .measured(Joules(100), low: Joules(90), high: Joules(110), source: "RAPL"), to: Self.parts,
      constants: AttributionConstants(staticPower: Watts(2)))
    // w = ops·4.6 pJ + bytes·160 pJ + t·2 W.
    let weights = [4.6 + 0.16 + 2, 13.8 + 1.6 + 4]
    for (part, weight) in zip(result, weights) {
      let share = weight / (weights[0] + weights[1])
      #expect(abs(part.share - share) < 1e-12)
      let energy = try #require(part.energy.value)
      #expect(abs(energy.value - 100 * share) < 1e-9)
      #expect(part.energy.provenance == .attributed && part.energy.source.contains("measured"))
      #expect(part.lowShare < part.share && part.share < part.highShare)
      #expect(try #require(part.energy.low).value < 90 * share)
      #expect(try #require(part.energy.high).value > 110 * share)
    }
    #expect(abs(result.map(\.share).reduce(0, +) - 1) < 1e-12)
  }

  @Test func onlyRatiosOfTheConstantsMatter() {
    var doubled = AttributionConstants(staticPower: Watts(4))
    doubled.joulesPerOperation *= 2
    doubled.joulesPerByte *= 2
    let window = Figure<Joules>.measured(Joules(1), source: "RAPL")
    let one = attributed(
      window, to: Self.parts, constants: AttributionConstants(staticPower: Watts(2)))
    let two = attributed(window, to: Self.parts, constants: doubled)
    for (left, right) in zip(one, two) { #expect(abs(left.share - right.share) < 1e-15) }
  }

  @Test func nothingCertainToDivide() {
    let constants = AttributionConstants(staticPower: .zero)
    let unknown = attributed(.unavailable("torn cable"), to: Self.parts, constants: constants)
    #expect(unknown.allSatisfy { $0.energy == .unavailable("torn cable") })
    let idle = PartWork(name: "idle", operations: 0, bytes: 0, time: .zero)
    let none = attributed(
      .measured(Joules(1), source: "RAPL"), to: [idle], constants: constants)
    #expect(none[0].energy.provenance == .unavailable && none[0].share == 0)
    #expect(attributed(.measured(Joules(1), source: ""), to: [], constants: constants).isEmpty)
  }
}
