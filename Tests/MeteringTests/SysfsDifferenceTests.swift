import Artifacts
import Foundation
import Metering
import TestSupport
import Testing

@Suite struct SysfsDifferenceTests {
  private typealias Zone = SysfsTree.Zone

  @Test(arguments: KernelTrees.all) func exactJoules(machine: KernelTrees) throws {
    let (before, until) = try machine.make()
    let result = try sysfsDifference(before: before.path, until: until.path)
    #expect(result.totalMicrojoules == machine.total)
    #expect(result.zones.filter(\.counted).map(\.id).sorted() == machine.counted)
    #expect(result.total.provenance == .measured)
    #expect(result.total.value == Joules(Double(machine.total) / 1e6))
    // A copy of /sys alone serves too, and so does its class folder behind a full path.
    for part in ["/sys", "/sys/class"]
    where FileManager.default.fileExists(atPath: before.path + part) {
      let inner = try sysfsDifference(before: before.path + part, until: until.path + part)
      #expect(inner.totalMicrojoules == machine.total, "\(part)")
    }
  }

  @Test func enoughTrees() { #expect(KernelTrees.all.count >= 20) }

  @Test func theSumOfEveryZoneIsReported() throws {
    let machine = try #require(KernelTrees.all.first { $0.name == "client with DRAM" })
    let (before, until) = try machine.make()
    let result = try sysfsDifference(before: before.path, until: until.path)
    #expect(result.zones.map(\.microjoules) == [1_000_000, 600_000, 100_000, 250_000])
    #expect(result.rule == "sum of packages and DRAM")
  }

  @Test func partsOfATreeMovedElsewhere() throws {
    for (part, content) in [
      ("sys", "sys"), ("class", "sys/class"), ("powercap", "sys/class/powercap"),
    ] {
      let trees = try [UInt64(10), 25].map {
        try SysfsTree([Zone("intel-rapl:0", "package-0", $0)])
      }
      // A tree is removed with its last reference.
      try withExtendedLifetime(trees) {
        let folders = try trees.map { tree in
          let moved = tree.folder.url.appending(path: "copy-of-\(part)")
          try FileManager.default.moveItem(
            at: tree.folder.url.appending(path: content), to: moved)
          return moved.path
        }
        let result = try sysfsDifference(before: folders[0], until: folders[1])
        #expect(result.totalMicrojoules == 15, "\(part)")
      }
    }
  }

  /// What happens to a later copy of one package with DRAM; each leaves no certain total.
  static let hostile: [(String, @Sendable (SysfsTree) throws -> Void)] = [
    ("package vanishes", { try $0.remove("\(zones)/intel-rapl:0") }),
    ("DRAM vanishes", { try $0.remove("\(zones)/intel-rapl:0:0") }),
    ("everything vanishes", { try $0.remove("sys") }),
    ("counter vanishes", { try $0.remove(counter) }),
    ("name vanishes", { try $0.remove("\(zones)/intel-rapl:0/name") }),
    ("counter is a folder", { try $0.makeFolder(counter) }),
    ("counter is a link to itself", { try $0.link(counter, to: "energy_uj") }),
    ("counter is a link to nothing", { try $0.link(counter, to: "../gone") }),
    ("counter is a link to the running machine", { try $0.link(counter, to: "/proc/uptime") }),
    ("counter is a link far up", { try $0.link(counter, to: "../../../../../../../proc/uptime") }),
    (
      "counter is a pipe",
      { tree in
        try tree.remove(counter)
        #expect(mkfifo(tree.path + "/" + counter, 0o600) == 0)
      }
    ),
    ("counter is huge", { try $0.write(String(repeating: "1", count: 9_000_000), counter) }),
    ("counter is empty", { try $0.write("", counter) }),
    ("counter is text", { try $0.write("many\n", counter) }),
    ("counter is negative", { try $0.write("-5\n", counter) }),
    ("counter has a sign", { try $0.write("+5000\n", counter) }),
    ("counter has a point", { try $0.write("5000.5\n", counter) }),
    ("counter is hexadecimal", { try $0.write("0xffff\n", counter) }),
    ("counter is two numbers", { try $0.write("5000 6000\n", counter) }),
    ("counter is two lines", { try $0.write("5000\n6000\n", counter) }),
    ("counter holds a zero byte", { try $0.write("5000\u{0}\n", counter) }),
    ("counter is above 64 bits", { try $0.write("18446744073709551616\n", counter) }),
    ("counter in other digits", { try $0.write("５０００\n", counter) }),
    (
      "the sum is above 64 bits",
      { tree in
        try tree.write("18446744073709551615\n", counter)
        try tree.write("18446744073709551615\n", "\(zones)/intel-rapl:0:0/energy_uj")
      }
    ),
    (
      "wrapped, and the range changed",
      { tree in
        try tree.write("1\n", counter)
        try tree.write("5000\n", "\(zones)/intel-rapl:0/max_energy_range_uj")
      }
    ),
    (
      "a package appears",
      { tree in
        try tree.write("package-1\n", "\(zones)/intel-rapl:1/name")
        try tree.write("7\n", "\(zones)/intel-rapl:1/energy_uj")
      }
    ),
    (
      "another zone stands in its place",
      { try $0.write("package-7\n", "\(zones)/intel-rapl:0/name") }
    ),
  ]
  static let zones = SysfsTree.powercap
  static let counter = "\(zones)/intel-rapl:0/energy_uj"

  @Test(arguments: hostile.indices) func noTotalInsteadOfAWrongOne(index: Int) throws {
    let (name, change) = Self.hostile[index]
    func tree() throws -> SysfsTree {
      try SysfsTree([Zone("intel-rapl:0", "package-0", 1_000), Zone("intel-rapl:0:0", "dram", 10)])
    }
    let (before, until) = (try tree(), try tree())
    try change(until)
    let result = try sysfsDifference(before: before.path, until: until.path)
    #expect(result.totalMicrojoules == nil, "\(name)")
    #expect(result.total.provenance == .unavailable && result.total.value == nil, "\(name)")
    #expect(!result.total.source.isEmpty)
    // The other way round nothing traps either.
    _ = try sysfsDifference(before: until.path, until: before.path)
  }

  @Test func backwardsWithoutMaximumOrAboveItIsInvalid() throws {
    for range in [nil, 0, 50] as [UInt64?] {
      let before = try SysfsTree([Zone("intel-rapl:0", "package-0", 100, range: range)])
      let until = try SysfsTree([Zone("intel-rapl:0", "package-0", 1, range: range)])
      let result = try sysfsDifference(before: before.path, until: until.path)
      #expect(result.total.provenance == .unavailable)
      #expect(result.zones[0].problem?.contains("intel-rapl:0") == true)
    }
  }

  @Test func zonesOfWhichNobodyKnowsWhatTheyAre() throws {
    func pair(_ change: (SysfsTree) throws -> Void) throws -> SysfsDifference {
      let trees = try [UInt64(0), 9].map { energy in
        let tree = try SysfsTree([
          Zone("intel-rapl:0", "package-0", energy), Zone("intel-rapl:1", "package-1", energy),
          Zone("intel-rapl:1:0", "dram", energy),
        ])
        try change(tree)
        return tree
      }
      return try withExtendedLifetime(trees) {
        try sysfsDifference(before: trees[0].path, until: trees[1].path)
      }
    }
    #expect(try pair { try $0.remove("\(Self.zones)/intel-rapl:1:0/name") }.totalMicrojoules == nil)
    #expect(try pair { try $0.remove("\(Self.zones)/intel-rapl:1") }.totalMicrojoules == nil)
    let odd = try pair { try $0.write("soup\n", "\(Self.zones)/intel-rapl:1/name") }
    #expect(odd.notes.contains { $0.contains("soup") })
  }

  /// A reader that is not root meets files it may not read.
  @Test(.enabled(if: geteuid() != 0)) func unreadableCounters() throws {
    let trees = try [UInt64(0), 9].map { try SysfsTree([Zone("intel-rapl:0", "package-0", $0)]) }
    for tree in trees { chmod(tree.path + "/" + Self.counter, 0) }
    let result = try sysfsDifference(before: trees[0].path, until: trees[1].path)
    #expect(result.totalMicrojoules == nil)
    #expect(result.total.source.contains("EACCES"))
  }

  @Test func twoCopiesWithoutAnySource() throws {
    let tree = try SysfsTree([])
    let result = try sysfsDifference(before: tree.path, until: tree.path)
    #expect(result.zones.isEmpty && result.total.provenance == .unavailable)
    expectKind(.absent) { () throws(MeterError) in
      try sysfsDifference(before: "/nonexistent", until: tree.path)
    }
  }

  @Test func aVanishedSocketOfTheDriverIsAnError() throws {
    let machine = try #require(KernelTrees.all.first { $0.name.hasPrefix("amd_energy") })
    let (before, until) = try machine.make()
    try until.remove("sys/class/hwmon/hwmon4/energy2_input")
    #expect(
      try sysfsDifference(before: before.path, until: until.path).totalMicrojoules == nil)
  }
}

/// Expects that `body` throws a meter error of one kind.
func expectKind<T>(
  _ kind: MeterError.Kind, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws(MeterError) -> T
) {
  do throws(MeterError) {
    _ = try body()
    Issue.record("did not throw", sourceLocation: sourceLocation)
  } catch {
    #expect(error.kind == kind, "\(error)", sourceLocation: sourceLocation)
  }
}
