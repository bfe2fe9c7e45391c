import Artifacts
import Metering
import Testing

private typealias Zone = PowercapTree.Zone

/// Trees shaped as kernels make them, each with the exact microjoules between two copies.
@Suite struct PowercapDeltaTests {
  struct Machine: Sendable, CustomTestStringConvertible {
    var name: String
    var vendor: String?
    var nested = false
    /// Id, name, µJ before, µJ after, range.
    var zones: [(String, String, UInt64, UInt64, UInt64?)]
    var total: UInt64
    var counted: [String]
    var testDescription: String { name }
  }

  static let range: UInt64 = 262_143_328_850

  static let machines: [Machine] = [
    Machine(
      name: "Intel client", vendor: "GenuineIntel",
      zones: [
        ("intel-rapl:0", "package-0", 1_000, 5_000_001, range),
        ("intel-rapl:0:0", "core", 10, 4_000_000, range),
        ("intel-rapl:0:1", "uncore", 5, 6, range),
      ], total: 4_999_001, counted: ["intel-rapl:0"]),
    Machine(
      name: "server, two packages with DRAM", vendor: "GenuineIntel",
      zones: [
        ("intel-rapl:0", "package-0", 100, 1_100, range),
        ("intel-rapl:0:0", "dram", 7, 27, range),
        ("intel-rapl:1", "package-1", 200, 2_200, range),
        ("intel-rapl:1:0", "dram", 9, 39, range),
      ], total: 3_050,
      counted: ["intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1", "intel-rapl:1:0"]),
    Machine(
      name: "nested folders", vendor: "GenuineIntel", nested: true,
      zones: [
        ("intel-rapl:0", "package-0", 0, 11, range), ("intel-rapl:0:0", "dram", 0, 7, range),
      ], total: 18, counted: ["intel-rapl:0", "intel-rapl:0/intel-rapl:0:0"]),
    Machine(
      name: "psys alone", vendor: "GenuineIntel",
      zones: [
        ("intel-rapl:0", "package-0", 0, 1_000, range),
        ("intel-rapl:0:0", "dram", 0, 100, range), ("intel-rapl:1", "psys", 0, 3_000, range),
      ], total: 3_000, counted: ["intel-rapl:1"]),
    Machine(
      name: "mmio repeats", vendor: "GenuineIntel",
      zones: [
        ("intel-rapl-mmio:0", "package-0", 0, 999, range),
        ("intel-rapl-mmio:0:0", "dram", 0, 55, range),
        ("intel-rapl:0", "package-0", 0, 1_000, range),
      ], total: 1_055, counted: ["intel-rapl-mmio:0:0", "intel-rapl:0"]),
    Machine(
      name: "mmio alone", vendor: "GenuineIntel",
      zones: [("intel-rapl-mmio:0", "package-0", 1, 2, range)], total: 1,
      counted: ["intel-rapl-mmio:0"]),
    Machine(
      name: "AMD dies mirror their socket", vendor: "AuthenticAMD",
      zones: [
        ("intel-rapl:0", "package-0-die-0", 0, 500, range),
        ("intel-rapl:1", "package-0-die-1", 0, 501, range),
        ("intel-rapl:2", "package-1-die-0", 0, 600, range),
        ("intel-rapl:3", "package-1-die-1", 0, 601, range),
      ], total: 1_100, counted: ["intel-rapl:0", "intel-rapl:2"]),
    Machine(
      name: "Intel dies count for themselves", vendor: "GenuineIntel",
      zones: [
        ("intel-rapl:0", "package-0-die-0", 0, 500, range),
        ("intel-rapl:1", "package-0-die-1", 0, 501, range),
      ], total: 1_001, counted: ["intel-rapl:0", "intel-rapl:1"]),
    Machine(
      name: "dies of an unknown vendor", vendor: nil,
      zones: [
        ("intel-rapl:0", "package-0-die-0", 0, 500, range),
        ("intel-rapl:1", "package-0-die-1", 0, 500, range),
      ], total: 500, counted: ["intel-rapl:0"]),
    Machine(
      name: "hexadecimal ids", vendor: "GenuineIntel",
      zones: [
        ("intel-rapl:9", "package-9", 0, 1, range), ("intel-rapl:a", "package-10", 0, 2, range),
        ("intel-rapl:a:0", "dram", 0, 4, range), ("intel-rapl:10", "package-16", 0, 8, range),
      ], total: 15,
      counted: ["intel-rapl:10", "intel-rapl:9", "intel-rapl:a", "intel-rapl:a:0"]),
    Machine(
      name: "one wrap", vendor: "GenuineIntel",
      zones: [("intel-rapl:0", "package-0", range - 5, 7, range)], total: 12,
      counted: ["intel-rapl:0"]),
    Machine(
      name: "no stated maximum, no wrap", vendor: "GenuineIntel",
      zones: [("intel-rapl:0", "package-0", 3, 10, nil)], total: 7, counted: ["intel-rapl:0"]),
    Machine(
      name: "one package, DRAM of it only", vendor: "GenuineIntel",
      zones: [
        ("intel-rapl:0", "package-0", 0, 1_000_000, range),
        ("intel-rapl:0:0", "core", 0, 600_000, range),
        ("intel-rapl:0:1", "uncore", 0, 100_000, range),
        ("intel-rapl:0:2", "dram", 0, 250_000, range),
      ], total: 1_250_000, counted: ["intel-rapl:0", "intel-rapl:0:2"]),
  ]

  @Test(arguments: machines) func exactJoules(machine: Machine) throws {
    let before = try PowercapTree(
      machine.zones.map { Zone($0.0, $0.1, $0.2, range: $0.4) }, vendor: machine.vendor,
      nested: machine.nested)
    let until = try PowercapTree(
      machine.zones.map { Zone($0.0, $0.1, $0.3, range: $0.4) }, vendor: machine.vendor,
      nested: machine.nested)
    let delta = try powercapDelta(before: before.path, until: until.path)
    #expect(delta.totalMicrojoules == machine.total)
    #expect(delta.zones.filter(\.counted).map(\.id).sorted() == machine.counted)
    #expect(delta.zones.count == machine.zones.count)
    #expect(delta.total.provenance == .measured)
    #expect(delta.total.value == Joules(Double(machine.total) / 1e6))
    // The class folder itself is accepted too; without a vendor, AMD's rule decides about dies.
    if machine.name != "Intel dies count for themselves" {
      let inner = "/sys/class"
      #expect(
        try powercapDelta(before: before.path + inner, until: until.path + inner)
          .totalMicrojoules == machine.total)
      #expect(
        try powercapDelta(
          before: before.path + inner + "/powercap", until: until.path + inner + "/powercap"
        ).totalMicrojoules == machine.total)
    }
  }

  @Test func aVanishedZoneIsAnErrorAndNotZero() throws {
    let before = try PowercapTree([
      Zone("intel-rapl:0", "package-0", 0), Zone("intel-rapl:1", "package-1", 0),
    ])
    let until = try PowercapTree([Zone("intel-rapl:0", "package-0", 5)])
    expectKind(.inconsistent) { () throws(MeterError) in
      try powercapDelta(before: before.path, until: until.path)
    }
  }

  @Test func aVanishedBreakdownLeavesTheTotal() throws {
    let before = try PowercapTree([
      Zone("intel-rapl:0", "package-0", 0), Zone("intel-rapl:0:0", "core", 0),
    ])
    let until = try PowercapTree([Zone("intel-rapl:0", "package-0", 5)])
    let delta = try powercapDelta(before: before.path, until: until.path)
    #expect(delta.totalMicrojoules == 5)
    #expect(delta.zones.map(\.id) == ["intel-rapl:0"])
  }

  @Test func aMissingCounterIsAnErrorAndNotZero() throws {
    let before = try PowercapTree([Zone("intel-rapl:0", "package-0", 0)])
    let until = try PowercapTree([Zone("intel-rapl:0", "package-0", nil)])
    expectKind(.failedRead) { () throws(MeterError) in
      try powercapDelta(before: before.path, until: until.path)
    }
  }

  @Test func backwardsWithoutMaximumOrAboveItIsInvalid() throws {
    for range in [nil, 50] as [UInt64?] {
      let before = try PowercapTree([Zone("intel-rapl:0", "package-0", 100, range: range)])
      let until = try PowercapTree([Zone("intel-rapl:0", "package-0", 1, range: range)])
      expectKind(.inconsistent) { () throws(MeterError) in
        try powercapDelta(before: before.path, until: until.path)
      }
    }
  }

  @Test func hostileContentThrows() throws {
    let good = try PowercapTree([Zone("intel-rapl:0", "package-0", 1)])
    let text = try PowercapTree([Zone("intel-rapl:0", "package-0", 1)])
    try text.write("many\n", "sys/class/powercap/intel-rapl:0/energy_uj")
    expectKind(.malformed) { () throws(MeterError) in
      try powercapDelta(before: good.path, until: text.path)
    }
    let maximum = try PowercapTree([Zone("intel-rapl:0", "package-0", 1)])
    try maximum.write("-1\n", "sys/class/powercap/intel-rapl:0/max_energy_range_uj")
    expectKind(.malformed) { () throws(MeterError) in
      try powercapDelta(before: maximum.path, until: good.path)
    }
    let zero = try PowercapTree([
      Zone("intel-rapl:0", "package-0", 0), Zone("intel-rapl:1", "package-1", 0),
    ])
    let huge = try PowercapTree([
      Zone("intel-rapl:0", "package-0", .max), Zone("intel-rapl:1", "package-1", .max),
    ])
    expectKind(.malformed) { () throws(MeterError) in
      try powercapDelta(before: zero.path, until: huge.path)
    }
    expectKind(.absent) { () throws(MeterError) in
      try powercapDelta(before: "/nonexistent", until: good.path)
    }
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
