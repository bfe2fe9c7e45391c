import Foundation
import Testing

/// Pairs of trees shaped as kernels make them, with the exact microjoules between the two copies.
struct KernelTrees: Sendable, CustomTestStringConvertible {
  typealias Zone = SysfsTree.Zone
  /// Id, name, µJ before, µJ after, range.
  typealias Row = (String, String, UInt64, UInt64, UInt64?)

  var name: String
  var vendor: String? = "GenuineIntel"
  var layout = SysfsTree.Layout.flat
  var zones: [Row]
  /// More files of both copies, then of the later copy alone.
  var files: [String: String] = [:]
  var laterFiles: [String: String] = [:]
  /// Changes the later copy; its arguments are the earlier and the later one.
  var change: @Sendable (SysfsTree, SysfsTree) throws -> Void = { _, _ in }
  var total: UInt64
  var counted: [String]
  var testDescription: String { name }

  func make() throws -> (before: SysfsTree, until: SysfsTree) {
    let before = try SysfsTree(
      zones.map { Zone($0.0, $0.1, $0.2, range: $0.4) }, vendor: vendor, layout: layout,
      files: files)
    let until = try SysfsTree(
      zones.map { Zone($0.0, $0.1, $0.3, range: $0.4) }, vendor: vendor, layout: layout,
      files: files.merging(laterFiles) { $1 })
    try change(before, until)
    return (before, until)
  }

  static let range = SysfsTree.commonRange

  static let all: [KernelTrees] = intel + repeats + numbers + drivers

  private static let intel = [
    KernelTrees(
      name: "Intel client",
      zones: [
        ("intel-rapl:0", "package-0", 1_000, 5_000_001, range),
        ("intel-rapl:0:0", "core", 10, 4_000_000, range),
        ("intel-rapl:0:1", "uncore", 5, 6, range),
      ], total: 4_999_001, counted: ["intel-rapl:0"]),
    KernelTrees(
      name: "client with DRAM",
      zones: [
        ("intel-rapl:0", "package-0", 0, 1_000_000, range),
        ("intel-rapl:0:0", "core", 0, 600_000, range),
        ("intel-rapl:0:1", "uncore", 0, 100_000, range),
        ("intel-rapl:0:2", "dram", 0, 250_000, range),
      ], total: 1_250_000, counted: ["intel-rapl:0", "intel-rapl:0:2"]),
    KernelTrees(
      name: "server, two packages with DRAM",
      zones: [
        ("intel-rapl:0", "package-0", 100, 1_100, range),
        ("intel-rapl:0:0", "dram", 7, 27, range),
        ("intel-rapl:1", "package-1", 200, 2_200, range),
        ("intel-rapl:1:0", "dram", 9, 39, range),
      ], total: 3_050,
      counted: ["intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1", "intel-rapl:1:0"]),
    KernelTrees(
      name: "DRAM of one package only",
      zones: [
        ("intel-rapl:0", "package-0", 0, 10, range), ("intel-rapl:0:0", "dram", 0, 3, range),
        ("intel-rapl:1", "package-1", 0, 20, range),
      ], total: 33, counted: ["intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1"]),
    KernelTrees(
      name: "children in their parents' folders", layout: .nested,
      zones: [
        ("intel-rapl:0", "package-0", 0, 11, range), ("intel-rapl:0:0", "dram", 0, 7, range),
      ], total: 18, counted: ["intel-rapl:0", "intel-rapl:0/intel-rapl:0:0"]),
    KernelTrees(
      name: "devices behind links", layout: .links,
      zones: [
        ("intel-rapl:0", "package-0", 5, 16, range), ("intel-rapl:0:0", "core", 0, 9, range),
        ("intel-rapl:0:1", "dram", 3, 10, range),
      ], total: 18, counted: ["intel-rapl:0", "intel-rapl:0:1"]),
    KernelTrees(
      name: "devices without the class folder", layout: .links,
      zones: [("intel-rapl:0", "package-0", 5, 16, range)],
      change: { before, until in
        for tree in [before, until] { try tree.remove("sys/class") }
      }, total: 11, counted: ["intel-rapl/intel-rapl:0"]),
    KernelTrees(
      name: "psys alone",
      zones: [
        ("intel-rapl:0", "package-0", 0, 1_000, range),
        ("intel-rapl:0:0", "dram", 0, 100, range), ("intel-rapl:1", "psys", 0, 3_000, range),
      ], total: 3_000, counted: ["intel-rapl:1"]),
    KernelTrees(
      name: "psys of every package: the first stands for the machine",
      zones: [
        ("intel-rapl:0", "package-0", 0, 1_000, range), ("intel-rapl:1", "psys", 0, 5_000, range),
        ("intel-rapl:2", "package-1", 0, 1_000, range),
        ("intel-rapl:3", "psys-1", 0, 5_000, range),
      ], total: 5_000, counted: ["intel-rapl:1"]),
    KernelTrees(
      name: "psys that the board does not wire",
      zones: [
        ("intel-rapl:0", "package-0", 0, 1_000, range),
        ("intel-rapl:0:0", "dram", 0, 100, range), ("intel-rapl:1", "psys", 77, 77, range),
      ], total: 1_100, counted: ["intel-rapl:0", "intel-rapl:0:0"]),
    KernelTrees(
      name: "psys that cannot be read from the start",
      zones: [
        ("intel-rapl:0", "package-0", 0, 1_000, range), ("intel-rapl:1", "psys", 1, 2, range),
      ],
      change: { before, _ in try before.remove("\(SysfsTree.powercap)/intel-rapl:1/energy_uj") },
      total: 1_000, counted: ["intel-rapl:0"]),
  ]

  private static let repeats = [
    KernelTrees(
      name: "mmio repeats the package and brings its DRAM",
      zones: [
        ("intel-rapl-mmio:0", "package-0", 0, 999, range),
        ("intel-rapl-mmio:0:0", "dram", 0, 55, range),
        ("intel-rapl:0", "package-0", 0, 1_000, range),
      ], total: 1_055, counted: ["intel-rapl-mmio:0:0", "intel-rapl:0"]),
    KernelTrees(
      name: "mmio repeats package and DRAM",
      zones: [
        ("intel-rapl-mmio:0", "package-0", 0, 999, range),
        ("intel-rapl-mmio:0:0", "dram", 0, 55, range),
        ("intel-rapl:0", "package-0", 0, 1_000, range),
        ("intel-rapl:0:0", "core", 0, 700, range), ("intel-rapl:0:1", "dram", 0, 56, range),
      ], total: 1_056, counted: ["intel-rapl:0", "intel-rapl:0:1"]),
    KernelTrees(
      name: "mmio alone", zones: [("intel-rapl-mmio:0", "package-0", 1, 2, range)], total: 1,
      counted: ["intel-rapl-mmio:0"]),
    KernelTrees(
      name: "AMD, one socket", vendor: "AuthenticAMD",
      zones: [
        ("intel-rapl:0", "package-0", 10, 510, 65_532_610_987),
        ("intel-rapl:0:0", "core", 0, 300, 65_532_610_987),
      ], total: 500, counted: ["intel-rapl:0"]),
    KernelTrees(
      name: "AMD dies mirror their socket", vendor: "AuthenticAMD",
      zones: [
        ("intel-rapl:0", "package-0-die-0", 0, 500, range),
        ("intel-rapl:1", "package-0-die-1", 0, 501, range),
        ("intel-rapl:2", "package-1-die-0", 0, 600, range),
        ("intel-rapl:3", "package-1-die-1", 0, 601, range),
      ], total: 1_100, counted: ["intel-rapl:0", "intel-rapl:2"]),
    KernelTrees(
      name: "AMD dies, known by the processors' alias alone", vendor: nil,
      zones: [
        ("intel-rapl:0", "package-0-die-0", 0, 500, range),
        ("intel-rapl:0:0", "dram", 0, 1, range),
        ("intel-rapl:1", "package-0-die-1", 0, 501, range),
        ("intel-rapl:1:0", "dram", 0, 1, range),
      ],
      files: ["sys/devices/system/cpu/modalias": "cpu:type:x86,ven0002fam0017mod0001:feature:\n"],
      total: 501, counted: ["intel-rapl:0", "intel-rapl:0:0"]),
    KernelTrees(
      name: "Intel dies count for themselves",
      zones: [
        ("intel-rapl:0", "package-0-die-0", 0, 500, range),
        ("intel-rapl:1", "package-0-die-1", 0, 501, range),
      ], total: 1_001, counted: ["intel-rapl:0", "intel-rapl:1"]),
    KernelTrees(
      name: "dies of an unknown vendor with memory of their own", vendor: nil,
      zones: [
        ("intel-rapl:0", "package-0-die-0", 0, 500, range),
        ("intel-rapl:0:0", "dram", 0, 10, range),
        ("intel-rapl:1", "package-0-die-1", 0, 800, range),
        ("intel-rapl:1:0", "dram", 0, 20, range),
      ], total: 1_330,
      counted: ["intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1", "intel-rapl:1:0"]),
    KernelTrees(
      name: "dies of an unknown vendor", vendor: nil,
      zones: [
        ("intel-rapl:0", "package-0-die-0", 0, 500, range),
        ("intel-rapl:1", "package-0-die-1", 0, 500, range),
      ], total: 500, counted: ["intel-rapl:0"]),
  ]

  private static let numbers = [
    KernelTrees(
      name: "hexadecimal ids",
      zones: [
        ("intel-rapl:9", "package-9", 0, 1, range), ("intel-rapl:a", "package-10", 0, 2, range),
        ("intel-rapl:a:0", "dram", 0, 4, range), ("intel-rapl:10", "package-16", 0, 8, range),
      ], total: 15,
      counted: ["intel-rapl:10", "intel-rapl:9", "intel-rapl:a", "intel-rapl:a:0"]),
    KernelTrees(
      name: "one wrap", zones: [("intel-rapl:0", "package-0", range - 5, 7, range)], total: 12,
      counted: ["intel-rapl:0"]),
    KernelTrees(
      name: "every zone wraps at its own range",
      zones: [
        ("intel-rapl:0", "package-0", range, 0, range),
        ("intel-rapl:0:0", "dram", 65_712_999_612, 1, 65_712_999_613),
      ], total: 2, counted: ["intel-rapl:0", "intel-rapl:0:0"]),
    KernelTrees(
      name: "no stated maximum, no wrap", zones: [("intel-rapl:0", "package-0", 3, 10, nil)],
      total: 7, counted: ["intel-rapl:0"]),
    KernelTrees(
      name: "maximum in the later copy only",
      zones: [("intel-rapl:0", "package-0", range - 1, 1, nil)],
      laterFiles: ["\(SysfsTree.powercap)/intel-rapl:0/max_energy_range_uj": "\(range)\n"],
      total: 2, counted: ["intel-rapl:0"]),
    KernelTrees(
      name: "maximum that is no number, no wrap",
      zones: [("intel-rapl:0", "package-0", 3, 10, nil)],
      files: ["\(SysfsTree.powercap)/intel-rapl:0/max_energy_range_uj": "-1\n"],
      total: 7, counted: ["intel-rapl:0"]),
    KernelTrees(
      name: "counters of 64 bits, spaces and no line end",
      zones: [("intel-rapl:0", "package-0", 0, 0, nil)],
      files: ["\(SysfsTree.powercap)/intel-rapl:0/energy_uj": " 18446744073709551000 "],
      laterFiles: ["\(SysfsTree.powercap)/intel-rapl:0/energy_uj": "18446744073709551615"],
      total: 615, counted: ["intel-rapl:0"]),
    KernelTrees(
      name: "zones numbered anew between the copies",
      zones: [
        ("intel-rapl:0", "package-0", 0, 10, range), ("intel-rapl:0:0", "dram", 0, 1, range),
        ("intel-rapl:1", "package-1", 0, 1_000, range), ("intel-rapl:1:0", "dram", 0, 100, range),
      ],
      change: { _, until in
        let zones = SysfsTree.powercap
        for (zone, package) in [("intel-rapl:0", "package-1"), ("intel-rapl:1", "package-0")] {
          try until.write(package, "\(zones)/\(zone)/name")
        }
      }, total: 1_111,
      counted: ["intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1", "intel-rapl:1:0"]),
    KernelTrees(
      name: "a breakdown vanishes",
      zones: [
        ("intel-rapl:0", "package-0", 0, 5, range), ("intel-rapl:0:0", "core", 0, 3, range),
      ], change: { _, until in try until.remove("\(SysfsTree.powercap)/intel-rapl:0:0") },
      total: 5, counted: ["intel-rapl:0"]),
  ]

  private static let drivers = [
    KernelTrees(
      name: "amd_energy beside no powercap, numbered anew", vendor: "AuthenticAMD", zones: [],
      change: { before, until in
        for (tree, chip, energies) in [(before, 2, [10, 20, 5]), (until, 4, [110, 320, 35])] {
          let place = "sys/class/hwmon/hwmon\(chip)"
          try tree.write("amd_energy\n", "\(place)/name")
          for (index, label) in ["Esocket0", "Esocket1", "Ecore000"].enumerated() {
            try tree.write("\(label)\n", "\(place)/energy\(index + 1)_label")
            try tree.write("\(energies[index])\n", "\(place)/energy\(index + 1)_input")
          }
        }
      }, total: 400, counted: ["hwmon2/energy1", "hwmon2/energy2"]),
    KernelTrees(
      name: "graphics in hwmon are not the processor's",
      zones: [("intel-rapl:0", "package-0", 0, 5, range)],
      files: [
        "sys/class/hwmon/hwmon1/name": "i915\n", "sys/class/hwmon/hwmon1/energy1_input": "0\n",
      ], laterFiles: ["sys/class/hwmon/hwmon1/energy1_input": "900\n"],
      total: 5, counted: ["intel-rapl:0"]),
    KernelTrees(
      name: "perf PMU with scale files beside powercap",
      zones: [("intel-rapl:0", "package-0", 1, 6, range)],
      files: Dictionary(
        uniqueKeysWithValues: PerfPowerMeterTests.files().map {
          (String($0.key.dropFirst()), $0.value)
        }), total: 5, counted: ["intel-rapl:0"]),
  ]
}
