import Foundation
import Metering
import Testing

@Suite struct CopiedTreeTests {
  @Test func everyZoneIsListedWithItsPart() throws {
    let tree = try PowercapTree([
      .init("intel-rapl:0", "package-0", 12), .init("intel-rapl:0:0", "core", 3),
      .init("intel-rapl:0:1", "dram", 4, range: nil),
    ])
    let zones = try Doctor.diagnose(copy: tree.path)
    #expect(
      zones.map(\.source) == [
        "intel-rapl:0 package-0", "intel-rapl:0:0 package-0/core", "intel-rapl:0:1 package-0/dram",
      ])
    #expect(zones.allSatisfy { $0.status == .present })
    #expect(zones.map { $0.evidence.hasPrefix("counted") } == [true, false, true])
    #expect(zones[0].evidence.contains("12 µJ, wraps after 262143328850 µJ"))
    #expect(zones[2].evidence.contains("states no range"))
  }

  @Test func aCounterThatCannotBeReadIsNotPresent() throws {
    let tree = try PowercapTree([
      .init("intel-rapl:0", "package-0", nil), .init("intel-rapl:0:0", "dram", 1),
    ])
    try tree.write("many\n", "sys/class/powercap/intel-rapl:0:0/energy_uj")
    let zones = try Doctor.diagnose(copy: tree.path)
    #expect(zones.map(\.status) == [.notSupported, .notSupported])
    #expect(zones[0].evidence.contains("ENOENT"))
    #expect(zones[1].evidence.contains("many"))
  }

  @Test func aFolderWithoutZonesIsRefusedByName() throws {
    let tree = try PowercapTree([])
    do throws(MeterError) {
      _ = try Doctor.diagnose(copy: tree.path)
      Issue.record("did not throw")
    } catch {
      #expect(error.kind == .absent)
      #expect(error.description.contains(tree.path))
    }
  }
}
