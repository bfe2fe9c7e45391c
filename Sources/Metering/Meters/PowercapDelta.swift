package import Artifacts

/// The energy between two copies of a powercap tree, exact to the microjoule.
package struct PowercapDelta: Codable, Hashable, Sendable {
  package struct Zone: Codable, Hashable, Sendable {
    /// Folder of the zone, for example "intel-rapl:0:1".
    package var id: String
    /// The kernel's name, with the package around it: "package-0", "package-0/dram".
    package var name: String
    package var microjoules: UInt64
    /// Whether the zone is part of the total; the others break it down or repeat it.
    package var counted: Bool
  }

  package var zones: [Zone]
  package var totalMicrojoules: UInt64
  /// How the counted zones were chosen, in words.
  package var rule: String

  package var total: Figure<Joules> {
    .measured(Joules(Double(totalMicrojoules) / 1e6), source: "RAPL through powercap: \(rule)")
  }
}

/// Joules per zone and in total between two copied sysfs trees.
///
/// Each folder is the powercap class folder itself, or a root that holds `sys/class/powercap` or
/// `class/powercap` (and, for AMD's mirrored dies, `proc/cpuinfo`). Counters wrap at most once,
/// because two copies without a clock cannot show more. Throws where a counted zone vanished, cannot
/// be read or went backwards without a stated range.
package func powercapDelta(before: String, until: String) throws(MeterError) -> PowercapDelta {
  let first = try PowercapTree(root: before)
  let second = try PowercapTree(root: until)
  let meter = first.meter
  var result = PowercapDelta(zones: [], totalMicrojoules: 0, rule: first.zones.rule)
  for zone in first.zones.zones {
    let counted = first.zones.counted.contains(zone)
    do throws(MeterError) {
      guard let later = second.zones.zones.first(where: { $0.id == zone.id }) else {
        throw MeterError(
          .inconsistent, meter: meter, detail: "zone \(zone.id) is missing in \(until)")
      }
      guard later.name == zone.name else {
        throw MeterError(
          .inconsistent, meter: meter,
          detail: "zone \(zone.id) is \(zone.name) in \(before) and \(later.name) in \(until)")
      }
      let energy = try powercapDelta(
        try first.counter(zone), try second.counter(zone), range: zone.range ?? later.range,
        zone: zone.id, meter: meter)
      result.zones.append(
        .init(id: zone.id, name: zone.fullName, microjoules: energy, counted: counted))
      if counted {
        result.totalMicrojoules = try sum(result.totalMicrojoules, energy, meter: meter)
      }
    } catch {
      // A breakdown that cannot be read does not touch the total.
      if counted { throw error }
    }
  }
  return result
}
