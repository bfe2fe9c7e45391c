/// The RAPL zones of a powercap folder.
///
/// Source: Linux Documentation/power/powercap/powercap.rst and drivers/powercap/intel_rapl_common.c.
struct PowercapZones: Sendable {
  struct Zone: Hashable, Sendable {
    /// Folder below the listed one, for example "intel-rapl:a:0"; the numbers are hexadecimal.
    var id: String
    var controller: String
    /// Indices behind the controller, outermost first.
    var path: [UInt64]
    /// Content of `name`: "package-0", "package-0-die-1", "dram", "core", "uncore", "psys"; nil
    /// where it cannot be read.
    var name: String?
    /// Name of the zone around this one; nil at top level, empty where that zone is missing.
    var parentName: String?
    /// Largest value of the counter in microjoules; nil where the kernel does not state it.
    var range: UInt64?

    /// The name with the one around it: "package-0/dram".
    var fullName: String { (parentName.map { "\($0)/" } ?? "") + (name ?? "unnamed") }
    var isTopLevel: Bool { path.count == 1 }
    /// "psys", and "psys-1" on further packages.
    var isPlatform: Bool { isTopLevel && name?.hasPrefix("psys") == true }
    var isPackage: Bool { isTopLevel && name?.hasPrefix("package-") == true }
    var isMemory: Bool { name == "dram" }
    /// What stays the same when the kernel numbers zones anew: controller and names.
    var identity: String { "\(controller) \(fullName)" }
  }

  /// Every zone that could be listed, in order of controller and index.
  let zones: [Zone]

  /// Lists a powercap class folder. Throws where it cannot be listed, and `.absent` where it has no
  /// zone.
  init(system: any SystemCalls, folder: String, meter: String) throws(MeterError) {
    var zones: [Zone] = []
    for (id, controller, path) in try Self.identifiers(
      system: system, folder: folder, meter: meter)
    {
      let place = "\(folder)/\(id)"
      // A range that is no number is as good as none: it only matters after a wrap.
      let range = system.line(of: "\(place)/max_energy_range_uj").flatMap(decimal)
      zones.append(
        Zone(
          id: id, controller: controller, path: path, name: system.line(of: "\(place)/name"),
          parentName: nil, range: range == 0 ? nil : range))
    }
    guard !zones.isEmpty else {
      throw MeterError(.absent, meter: meter, detail: "\(folder) has no RAPL zone")
    }
    var names: [Place: String] = [:]
    for zone in zones {
      names[Place(controller: zone.controller, path: zone.path[...])] = zone.name
    }
    for index in zones.indices where zones[index].path.count > 1 {
      let around = Place(
        controller: zones[index].controller, path: zones[index].path.dropLast())
      // A child whose parent vanished is no top-level zone: it keeps an empty parent.
      zones[index].parentName = names[around] ?? ""
    }
    self.zones = zones
  }

  private struct Place: Hashable {
    var controller: String
    var path: ArraySlice<UInt64>
  }

  /// Zone folders, from the flat class folder and from folders nested inside zones.
  private static func identifiers(
    system: any SystemCalls, folder: String, meter: String
  ) throws(MeterError) -> [(String, String, [UInt64])] {
    let names: [String]
    do { names = try system.names(in: folder) } catch {
      throw MeterError(meter: meter, error, remedy: PowercapMeter.remedy, otherwise: .absent)
    }
    var found: [(String, String, [UInt64])] = []
    var seen: Set<String> = []
    // A zone may appear twice, as a link in the class folder and inside its controller. Inside a zone
    // only its own children are looked at, so that links which lead back up end there.
    func visit(_ names: [String], prefix: String, around: (controller: String, path: [UInt64])?) {
      for name in names {
        guard let (controller, path) = parse(name) else { continue }
        if let around {
          guard controller == around.controller, path.count == around.path.count + 1,
            path.starts(with: around.path)
          else { continue }
        }
        if !path.isEmpty, seen.insert("\(controller)\(path)").inserted {
          found.append((prefix + name, controller, path))
        }
        if path.count < 3, let inner = try? system.names(in: "\(folder)/\(prefix)\(name)") {
          visit(inner, prefix: "\(prefix)\(name)/", around: (controller, path))
        }
      }
    }
    for name in names where parse(name).map({ !$0.1.isEmpty }) == true {
      if let (controller, path) = parse(name), seen.insert("\(controller)\(path)").inserted {
        found.append((name, controller, path))
      }
    }
    visit(names, prefix: "", around: nil)
    return found.sorted { left, right in
      left.1 != right.1 ? left.1 < right.1 : left.2.lexicographicallyPrecedes(right.2)
    }
  }

  /// "intel-rapl:a:0" → ("intel-rapl", [10, 0]); nil for a name that is no RAPL zone.
  static func parse(_ name: String) -> (String, [UInt64])? {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    guard let controller = parts.first, parts.count <= 4,
      controller == "intel-rapl" || controller == "amd-rapl" || controller.hasPrefix("intel-rapl-")
    else { return nil }
    var path: [UInt64] = []
    for part in parts.dropFirst() {
      guard part.utf8.allSatisfy({ $0 != 0x2b && $0 != 0x2d }),
        let index = UInt64(part, radix: 16)
      else { return nil }
      path.append(index)
    }
    return (String(controller), path)
  }
}
