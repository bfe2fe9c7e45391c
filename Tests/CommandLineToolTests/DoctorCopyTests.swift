import Foundation
import TestSupport
import Testing

@Suite struct DoctorCopyTests {
  /// A powercap tree with a package that wraps, its DRAM and a breakdown.
  private static func tree(package: UInt64, core: UInt64, memory: UInt64) throws -> TemporaryFolder
  {
    let folder = try TemporaryFolder()
    for (zone, name, energy) in [
      ("intel-rapl:0", "package-0", package), ("intel-rapl:0:0", "core", core),
      ("intel-rapl:0:1", "dram", memory),
    ] {
      let place = folder.url.appending(path: "sys/class/powercap/\(zone)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for (file, text) in [
        ("name", name), ("energy_uj", "\(energy)"), ("max_energy_range_uj", "262143328850"),
      ] {
        try Data("\(text)\n".utf8).write(to: place.appending(path: file))
      }
    }
    return folder
  }

  @Test func energyBetweenTwoCopiesIsExact() throws {
    let before = try Self.tree(package: 262_143_328_750, core: 10, memory: 5_000)
    let until = try Self.tree(package: 500, core: 17, memory: 5_123)
    let text = Outcome("doctor", "--sysfs", before.path, "--until", until.path)
    #expect(text.code == 0)
    #expect(text.output.contains("total: 723 µJ (sum of packages and DRAM)"))
    #expect(text.output.contains("package-0/core  not in the total"))

    let json = Outcome("doctor", "--json", "--sysfs", before.path, "--until", until.path)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let total = try #require(object["total"] as? [String: Any])
    #expect(total["provenance"] as? String == "measured")
    #expect(total["value"] as? Double == 723e-6)
    #expect(object["totalMicrojoules"] as? Int == 723)
    let zones = try #require(object["zones"] as? [[String: Any]])
    #expect(zones.map { $0["microjoules"] as? Int } == [600, 7, 123])
    #expect(zones.map { $0["joules"] as? Double } == [600e-6, 7e-6, 123e-6])
    #expect(zones.map { $0["counted"] as? Bool } == [true, false, true])
  }

  @Test func oneCopyListsItsZones() throws {
    let copy = try Self.tree(package: 1, core: 2, memory: 3)
    let outcome = Outcome("doctor", "--sysfs", copy.path)
    #expect(outcome.code == 0)
    #expect(outcome.output.contains("intel-rapl:0:1 package-0/dram  counted"))
    #expect(outcome.output.contains("absent         perf-power"))
  }

  @Test func refusals() throws {
    let copy = try Self.tree(package: 1, core: 2, memory: 3)
    let alone = Outcome("doctor", "--until", copy.path)
    #expect(alone.code == 64)
    #expect(alone.hasOneErrorLine)
    let missing = copy.path + "/nowhere"
    for arguments in [["--sysfs", missing], ["--sysfs", copy.path, "--until", missing]] {
      let outcome = Outcome(arguments: ["doctor"] + arguments)
      #expect(outcome.code == 1)
      #expect(outcome.hasOneErrorLine && outcome.error.contains(missing))
      #expect(outcome.output.isEmpty)
    }
  }

  @Test func whatIsNotCertainHasNoTotal() throws {
    let copy = try Self.tree(package: 1, core: 2, memory: 3)
    let other = try Self.tree(package: 1, core: 2, memory: 3)
    try FileManager.default.removeItem(
      at: copy.url.appending(path: "sys/class/powercap/intel-rapl:0/energy_uj"))
    let text = Outcome("doctor", "--sysfs", other.path, "--until", copy.path)
    #expect(text.code == 0 && text.output.contains("total: unavailable"))
    let json = Outcome("doctor", "--json", "--sysfs", other.path, "--until", copy.path)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(object["totalMicrojoules"] is NSNull)
    #expect((object["total"] as? [String: Any])?["provenance"] as? String == "unavailable")
    #expect((object["total"] as? [String: Any])?["value"] == nil)
  }
}
