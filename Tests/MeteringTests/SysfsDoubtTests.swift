import Artifacts
import Metering
import TestSupport
import Testing

/// Readings that a number could be made of, and that do not carry it.
@Suite struct SysfsDoubtTests {
  private typealias Zone = SysfsTree.Zone

  @Test func aCounterThatFellMayHaveBeenReset() throws {
    let before = try SysfsTree([
      Zone("intel-rapl:0", "package-0", 200_000_000_000), Zone("intel-rapl:0:0", "dram", 10),
    ])
    let until = try SysfsTree([
      Zone("intel-rapl:0", "package-0", 1_000_000), Zone("intel-rapl:0:0", "dram", 15),
    ])
    let result = try sysfsDifference(before: before.path, until: until.path)
    #expect(result.totalMicrojoules == 62_144_328_855)
    #expect(result.total.low == Joules(1.000_005))
    #expect(result.total.high == Joules(62_144.328_855))
    #expect(result.total.source.contains("wrapped"))
    #expect(result.notes.contains { $0.contains("intel-rapl:0") && $0.contains("reset") })
    #expect(result.zones.map { $0.problem?.contains("reset") } == [true, nil])
  }

  @Test(arguments: [(900, 5_000), (5_000, 5_001), (5_000, 900), (1_001, 1_000)])
  func aReadingAboveItsRangeIsNoEnergy(_ first: UInt64, _ second: UInt64) throws {
    let trees = try [first, second].map {
      try SysfsTree([
        Zone("intel-rapl:0", "package-0", $0, range: 1_000),
        Zone("intel-rapl:0:0", "core", 1, range: 1_000),
      ])
    }
    // A tree is removed with its last reference.
    try withExtendedLifetime(trees) {
      let result = try sysfsDifference(before: trees[0].path, until: trees[1].path)
      #expect(result.totalMicrojoules == nil)
      #expect(result.total.source.contains("above its max_energy_range_uj 1000"))
      #expect(result.zones.map(\.microjoules) == [nil, 0])
      let broken = try Doctor.diagnose(copy: (first > 1_000 ? trees[0] : trees[1]).path)
      #expect(broken.first?.status == .notSupported)
      #expect(broken.first?.evidence.contains("above its max_energy_range_uj") == true)
    }
  }

  /// Twenty times the zones take about twenty times as long; quadratic, it was four hundred.
  @Test func manyZonesTakeLinearTime() throws {
    func seconds(_ count: Int) throws -> Double {
      let trees = try [UInt64(5), 12].map { energy in
        try SysfsTree(
          [Zone("intel-rapl:0", "package-0", energy)]
            + (0..<count).map { Zone("intel-rapl:0:\(String($0, radix: 16))", "core", energy) })
      }
      return try withExtendedLifetime(trees) {
        let start = ContinuousClock.now
        let result = try sysfsDifference(before: trees[0].path, until: trees[1].path)
        #expect(result.zones.count == count + 1)
        #expect(result.totalMicrojoules == 7)
        return (ContinuousClock.now - start) / .seconds(1)
      }
    }
    let few = try (0..<3).map { _ in try seconds(100) }.min() ?? 0
    #expect(try seconds(2_000) < 100 * few)
  }

  /// Every zone leads to the folder of all zones: 40 in 40 in 40 in 40 places.
  @Test func linksThatLeadBackUpEnd() throws {
    let trees = try [UInt64(5), 12].map { energy in
      try SysfsTree(
        (0..<40).map { Zone("intel-rapl:\(String($0, radix: 16))", "package-\($0)", energy) })
    }
    for tree in trees {
      for number in 0..<40 {
        let name = "intel-rapl:\(String(number, radix: 16))"
        for other in 0..<40 {
          try tree.link(
            "\(SysfsTree.powercap)/\(name)/intel-rapl:\(String(other, radix: 16))", to: "..")
        }
      }
    }
    try withExtendedLifetime(trees) {
      let start = ContinuousClock.now
      let result = try sysfsDifference(before: trees[0].path, until: trees[1].path)
      #expect(result.totalMicrojoules == 40 * 7)
      #expect(ContinuousClock.now - start < .seconds(5))
    }
  }
}
