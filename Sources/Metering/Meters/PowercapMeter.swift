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

  private let system: any SystemCalls
  private let folder: String
  private let zones: PowercapZones

  /// Finds the zones and reads each counter once.
  ///
  /// Throws `.absent` without powercap, `.permission` where a counter may not be read.
  package init(system: any SystemCalls, folder: String = "/sys/class/powercap") throws(MeterError) {
    self.system = system
    self.folder = folder
    zones = try PowercapZones(
      system: system, folder: folder, meter: Self.meterName,
      mirroredDies: ProcessorIdentity(system: system).mirrorsDies)
    source =
      "RAPL through powercap: \(zones.rule) (\(zones.counted.map(\.id).joined(separator: ", ")))"
    _ = try snapshot()
  }

  package var longestWindow: Seconds? {
    let range = zones.counted.map { $0.range ?? Self.smallestRange }.min() ?? Self.smallestRange
    return Seconds(Double(range) * 1e-6 / Self.maximumPower.value)
  }

  package func snapshot() throws(MeterError) -> EnergySnapshot {
    var counters: [String: UInt64] = [:]
    let time = system.now()
    for zone in zones.counted {
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
    for zone in zones.counted {
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
      let energy = try powercapDelta(
        last, current, range: zone.range, zone: zone.id, meter: name)
      total = try sum(total, energy, meter: name)
    }
    return .measured(Joules(Double(total) / 1e6), source: source)
  }
}

/// The sum of two counts, which a hostile file could make too large.
func sum(_ left: UInt64, _ right: UInt64, meter: String) throws(MeterError) -> UInt64 {
  let (total, overflow) = left.addingReportingOverflow(right)
  guard !overflow else {
    throw MeterError(.malformed, meter: meter, detail: "the zones add up to more than 64 bits")
  }
  return total
}

/// One `energy_uj`, in microjoules.
func readCounter(
  system: any SystemCalls, path: String, meter: String
) throws(MeterError) -> UInt64 {
  let text: String
  do { text = try system.text(of: path).trimmed } catch {
    throw MeterError(meter: meter, error, remedy: PowercapMeter.remedy)
  }
  guard let value = UInt64(text) else {
    throw MeterError(
      .malformed, meter: meter, detail: "\(path) holds \"\(text)\", not a number of microjoules")
  }
  return value
}
