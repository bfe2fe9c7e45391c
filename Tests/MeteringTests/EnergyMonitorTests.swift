import Artifacts
import Foundation
import Metering
import Testing

@Suite struct EnergyMonitorTests {
  @Test func timeAndEnergyOfAWindow() {
    let system = FakeSystem()
    let monitor = EnergyMonitor(
      meter: SimulatedMeter(power: Watts(40), system: system), system: system)
    let (answer, expense) = monitor.measure {
      system.advance(Seconds(2))
      return 42
    }
    #expect(answer == 42)
    #expect(expense.time == .measured(Seconds(2), source: "monotonic clock"))
    #expect(expense.energy == .modelled(Joules(80), source: "simulated 40.0 W"))
  }

  @Test func windowsOverlap() {
    let system = FakeSystem()
    let monitor = EnergyMonitor(
      meter: SimulatedMeter(power: Watts(1), system: system), system: system)
    let outer = monitor.begin()
    system.advance(Seconds(1))
    let inner = monitor.begin()
    system.advance(Seconds(2))
    #expect(monitor.end(outer).energy.value == Joules(3))
    system.advance(Seconds(4))
    #expect(monitor.end(inner).energy.value == Joules(6))
    #expect(monitor.end(inner).energy.provenance == .unavailable)
  }

  @Test func aBrokenMeterGivesTimeAndAReason() {
    let system = FakeSystem()
    let failure = MeterError(.failedRead, meter: "simulated", detail: "unplugged")
    let monitor = EnergyMonitor(
      meter: SimulatedMeter(power: Watts(1), system: system, failure: failure), system: system)
    let (_, expense) = monitor.measure { system.advance(Seconds(1)) }
    #expect(expense.time.value == Seconds(1))
    #expect(expense.energy == .unavailable("simulated: unplugged"))
  }

  @Test func theBodysErrorPasses() {
    struct Stop: Error {}
    let system = FakeSystem()
    let monitor = EnergyMonitor(
      meter: SimulatedMeter(power: Watts(1), system: system), system: system)
    #expect(throws: Stop.self) { try monitor.measure { throw Stop() } }
    #expect(throws: Stop.self) { try monitor.repeatUntilResolved { throw Stop() } }
  }

  @Test func shortWorkIsRepeatedAndDivided() {
    let system = FakeSystem()
    let monitor = EnergyMonitor(
      meter: SimulatedMeter(power: Watts(10), system: system), system: system)
    let result = monitor.repeatUntilResolved { system.advance(Seconds(0.03125)) }
    #expect(result.repetitions == 7)
    #expect(result.perRun.time.value.map { abs($0.value - 0.03125) < 1e-12 } == true)
    #expect(result.perRun.energy.value.map { abs($0.value - 0.3125) < 1e-12 } == true)
    #expect(result.perRun.energy.provenance == .modelled)
    let limited = monitor.repeatUntilResolved(limit: 3) {}
    #expect(limited.repetitions == 3)
  }

  /// On the real clock: a window four times as long as the meter allows is read in between.
  @Test func longWindowsAreReadInBetween() throws {
    let monitor = EnergyMonitor(
      meter: SimulatedMeter(power: Watts(100), longestWindow: Seconds(0.6)))
    let (_, expense) = monitor.measure { Thread.sleep(forTimeInterval: 1.3) }
    let energy = try #require(expense.energy.value, "\(expense.energy.source)")
    #expect(abs(energy.value - 130) < 20)
  }

  @Test func measuredPowerOfAnIdleMachine() throws {
    let system = PowercapMeterTests.system()
    let monitor = EnergyMonitor(meter: try PowercapMeter(system: system), system: system)
    let idle = monitor.idlePower(over: Seconds(1))
    #expect(idle.provenance == .measured)
    #expect(idle.value == .zero)
    #expect(idle.source.contains("while idle"))
  }
}
