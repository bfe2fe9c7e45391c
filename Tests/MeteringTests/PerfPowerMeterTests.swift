import Artifacts
import Foundation
import Metering
import Synchronization
import Testing

@Suite struct PerfPowerMeterTests {
  static let folder = "/sys/bus/event_source/devices/power"
  static let scale = 2.3283064365386962890625e-10

  static func files(
    events: [String] = ["energy-pkg", "energy-cores", "energy-ram"], cpumask: String = "0,18"
  ) -> [String: String] {
    var files = ["\(folder)/type": "9\n", "\(folder)/cpumask": "\(cpumask)\n"]
    for (index, event) in events.enumerated() {
      files["\(folder)/events/\(event)"] = "event=0x0\(index + 1)\n"
      files["\(folder)/events/\(event).scale"] = "2.3283064365386962890625e-10\n"
      files["\(folder)/events/\(event).unit"] = "Joules\n"
    }
    return files
  }

  @Test func packagesAndMemoryOnEveryPackage() throws {
    let system = FakeSystem(files: Self.files()) { events in
      [UInt64(events[0].request.attribute.config) << 32]
    }
    let meter = try PerfPowerMeter(system: system)
    let requests = system.openRequests
    #expect(requests.map(\.processor) == [0, 18, 0, 18])
    #expect(requests.map(\.attribute.config) == [1, 1, 3, 3])
    for request in requests {
      #expect(request.thread == -1 && request.attribute.type == 9 && !request.grouped)
      #expect(!request.attribute.excludeKernel && !request.attribute.excludeUser)
    }
    let start = EnergySnapshot(
      time: 0,
      counters: ["energy-pkg@0": 0, "energy-pkg@18": 0, "energy-ram@0": 0, "energy-ram@18": 0])
    // 2³² counts of 2⁻³² J are exactly one joule.
    let energy = try meter.energy(from: start, to: meter.snapshot())
    #expect(energy.value == Joules(1 + 1 + 3 + 3))
    #expect(energy.provenance == .measured)
  }

  @Test func platformCounterStandsAlone() throws {
    let system = FakeSystem(files: Self.files(events: ["energy-pkg", "energy-psys"])) { _ in [1] }
    _ = try PerfPowerMeter(system: system)
    #expect(system.openRequests.map(\.name) == ["power/energy-psys/"])
    #expect(system.stillOpen == 0)
  }

  @Test(arguments: [("AuthenticAMD", [0, 8]), ("GenuineIntel", [0, 4, 8]), ("", [0, 4, 8])])
  func diesOfOneSocketCountOnceWhereTheyMirrorIt(vendor: String, processors: [Int32]) throws {
    var files = Self.files(events: ["energy-pkg"], cpumask: "0,4,8")
    files["/proc/cpuinfo"] = "processor : 0\nvendor_id : \(vendor)\n"
    for (processor, socket) in [(0, 0), (4, 0), (8, 1)] {
      let topology = "/sys/devices/system/cpu/cpu\(processor)/topology"
      files["\(topology)/physical_package_id"] = "\(socket)\n"
    }
    let system = FakeSystem(files: files) { _ in [1] }
    _ = try PerfPowerMeter(system: system)
    #expect(system.openRequests.map(\.processor) == processors)
  }

  @Test func aRangeOfProcessors() throws {
    let system = FakeSystem(files: Self.files(events: ["energy-pkg"], cpumask: "0-2")) { _ in [1] }
    let meter = try PerfPowerMeter(system: system)
    #expect(meter.source.contains("energy-pkg@2"))
    #expect(system.openRequests.map(\.processor) == [0, 1, 2])
  }

  @Test(arguments: [
    (EACCES, MeterError.Kind.permission), (EPERM, .permission), (ENOENT, .absent),
    (ENODEV, .absent), (EMFILE, .absent), (EOPNOTSUPP, .notSupported), (EINVAL, .notSupported),
    (EBUSY, .absent), (ENOSPC, .absent),
  ])
  func refusedOpens(code: Int32, kind: MeterError.Kind) {
    let system = FakeSystem(
      files: Self.files(), openErrors: ["power/energy-ram/": code], readWords: { _ in [1] })
    expectKind(kind) { () throws(MeterError) in try PerfPowerMeter(system: system) }
    #expect(system.stillOpen == 0, "what was opened before the refusal is closed")
  }

  @Test func absentAndMalformedFiles() {
    expectKind(.absent) { () throws(MeterError) in try PerfPowerMeter(system: FakeSystem()) }
    for (path, text) in [
      ("type", "x"), ("cpumask", "0-"), ("cpumask", "3-1"), ("cpumask", ""), ("cpumask", "0,,1"),
      ("cpumask", "0-1-2"),
      ("type", "-1"), ("type", "99999999999"), ("events/energy-pkg", "event=0x"),
      ("events/energy-pkg", "event=0x-1"), ("events/energy-pkg.scale", "0"),
      ("events/energy-pkg", "umask=1"), ("events/energy-pkg.unit", "Watts"),
      ("events/energy-pkg.scale", "-1"), ("events/energy-pkg.scale", "nan"),
    ] {
      let system = FakeSystem(files: Self.files())
      system.write(text, to: "\(Self.folder)/\(path)")
      expectKind(.malformed) { () throws(MeterError) in try PerfPowerMeter(system: system) }
    }
    let unpackaged = FakeSystem(files: Self.files(events: ["energy-gpu"]))
    expectKind(.absent) { () throws(MeterError) in try PerfPowerMeter(system: unpackaged) }
  }

  @Test func failedShortAndBackwardReads() throws {
    let failing = FakeSystem(files: Self.files()) { _ throws(SystemError) in
      throw SystemError(operation: "read", subject: "event", errno: EIO)
    }
    let meter = try PerfPowerMeter(system: failing)
    expectKind(.failedRead) { () throws(MeterError) in try meter.snapshot() }
    let short = try PerfPowerMeter(system: FakeSystem(files: Self.files()) { _ in [] })
    expectKind(.failedRead) { () throws(MeterError) in try short.snapshot() }
    let single = try PerfPowerMeter(
      system: FakeSystem(files: Self.files(events: ["energy-pkg"], cpumask: "0")) { _ in [4] })
    expectKind(.inconsistent) { () throws(MeterError) in
      try single.energy(
        from: EnergySnapshot(time: 0, counters: ["energy-pkg@0": 5]), to: single.snapshot())
    }
    expectKind(.inconsistent) { () throws(MeterError) in
      try single.energy(from: EnergySnapshot(time: 0), to: single.snapshot())
    }
  }

  @Test func registryPrefersPerfThenPowercapThenModel() {
    var files = Self.files()
    let powercap = PowercapMeterTests.folder
    files["\(powercap)/intel-rapl:0/name"] = "package-0"
    files["\(powercap)/intel-rapl:0/energy_uj"] = "1"
    let counter = Mutex(UInt64(0))
    let all = FakeSystem(files: files) { _ in
      counter.withLock { value in
        value += 1
        return [value]
      }
    }
    all.tick("\(powercap)/intel-rapl:0/energy_uj", from: 1, by: 1)
    #expect(availableMeters(system: all).map(\.name) == ["perf-power", "powercap", "power-model"])
    #expect(bestMeter(system: all).provenance == .measured)
    let refused = FakeSystem(files: files, openErrors: ["power/energy-pkg/": EACCES])
    refused.tick("\(powercap)/intel-rapl:0/energy_uj", from: 1, by: 1)
    #expect(bestMeter(system: refused).name == "powercap")
    // A counter that never moves is no meter.
    let still = FakeSystem(files: files) { _ in [1] }
    #expect(availableMeters(system: still).map(\.name) == ["power-model"])
    #expect(bestMeter(system: FakeSystem()).name == "power-model")
  }
}
