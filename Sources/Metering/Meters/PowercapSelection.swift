/// Which zones make the energy of a machine, each of its counters exactly once.
///
/// Nesting is not inclusion: DRAM is not in the package's energy, core and uncore are. So the total is
/// psys alone, or all packages and all DRAM. `intel-rapl-mmio` repeats zones of `intel-rapl`, and
/// AMD's dies repeat the counter of their socket.
struct PowercapSelection: Sendable {
  var counted: [PowercapZones.Zone]
  /// How `counted` was chosen, in words.
  var rule: String
  /// What a reader should know about the choice.
  var notes: [String] = []

  /// `isReadable` tells whether a zone's counter could be read when the window opened: of two zones
  /// that repeat one counter the readable one is taken, and a platform counter only if readable.
  ///
  /// Throws where a zone is missing from the sum, or nobody can tell whether it belongs to it.
  init(
    _ zones: [PowercapZones.Zone], mirroredDies: Bool?, usesPlatform: Bool = true, meter: String,
    isReadable: (PowercapZones.Zone) -> Bool
  ) throws(MeterError) {
    let platforms = zones.filter(\.isPlatform)
    if usesPlatform, let platform = platforms.first(where: isReadable) {
      counted = [platform]
      rule = "psys alone"
      if platforms.count > 1 {
        notes.append(
          "\(platforms.count) psys zones: the first that can be read stands for the machine")
      }
      return
    }
    if usesPlatform, let platform = platforms.first {
      notes.append("\(platform.id) psys cannot be read: packages and DRAM are added instead")
    }
    let packages = zones.contains(where: \.isPackage)
    guard packages || platforms.isEmpty else {
      // Its read then says why there is no total.
      (counted, rule) = ([platforms[0]], "psys alone")
      return
    }
    for zone in zones where zone.name == nil || (zone.isMemory && zone.parentName?.isEmpty == true)
    {
      throw MeterError(
        .inconsistent, meter: meter,
        detail: zone.name == nil
          ? "zone \(zone.id) has no readable name, so nobody can tell whether it is counted already"
          : "the package around zone \(zone.id) dram is missing")
    }
    guard packages else {
      throw MeterError(.absent, meter: meter, detail: "no package or psys zone")
    }
    let mirrored = Self.mirrorsDies(zones, hint: mirroredDies)
    // "intel-rapl" sorts before "intel-rapl-mmio", so the first of a repeated pair is the MSR one.
    var groups: [[PowercapZones.Zone]] = []
    var places: [String: Int] = [:]
    for zone in zones where zone.isPackage || zone.isMemory {
      let key = Self.counter(of: zone, mirroredDies: mirrored)
      if let place = places[key] {
        groups[place].append(zone)
      } else {
        places[key] = groups.count
        groups.append([zone])
      }
    }
    counted = groups.map { group in group.first(where: isReadable) ?? group[0] }
    rule =
      counted.contains(where: \.isMemory)
      ? "sum of packages and DRAM" : "sum of packages, no DRAM counter"
    for zone in zones where zone.isTopLevel && !zone.isPackage && !zone.isPlatform && !zone.isMemory
    {
      notes.append("\(zone.id) \(zone.fullName) is no known part of a machine and not counted")
    }
  }

  /// Whether the dies of a package repeat one counter. Where the vendor is unknown: dies that have a
  /// memory zone have counters of their own, as Intel's do; AMD's have none and repeat the socket's.
  static func mirrorsDies(_ zones: [PowercapZones.Zone], hint: Bool?) -> Bool {
    hint ?? !zones.contains { $0.isMemory && ($0.parentName ?? "").contains("-die-") }
  }

  /// The hardware counter behind a package or DRAM zone, equal for zones that repeat each other.
  static func counter(of zone: PowercapZones.Zone, mirroredDies: Bool) -> String {
    var package = (zone.isMemory ? zone.parentName : zone.name) ?? ""
    if mirroredDies, let die = package.firstRange(of: "-die-") {
      package = String(package[..<die.lowerBound])
    }
    return "\(package) \(zone.isMemory ? "dram" : "package")"
  }
}
