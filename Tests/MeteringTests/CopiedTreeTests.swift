import Foundation
import Metering
import Testing

@Suite struct CopiedTreeTests {
  @Test func everyZoneIsListedWithItsPart() throws {
    let tree = try SysfsTree([
      .init("intel-rapl:0", "package-0", 12), .init("intel-rapl:0:0", "core", 3),
      .init("intel-rapl:0:1", "dram", 4, range: nil),
    ])
    let zones = try Doctor.diagnose(copy: tree.path)
    #expect(
      zones.prefix(3).map(\.source) == [
        "intel-rapl:0 package-0", "intel-rapl:0:0 package-0/core", "intel-rapl:0:1 package-0/dram",
      ])
    #expect(zones.prefix(3).allSatisfy { $0.status == .present })
    #expect(zones.prefix(3).map { $0.evidence.hasPrefix("counted") } == [true, false, true])
    #expect(zones[0].evidence.contains("12 µJ, wraps after 262143328850 µJ"))
    #expect(zones[2].evidence.contains("states no range"))
  }

  @Test func aCounterThatCannotBeReadIsNotPresent() throws {
    let tree = try SysfsTree([
      .init("intel-rapl:0", "package-0", nil), .init("intel-rapl:0:0", "dram", 1),
    ])
    try tree.write("many\n", "sys/class/powercap/intel-rapl:0:0/energy_uj")
    let zones = try Doctor.diagnose(copy: tree.path)
    #expect(zones.prefix(2).map(\.status) == [.notSupported, .notSupported])
    #expect(zones[0].evidence.contains("ENOENT"))
    #expect(zones[1].evidence.contains("many"))
  }

  @Test func aCopyWithoutSourcesSaysSo() throws {
    let tree = try SysfsTree([])
    let sources = try withExtendedLifetime(tree) { try Doctor.diagnose(copy: tree.path) }
    #expect(sources.map(\.source) == ["powercap", "perf-power"])
    #expect(sources.allSatisfy { $0.status == .absent && $0.evidence.contains("ENOENT") })
  }

  @Test func aCopiedPMUIsDescribedAndNotOpened() throws {
    let files = PerfPowerMeterTests.files().map { (String($0.key.dropFirst()), $0.value) }
    let tree = try SysfsTree([], files: Dictionary(uniqueKeysWithValues: files))
    let perf = try #require(
      try Doctor.diagnose(copy: tree.path).first { $0.source == "perf-power" })
    #expect(perf.status == .notSupported)
    #expect(perf.evidence.contains("energy-pkg (event 1, 2.3283064365386963e-10 J per count)"))
    #expect(perf.evidence.contains("processors 0, 18"))
    let system = LinuxSystem(root: tree.path)
    expectKind(.notSupported) { () throws(MeterError) in try PerfPowerMeter(system: system) }
  }

  @Test func aMissingFolderIsRefusedByName() throws {
    do throws(MeterError) {
      _ = try Doctor.diagnose(copy: "/nonexistent/copy")
      Issue.record("did not throw")
    } catch {
      #expect(error.kind == .absent)
      #expect(error.description.contains("/nonexistent/copy"))
    }
  }
}
