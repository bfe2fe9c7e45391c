import Artifacts
import Foundation
import Metering
import Testing

@Suite struct DoctorTests {
  private func status(_ system: any SystemCalls) -> [String: Diagnosis] {
    Dictionary(
      Doctor.diagnose(system: system).map { ($0.source, $0) }, uniquingKeysWith: { a, _ in a })
  }

  @Test func aMachineWithNothingFallsBackToTheModel() throws {
    let found = status(FakeSystem(step: 10))
    #expect(found["perf-power"]?.status == .absent)
    #expect(found["powercap"]?.status == .absent)
    let model = try #require(found["power-model"])
    #expect(model.status == .present)
    #expect(model.evidence.contains("modelled") && model.evidence.contains("unknown processor"))
    #expect(found["counter cycles"]?.status == .notSupported)
    #expect(found["monotonic clock"]?.status == .present)
    #expect(found["virtualisation"]?.status == .absent)
  }

  @Test func anEncodingThatDoesNotOpenIsNotPresent() throws {
    let system = FakeSystem(
      openErrors: ["cycles": ENOENT, "task-clock": EACCES],
      encodings: CounterGroupTests.encodings,
      readWords: CounterGroupTests.groupRead(enabled: 1, running: 1))
    let found = status(system)
    let cycles = try #require(found["counter cycles"])
    #expect(cycles.status == .absent && cycles.evidence.contains("ENOENT"))
    let clock = try #require(found["counter task-clock"])
    #expect(clock.status == .permission && clock.remedy?.contains("CAP_PERFMON") == true)
    #expect(found["counter instructions"]?.status == .present)
    #expect(system.stillOpen == 0)
  }

  @Test func crowdedOutCountersAreNotPresent() {
    let system = FakeSystem(
      encodings: CounterGroupTests.encodings,
      readWords: CounterGroupTests.groupRead(enabled: 1, running: 0))
    #expect(status(system)["counter cycles"]?.status == .notSupported)
  }

  @Test func theVerdictIsInPlainWords() throws {
    let nothing = Doctor.examine(system: FakeSystem(step: 10), jitter: .zero)
    #expect(nothing.verdict.contains("no energy meter"))
    #expect(nothing.verdict.contains("an energy saving is a CPU-time saving"))
    #expect(nothing.meter == "power-model" && nothing.idlePower.provenance == .modelled)
    #expect(nothing.meters.map(\.name) == ["power-model"])
    #expect(nothing.sources.allSatisfy { $0.about?.isEmpty == false && !$0.evidence.isEmpty })
    let locked = PowercapMeterTests.system()
    locked.fail(PowercapMeterTests.counter, errno: EACCES)
    let refused = Doctor.examine(system: locked, jitter: .zero)
    #expect(refused.verdict.contains("this user may not read it (powercap)"))
    #expect(refused.verdict.contains("CAP_PERFMON"))
    let system = PowercapMeterTests.system()
    system.tick(PowercapMeterTests.counter, from: 1, by: 1_000)
    let measured = Doctor.examine(system: system, jitter: .zero)
    #expect(measured.verdict.contains("Energy is measured here, by powercap"))
    #expect(measured.idlePower.provenance == .measured)
    let meter = try #require(measured.meters.first)
    #expect(meter.name == "powercap" && meter.resolution == Seconds(milliseconds: 1))
    #expect(meter.interval.contains("80 %") && meter.overhead.provenance == .measured)
  }

  @Test func aCounterThatStandsStillIsNotPresent() throws {
    let powercap = try #require(status(PowercapMeterTests.system())["powercap"])
    #expect(powercap.status == .notSupported)
    #expect(powercap.evidence.contains("does not move"))
  }

  @Test func permissionOfRaplIsTold() throws {
    let system = PowercapMeterTests.system()
    system.fail(PowercapMeterTests.counter, errno: EACCES)
    let powercap = try #require(status(system)["powercap"])
    #expect(powercap.status == .permission)
    #expect(powercap.evidence.contains("EACCES"))
    #expect(powercap.remedy?.contains("CAP_PERFMON") == true)
  }

  @Test func factsOfTheMachine() {
    let system = PowerModelMeterTests.system(memoryKibibytes: 2_048)
    system.write(
      "powersave\n", to: "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    let found = status(system)
    #expect(found["processor"]?.evidence.contains("family 26 model 2") == true)
    #expect(found["frequency governor"]?.remedy != nil)
    #expect(found["virtualisation"]?.status == .present)
    let machine = MachineReference.current(system: system)
    #expect(
      machine
        == MachineReference(
          processor: "AMD EPYC, family 26 model 2", logicalCores: 2, memoryBytes: 2_097_152,
          operatingSystem: "Linux 0.0 test"))
  }

  /// The machine that runs the tests, whatever it has: nothing traps, and the model is there.
  @Test func thisMachine() throws {
    let found = status(LinuxSystem())
    #expect(found["power-model"]?.status == .present)
    #expect(found["monotonic clock"]?.status == .present)
    #expect(MachineReference.current().logicalCores > 0)
    #expect(MachineReference.current().memoryBytes > 0)
    let jitter = Doctor.jitter(seconds: Seconds(0.05))
    #expect(jitter.samples >= 5 && jitter.relativeSpread >= 0 && jitter.worst >= 1)
    #expect(jitter.time.provenance == .measured)
    // 250 000 dependent steps cannot take less: the loop was not optimised away.
    #expect(try #require(jitter.time.value) > Seconds(milliseconds: 0.05))
    let expense = EnergyMonitor.best().measure {}.1
    #expect(expense.time.value != nil)
    #expect(expense.energy.provenance != .attributed)
  }
}
