package import Artifacts

/// The sockets' energy as AMD's `amd_energy` driver reports it.
package struct HwmonMeter: EnergyMeter {
  package static let meterName = "hwmon"

  package let name = HwmonMeter.meterName
  package let source: String
  package let provenance = Provenance.measured
  package let resolution = Seconds(milliseconds: 1)
  package let interval = measuredInterval

  private let system: any SystemCalls
  private let counters: [HwmonCounters.Counter]

  /// Finds the sockets and reads each once. Throws `.absent` where no driver counts a processor's
  /// energy, `.permission` where a counter may not be read.
  package init(system: any SystemCalls) throws(MeterError) {
    self.system = system
    let all = try HwmonCounters(system: system, meter: Self.meterName).counters
    counters = all.filter(\.isSocket)
    guard !counters.isEmpty else {
      let others = Set(all.map(\.chip)).sorted().joined(separator: ", ")
      throw MeterError(
        .absent, meter: Self.meterName,
        detail: "\(HwmonCounters.folder) has no energy counter of a processor"
          + (others.isEmpty ? "" : ", only of \(others)"))
    }
    let names = counters.map { "\($0.id) \($0.label)" }.joined(separator: ", ")
    source = "AMD energy driver through hwmon: sum of sockets (\(names)), DRAM not counted"
    _ = try snapshot()
  }

  package func snapshot() throws(MeterError) -> EnergySnapshot {
    let time = system.now()
    var values: [String: UInt64] = [:]
    for counter in counters {
      values[counter.id] = try readCounter(
        system: system, path: "\(HwmonCounters.folder)/\(counter.id)_input", meter: name)
    }
    return EnergySnapshot(time: time, processorTime: system.processorTime(), counters: values)
  }

  package func energy(
    from start: EnergySnapshot, to end: EnergySnapshot
  ) throws(MeterError) -> Figure<Joules> {
    var total: UInt64 = 0
    for counter in counters {
      guard let last = start.counters[counter.id], let current = end.counters[counter.id] else {
        throw MeterError(
          .inconsistent, meter: name, detail: "\(counter.id) is missing in a snapshot")
      }
      total = try sum(
        total, try counterDelta(last, current, range: nil, zone: counter.id, meter: name),
        meter: name)
    }
    return measuredEnergy(
      Joules(Double(total) / 1e6), over: start.elapsed(to: end), resolution: resolution,
      source: source)
  }
}
