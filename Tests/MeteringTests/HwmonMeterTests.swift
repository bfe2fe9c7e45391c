import Artifacts
import Foundation
import Metering
import Testing

@Suite struct HwmonMeterTests {
  static let chip = "/sys/class/hwmon/hwmon3"

  static func system(labels: [String] = ["Ecore000", "Esocket0", "Esocket1"]) -> FakeSystem {
    var files = ["\(chip)/name": "amd_energy\n", "/sys/class/hwmon/hwmon1/name": "nvme\n"]
    for (index, label) in labels.enumerated() {
      files["\(chip)/energy\(index + 1)_label"] = "\(label)\n"
      files["\(chip)/energy\(index + 1)_input"] = "\(1_000 * (index + 1))\n"
    }
    return FakeSystem(files: files)
  }

  @Test func socketsAddUpAndCoresDoNot() throws {
    let system = Self.system()
    let meter = try HwmonMeter(system: system)
    let start = try meter.snapshot()
    #expect(start.counters == ["hwmon3/energy2": 2_000, "hwmon3/energy3": 3_000])
    system.write("1002000\n", to: "\(Self.chip)/energy2_input")
    system.write("503000\n", to: "\(Self.chip)/energy3_input")
    system.advance(Seconds(1))
    let energy = try meter.energy(from: start, to: meter.snapshot())
    #expect(energy.value == Joules(1.5) && energy.provenance == .measured)
    #expect(energy.source.contains("Esocket1") && energy.source.contains("DRAM not counted"))
  }

  @Test func everyWayItCanBeMissing() throws {
    expectKind(.absent) { () throws(MeterError) in try HwmonMeter(system: FakeSystem()) }
    expectKind(.absent) { () throws(MeterError) in
      try HwmonMeter(system: Self.system(labels: ["Ecore000"]))
    }
    for (code, kind) in [(EACCES, MeterError.Kind.permission), (EIO, .failedRead)] {
      let system = Self.system()
      system.fail("\(Self.chip)/energy2_input", errno: code)
      expectKind(kind) { () throws(MeterError) in try HwmonMeter(system: system) }
    }
    let folder = Self.system()
    folder.fail("/sys/class/hwmon", errno: EACCES)
    expectKind(.permission) { () throws(MeterError) in try HwmonMeter(system: folder) }
  }

  @Test func aDriverLoadedAnewOrGoneInvalidatesTheWindow() throws {
    let system = Self.system()
    let meter = try HwmonMeter(system: system)
    let start = try meter.snapshot()
    system.write("1\n", to: "\(Self.chip)/energy2_input")
    let backwards = try meter.snapshot()
    expectKind(.inconsistent) { () throws(MeterError) in
      try meter.energy(from: start, to: backwards)
    }
    expectKind(.inconsistent) { () throws(MeterError) in
      try meter.energy(from: start, to: EnergySnapshot(time: 5))
    }
    system.write("soup\n", to: "\(Self.chip)/energy2_input")
    expectKind(.malformed) { () throws(MeterError) in try meter.snapshot() }
    system.fail("\(Self.chip)/energy2_input", errno: ENOENT)
    expectKind(.failedRead) { () throws(MeterError) in try meter.snapshot() }
  }
}
