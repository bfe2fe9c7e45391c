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
    system.tick(PowercapMeterTests.counter, from: 0, by: 3_000_000)
    let monitor = EnergyMonitor(meter: try PowercapMeter(system: system), system: system)
    let idle = monitor.idlePower(over: Seconds(1))
    #expect(idle.provenance == .measured)
    #expect(idle.value == Watts(3))
    #expect(idle.source.contains("while idle"))
  }

  @Test func aWindowBelowTheMetersStepHasNoEnergy() throws {
    let system = PowercapMeterTests.system()
    system.tick(PowercapMeterTests.counter, from: 0, by: 10)
    let monitor = EnergyMonitor(meter: try PowercapMeter(system: system), system: system)
    let (_, short) = monitor.measure { system.advance(Seconds(milliseconds: 0.5)) }
    #expect(short.energy.value == nil && short.energy.source.contains("repeat the work"))
    #expect(short.time.value == Seconds(milliseconds: 0.5))
    let (_, long) = monitor.measure { system.advance(Seconds(milliseconds: 1.5)) }
    #expect(long.energy.value == Joules(10e-6))
  }

  @Test func aCounterThatStandsStillHasNoEnergy() throws {
    let system = PowercapMeterTests.system(start: 7)
    let monitor = EnergyMonitor(meter: try PowercapMeter(system: system), system: system)
    let (_, expense) = monitor.measure { system.advance(Seconds(1)) }
    #expect(expense.energy.value == nil && expense.energy.source.contains("did not move"))
  }

  @Test func repetitionsMakeAWindowLongEnough() throws {
    let system = PowercapMeterTests.system()
    let measured = EnergyMonitor(meter: try PowercapMeter(system: system), system: system)
    #expect(measured.repetitions(of: Seconds(0.075)) == 3)
    #expect(measured.repetitions(of: Seconds(1)) == 1)
    #expect(measured.repetitions(of: .zero) == 1)
    let modelled = EnergyMonitor(
      meter: SimulatedMeter(power: Watts(1), system: system), system: system)
    #expect(modelled.repetitions(of: Seconds(0.001)) == 1)
  }

  @Test func overheadIsTheTimeOfAnEmptyWindow() throws {
    // Every reading of this clock takes 10 µs: two in a window, one around each side.
    let system = FakeSystem(step: 10_000)
    let monitor = EnergyMonitor(
      meter: SimulatedMeter(power: Watts(1), system: system), system: system)
    let overhead = monitor.overhead(windows: 20)
    let time = try #require(overhead.perWindow.value)
    #expect(time.value >= 30e-6 && time.value <= 60e-6)
    #expect(abs(overhead.share - time.value / 0.2) < 1e-12)
    #expect(overhead.perWindow.provenance == .measured)
  }

  /// The limit of 0.1 % of a 200 ms window, on the real clock with each kind of meter that can be
  /// opened here, and with powercap over files on disk.
  @Test func overheadIsSmallOnThisMachine() throws {
    let tree = try SysfsTree([
      .init("intel-rapl:0", "package-0", 5), .init("intel-rapl:0:0", "dram", 5),
      .init("intel-rapl:1", "package-1", 5), .init("intel-rapl:1:0", "dram", 5),
    ])
    let copy = try PowercapMeter(system: LinuxSystem(root: tree.path))
    for meter in availableMeters() + [copy] {
      let overhead = EnergyMonitor(meter: meter).overhead(windows: 300)
      #expect(overhead.share < 0.001, "\(meter.name): \(overhead.share)")
    }
  }
}
