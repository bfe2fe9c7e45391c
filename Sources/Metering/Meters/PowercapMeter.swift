package import Artifacts

/// RAPL counters through `/sys/class/powercap`.
package struct PowercapMeter: EnergyMeter {
  package static let meterName = "powercap"
  /// energy_uj is readable by root only since CVE-2020-8694, so that is what to change, not its mode.
  static let remedy =
    "run as root, or give this process CAP_PERFMON so that the perf power PMU can be read instead"
  /// Above any single zone; bounds the time in which a counter can wrap.
  static let maximumPower = Watts(1_000)
  /// Smallest range that kernels report (32-bit register in units of 15.3 µJ), in microjoules.
  static let smallestRange: UInt64 = 65_532_610_987

  package let name = PowercapMeter.meterName
  package let source: String
  package let provenance = Provenance.measured
  package let resolution = Seconds(milliseconds: 1)
  package let interval = measuredInterval

  private let system: any SystemCalls
  private let folder: String
  private let zones: [PowercapZones.Zone]

  /// Finds the zones and reads each counter once.
  ///
  /// Throws `.absent` without powercap, `.permission` where a counter may not be read.
  package init(system: any SystemCalls, folder: String = "/sys/class/powercap") throws(MeterError) {
    self.system = system
    self.folder = folder
    let zones = try PowercapZones(system: system, folder: folder, meter: Self.meterName).zones
    func counter(_ zone: PowercapZones.Zone) throws(MeterError) -> UInt64 {
      try readCounter(
        system: system, path: "\(folder)/\(zone.id)/energy_uj", meter: Self.meterName)
    }
    let selection = try PowercapSelection(
      zones, mirroredDies: ProcessorIdentity(system: system).mirrorsDies, meter: Self.meterName
    ) { zone in
      guard let energy = try? counter(zone) else { return false }
      // Boards that do not wire the platform counter leave it at 0.
      return !(zone.isPlatform && energy == 0)
    }
    self.zones = selection.counted
    let names = selection.counted.map(\.id).joined(separator: ", ")
    source = "RAPL through powercap: \(selection.rule) (\(names))"
    let first = try snapshot()
    if let zone = zones.first, zone.isPlatform, first.counters[zone.id] == 0 {
      throw MeterError(
        .absent, meter: Self.meterName,
        detail: "the only zone, \(zone.id) psys, reads 0: this board does not wire it")
    }
  }

  package var longestWindow: Seconds? {
    let range = zones.map { $0.range ?? Self.smallestRange }.min() ?? Self.smallestRange
    return Seconds(Double(range) * 1e-6 / Self.maximumPower.value)
  }

  package func snapshot() throws(MeterError) -> EnergySnapshot {
    var counters: [String: UInt64] = [:]
    let time = system.now()
    for zone in zones {
      counters[zone.id] = try readCounter(
        system: system, path: "\(folder)/\(zone.id)/energy_uj", meter: Self.meterName)
    }
    return EnergySnapshot(
      time: time, processorTime: system.processorTime(), counters: counters)
  }

  package func energy(
    from start: EnergySnapshot, to end: EnergySnapshot
  ) throws(MeterError) -> Figure<Joules> {
    let elapsed = start.elapsed(to: end)
    guard elapsed >= .zero else {
      throw MeterError(.inconsistent, meter: name, detail: "the window ends before it starts")
    }
    var total: UInt64 = 0
    for zone in zones {
      let limit = Seconds(
        Double(zone.range ?? Self.smallestRange) * 1e-6 / Self.maximumPower.value)
      guard elapsed <= limit else {
        throw MeterError(
          .ambiguousGap, meter: name,
          detail: "\(zone.id) may have wrapped more than once in \(elapsed.value) s",
          remedy: "read it at least every \(limit.value) s")
      }
      guard let last = start.counters[zone.id], let current = end.counters[zone.id] else {
        throw MeterError(.inconsistent, meter: name, detail: "\(zone.id) is missing in a snapshot")
      }
      let energy = try counterDelta(last, current, range: zone.range, zone: zone.id, meter: name)
      total = try sum(total, energy, meter: name)
    }
    return measuredEnergy(
      Joules(Double(total) / 1e6), over: elapsed, resolution: resolution, source: source)
  }
}
