import Foundation

/// One copied sysfs tree: where its parts are, and what can be read in them.
///
/// Links lead to places inside the copy; nothing is read from the running machine.
struct SysfsCopy: Sendable {
  let system: LinuxSystem
  /// Stands before every error of this tree.
  let meter: String

  /// Takes a copy of `/`, of `/sys`, of `/sys/class` or of one class folder.
  ///
  /// Throws where `folder` is no folder that can be listed.
  init(folder: String) throws(MeterError) {
    meter = "copy \(folder)"
    let names: [String]
    do { names = try LinuxSystem(root: folder).names(in: "") } catch {
      throw MeterError(meter: meter, error, remedy: PowercapMeter.remedy, otherwise: .absent)
    }
    system = Self.place(of: folder, holding: Set(names))
  }

  /// A copied tree is recognised by its folders; a part of one by the path that leads to it, so that
  /// links into other parts still find them.
  private static func place(of folder: String, holding names: Set<String>) -> LinuxSystem {
    if names.contains("sys") { return LinuxSystem(root: folder) }
    let path = URL(filePath: folder).resolvingSymlinksInPath().path
    for part in ["/sys/class/powercap", "/sys/class/hwmon", "/sys/class", "/sys"]
    where path.hasSuffix(part) && path != part {
      return LinuxSystem(root: String(path.dropLast(part.count)))
    }
    for part in ["/class/powercap", "/class/hwmon", "/class"]
    where path.hasSuffix(part) && path != part {
      return LinuxSystem(root: String(path.dropLast(part.count)), copyOf: "/sys")
    }
    if !names.isDisjoint(with: ["class", "bus", "devices"]) {
      return LinuxSystem(root: folder, copyOf: "/sys")
    }
    if !names.isDisjoint(with: ["powercap", "hwmon"]) {
      return LinuxSystem(root: folder, copyOf: "/sys/class")
    }
    if names.contains(where: { PowercapZones.parse($0) != nil }) {
      return LinuxSystem(root: folder, copyOf: "/sys/class/powercap")
    }
    if names.contains(where: { $0.hasPrefix("hwmon") }) {
      return LinuxSystem(root: folder, copyOf: "/sys/class/hwmon")
    }
    return LinuxSystem(root: folder)
  }

  /// The powercap folder that has zones: the class, or the devices behind it where only they were
  /// copied.
  func powercap() throws(MeterError) -> (folder: String, zones: [PowercapZones.Zone]) {
    let places = ["/sys/class/powercap", "/sys/devices/virtual/powercap"]
    for place in places {
      if let zones = try? PowercapZones(system: system, folder: place, meter: meter).zones {
        return (place, zones)
      }
    }
    return (places[0], try PowercapZones(system: system, folder: places[0], meter: meter).zones)
  }
}

/// Every energy counter of a copy with its reading, powercap zones first.
struct CopiedCounters: Sendable {
  struct Counter: Sendable {
    /// "intel-rapl:0:1", "hwmon2/energy3".
    var id: String
    var name: String
    /// Equal for the same counter in two copies, whatever numbers the kernel gave it.
    var identity: String
    var zone: PowercapZones.Zone?
    var hwmon: HwmonCounters.Counter?
    var reading: Result<UInt64, MeterError>

    var isReadable: Bool { if case .success = reading { true } else { false } }
  }

  let counters: [Counter]
  /// Identifiers of the counters that could be read.
  let readable: Set<String>
  /// Why there is no powercap zone at all.
  var noPowercap: MeterError?
  let mirroredDies: Bool?
  let meter: String

  init(_ copy: SysfsCopy) {
    meter = copy.meter
    mirroredDies = ProcessorIdentity(system: copy.system).mirrorsDies
    var counters: [Counter] = []
    do throws(MeterError) {
      let (folder, zones) = try copy.powercap()
      counters += zones.map { zone in
        Counter(
          id: zone.id, name: zone.fullName, identity: zone.identity, zone: zone,
          reading: Self.read(copy, "\(folder)/\(zone.id)/energy_uj", of: zone))
      }
    } catch { noPowercap = error }
    let hwmon = (try? HwmonCounters(system: copy.system, meter: copy.meter).counters) ?? []
    counters += hwmon.map { counter in
      Counter(
        id: counter.id, name: counter.fullName, identity: counter.fullName, hwmon: counter,
        reading: Self.read(copy, "\(HwmonCounters.folder)/\(counter.id)_input"))
    }
    self.counters = counters
    readable = Set(counters.filter(\.isReadable).map(\.id))
  }

  var zones: [PowercapZones.Zone] { counters.compactMap(\.zone) }

  /// The powercap zones that make a total, by what can be read in this copy.
  func selection(usesPlatform: Bool = true) throws(MeterError) -> PowercapSelection {
    if let noPowercap { throw noPowercap }
    return try PowercapSelection(
      zones, mirroredDies: mirroredDies, usesPlatform: usesPlatform, meter: meter
    ) { readable.contains($0.id) }
  }

  private static func read(
    _ copy: SysfsCopy, _ path: String, of zone: PowercapZones.Zone? = nil
  ) -> Result<UInt64, MeterError> {
    do throws(MeterError) {
      let reading = try readCounter(system: copy.system, path: path, meter: copy.meter)
      if let zone, let range = zone.range {
        try refuse(
          reading, beyond: range, zone: "\(zone.id) \(zone.fullName)", meter: copy.meter)
      }
      return .success(reading)
    } catch { return .failure(error) }
  }
}
