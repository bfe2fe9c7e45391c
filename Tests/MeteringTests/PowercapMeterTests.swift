import Artifacts
import Foundation
import Metering
import Testing

@Suite struct PowercapMeterTests {
  static let folder = "/sys/class/powercap"

  static func system(
    range: UInt64? = 65_532_610_987, start: UInt64 = 0
  ) -> FakeSystem {
    var files = [
      "\(folder)/intel-rapl:0/name": "package-0\n",
      "\(folder)/intel-rapl:0/energy_uj": "\(start)\n",
      "/proc/cpuinfo": "processor : 0\nvendor_id : GenuineIntel\n",
    ]
    if let range { files["\(folder)/intel-rapl:0/max_energy_range_uj"] = "\(range)\n" }
    return FakeSystem(files: files)
  }

  static let counter = "\(folder)/intel-rapl:0/energy_uj"

  @Test func energyIsMeasuredAndNamesItsZones() throws {
    let system = Self.system(start: 10)
    let meter = try PowercapMeter(system: system)
    let start = try meter.snapshot()
    system.write("2500010\n", to: Self.counter)
    system.advance(Seconds(1))
    let energy = try meter.energy(from: start, to: meter.snapshot())
    #expect(energy.value == Joules(2.5))
    #expect(energy.provenance == .measured)
    #expect(energy.source.contains("intel-rapl:0"))
  }

  @Test func aLongGapIsAmbiguousEvenWithoutAWrap() throws {
    let system = Self.system()
    let meter = try PowercapMeter(system: system)
    let start = try meter.snapshot()
    system.write("1000\n", to: Self.counter)
    system.advance(Seconds(65.6))
    let end = try meter.snapshot()
    expectKind(.ambiguousGap) { () throws(MeterError) in try meter.energy(from: start, to: end) }
    let longest = try #require(meter.longestWindow)
    #expect(abs(longest.value - 65.532610987) < 1e-9)
  }

  @Test func permissionNamesARemedyThatIsNoChmod() throws {
    for code in [EACCES, EPERM] {
      let system = Self.system()
      system.fail(Self.counter, errno: code)
      do {
        _ = try PowercapMeter(system: system)
        Issue.record("opened")
      } catch {
        #expect(error.kind == .permission)
        let remedy = try #require(error.remedy)
        #expect(remedy.contains("CAP_PERFMON") && remedy.contains("root"))
        #expect(!remedy.contains("chmod"))
      }
    }
  }

  @Test(arguments: [EIO, ENODATA, ENOENT, EBUSY])
  func aFailedReadInvalidatesTheWindow(code: Int32) throws {
    let system = Self.system()
    let monitor = EnergyMonitor(meter: try PowercapMeter(system: system), system: system)
    let window = monitor.begin()
    system.fail(Self.counter, errno: code)
    let expense = monitor.end(window)
    #expect(expense.energy.value == nil)
    #expect(expense.energy.provenance == .unavailable)
    #expect(expense.energy.source.contains("energy_uj"))
    #expect(expense.time.provenance == .measured)
  }

  @Test func aFailedReadAtTheStartInvalidatesTheWindowToo() throws {
    let system = Self.system()
    let monitor = EnergyMonitor(meter: try PowercapMeter(system: system), system: system)
    system.fail(Self.counter, errno: EIO)
    let window = monitor.begin()
    system.fail(Self.counter, errno: nil)
    #expect(monitor.end(window).energy.provenance == .unavailable)
  }

  @Test func snapshotsInTheWrongOrderThrow() throws {
    let system = Self.system()
    let meter = try PowercapMeter(system: system)
    let first = try meter.snapshot()
    system.advance(Seconds(1))
    let second = try meter.snapshot()
    expectKind(.inconsistent) { () throws(MeterError) in
      try meter.energy(from: second, to: first)
    }
    expectKind(.inconsistent) { () throws(MeterError) in
      try meter.energy(from: first, to: EnergySnapshot(time: second.time))
    }
  }

  @Test func aPlatformCounterThatIsNotWiredIsNotUsed() throws {
    let system = Self.system(start: 5)
    let psys = "\(Self.folder)/intel-rapl:1"
    system.write("psys\n", to: "\(psys)/name")
    system.write("0\n", to: "\(psys)/energy_uj")
    #expect(try PowercapMeter(system: system).source.contains("intel-rapl:0)"))
    system.write("9\n", to: "\(psys)/energy_uj")
    #expect(try PowercapMeter(system: system).source.contains("intel-rapl:1)"))
    let alone = FakeSystem(files: ["\(psys)/name": "psys", "\(psys)/energy_uj": "0"])
    expectKind(.absent) { () throws(MeterError) in try PowercapMeter(system: alone) }
  }

  @Test func theIntervalIsOneUpdateAtEachEdge() throws {
    let system = Self.system()
    let meter = try PowercapMeter(system: system)
    let start = try meter.snapshot()
    system.write("2000000\n", to: Self.counter)
    system.advance(Seconds(0.2))
    let energy = try meter.energy(from: start, to: meter.snapshot())
    let low = try #require(energy.low?.value)
    #expect(abs(low - 2 * (1 - 0.553 / 200)) < 1e-12)
    #expect(try #require(energy.high?.value) + low == 4)
  }
}
