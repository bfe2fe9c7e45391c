import Artifacts
import Metering
import Testing

@Suite struct PowerModelTests {
  @Test(arguments: [
    ("AuthenticAMD", 25, 0x01, "AMD Milan"), ("AuthenticAMD", 25, 0x11, "AMD Genoa"),
    ("AuthenticAMD", 25, 0xa0, "AMD Bergamo"), ("AuthenticAMD", 26, 0x02, "AMD Turin"),
    ("GenuineIntel", 6, 0x6a, "Intel Ice Lake-SP"),
    ("GenuineIntel", 6, 0x8f, "Intel Sapphire Rapids"),
    ("GenuineIntel", 6, 0xcf, "Intel Emerald Rapids"),
    ("GenuineIntel", 6, 0xad, "Intel Granite Rapids"),
  ])
  func rowByProcessor(vendor: String, family: Int, model: Int, row: String) {
    let processor = ProcessorIdentity(
      vendor: vendor, family: family, model: model, modelName: "", threads: 2, hypervisor: true)
    #expect(PowerModel.row(for: processor).processor == row)
    #expect(PowerModel.row(for: processor).known)
  }

  @Test func anUnknownProcessorGetsTheWidestBand() {
    let client = ProcessorIdentity(
      vendor: "AuthenticAMD", family: 25, model: 0x21, modelName: "", threads: 2,
      hypervisor: false)
    let row = PowerModel.row(for: client)
    #expect(!row.known)
    #expect(row.idle.low == 0.18 && row.idle.high == 1.68)
    #expect(row.full.low == 1.11 && row.full.high == 4.95)
  }
}

@Suite struct PowerModelMeterTests {
  static let turin = """
    processor : 0
    vendor_id : AuthenticAMD
    cpu family : 26
    model : 2
    model name : AMD EPYC
    flags : fpu hypervisor
    processor : 1
    vendor_id : AuthenticAMD
    """

  static func system(memoryKibibytes: Int = 1) -> FakeSystem {
    FakeSystem(files: [
      "/proc/cpuinfo": turin, "/proc/meminfo": "MemTotal:   \(memoryKibibytes) kB\n",
    ])
  }

  @Test func arithmeticOfTotalAndMarginal() throws {
    let system = Self.system()
    let meter = PowerModelMeter(system: system)
    #expect(meter.threads == 2)
    let start = try meter.snapshot()
    system.advance(Seconds(10), processor: Seconds(5))
    let end = try meter.snapshot()
    let total = try meter.energy(from: start, to: end)
    // 20 thread-seconds, 5 of them busy: 15·0.21 + 5·1.17.
    try expect(total, 15 * 0.21 + 5 * 1.17, 15 * 0.18 + 5 * 1.11, 15 * 0.35 + 5 * 1.97)
    let marginal = try meter.marginalEnergy(from: start, to: end)
    try expect(marginal, 5 * (1.17 - 0.21), 5 * (1.11 - 0.18), 5 * (1.97 - 0.35))
    #expect(total.provenance == .modelled && marginal.provenance == .modelled)
    #expect(total.source.contains("AMD Turin") && marginal.source.contains("marginal"))
  }

  @Test func busyTimeNeverExceedsAllThreads() throws {
    let system = Self.system()
    let meter = PowerModelMeter(system: system)
    let start = try meter.snapshot()
    system.advance(Seconds(1), processor: Seconds(9))
    try expect(
      try meter.energy(from: start, to: meter.snapshot()), 2 * 1.17, 2 * 1.11, 2 * 1.97)
  }

  @Test func reservedMemoryIsShownApart() throws {
    // 10 GB; the model's machines have 0.6 GB for each of 2 threads.
    let system = Self.system(memoryKibibytes: 9_765_625)
    let meter = PowerModelMeter(system: system)
    let reserved = try #require(meter.reservedMemoryPower.value)
    #expect(abs(reserved.value - 0.392 * (10 - 1.2)) < 1e-9)
    #expect(meter.reservedMemoryPower.provenance == .modelled)
    #expect(meter.reservedMemoryPower.source.contains("0.392 W"))
    let start = try meter.snapshot()
    system.advance(Seconds(1))
    let end = try meter.snapshot()
    try expect(try meter.energy(from: start, to: end), 0.42, 0.36, 0.70)
    #expect(try meter.marginalEnergy(from: start, to: end).value == .zero)
    #expect(meter.source.contains("memory beyond 1.2 GB shown apart"))
    let small = PowerModelMeter(system: Self.system(memoryKibibytes: 1_000))
    #expect(small.reservedMemoryPower.value == .zero)
    #expect(
      PowerModelMeter(system: FakeSystem()).reservedMemoryPower.provenance == .unavailable)
  }

  @Test func powerOfIdleAndBusyThreads() throws {
    let system = Self.system()
    let monitor = EnergyMonitor(meter: PowerModelMeter(system: system), system: system)
    #expect(abs(try #require(monitor.idlePower().value).value - 0.42) < 1e-12)
    #expect(abs(try #require(monitor.activePower(threads: 1).value).value - 1.38) < 1e-12)
    #expect(monitor.activePower(threads: 9) == monitor.activePower(threads: 2))
    #expect(monitor.idlePower().provenance == .modelled)
  }

  private func expect(
    _ figure: Figure<Joules>, _ value: Double, _ low: Double, _ high: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for (number, expected) in [(figure.value, value), (figure.low, low), (figure.high, high)] {
      let number = try #require(number, sourceLocation: sourceLocation)
      #expect(abs(number.value - expected) < 1e-9, sourceLocation: sourceLocation)
    }
  }
}
