/// The RAPL zones of a powercap folder, and the rule that says which of them make the total.
///
/// Source: Linux Documentation/power/powercap/powercap.rst and drivers/powercap/intel_rapl_common.c.
struct PowercapZones: Sendable {
  struct Zone: Hashable, Sendable {
    /// Folder name, for example "intel-rapl:a:0"; the numbers are hexadecimal.
    var id: String
    var controller: String
    /// Indices behind the controller, outermost first.
    var path: [UInt64]
    /// Content of `name`: "package-0", "package-0-die-1", "dram", "core", "uncore", "psys".
    var name: String
    /// Name of the zone around this one; nil at top level.
    var parentName: String?
    /// Largest value of the counter in microjoules; nil where the kernel does not state it.
    var range: UInt64?

    /// The name with the one around it: "package-0/dram".
    var fullName: String { parentName.map { "\($0)/\(name)" } ?? name }
    var isPlatform: Bool { parentName == nil && name.hasPrefix("psys") }
    var isPackage: Bool { parentName == nil && name.hasPrefix("package-") }
    var isMemory: Bool { name == "dram" }
  }

  /// Every zone that could be listed, in order of controller and index.
  let zones: [Zone]
  /// The zones whose sum is the machine's energy, each exactly once.
  let counted: [Zone]
  /// How `counted` was chosen, in words.
  let rule: String

  /// Lists a powercap class folder. Throws where it, a name or a parent cannot be read.
  init(
    system: any SystemCalls, folder: String, meter: String, mirroredDies: Bool?
  ) throws(MeterError) {
    var zones: [Zone] = []
    for (id, controller, path) in try Self.identifiers(
      system: system, folder: folder, meter: meter)
    {
      let place = "\(folder)/\(id)"
      let name: String
      do { name = try system.text(of: "\(place)/name").trimmed } catch {
        throw MeterError(
          meter: meter, error, remedy: PowercapMeter.remedy, otherwise: .malformed)
      }
      var range: UInt64?
      if let text = system.line(of: "\(place)/max_energy_range_uj") {
        guard let value = UInt64(text) else {
          throw MeterError(
            .malformed, meter: meter,
            detail: "\(place)/max_energy_range_uj holds \"\(text)\", not a number of microjoules")
        }
        range = value
      }
      zones.append(
        Zone(
          id: id, controller: controller, path: path, name: name, parentName: nil,
          range: range == 0 ? nil : range))
    }
    for index in zones.indices where zones[index].path.count > 1 {
      let parent = zones.first {
        $0.controller == zones[index].controller
          && $0.path == Array(zones[index].path.dropLast())
      }
      // A child whose parent vanished is no top-level zone: it keeps an empty parent.
      zones[index].parentName = parent?.name ?? ""
    }
    self.zones = zones
    (counted, rule) = Self.choose(zones, mirroredDies: mirroredDies)
    guard !counted.isEmpty else {
      let place = folder.isEmpty ? "the folder" : folder
      throw MeterError(.absent, meter: meter, detail: "\(place) has no package or psys zone")
    }
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
    // A zone may appear twice, as a link in the class folder and inside its controller.
    func visit(_ names: [String], prefix: String, depth: Int) {
      for name in names {
        guard let (controller, path) = parse(name) else { continue }
        let key = "\(controller)\(path)"
        if path.isEmpty {
          guard depth == 0 else { continue }
        } else if seen.insert(key).inserted {
          found.append((prefix + name, controller, path))
        }
        if depth < 3, let inner = try? system.names(in: "\(folder)/\(prefix)\(name)") {
          visit(inner, prefix: "\(prefix)\(name)/", depth: depth + 1)
        }
      }
    }
    for name in names where parse(name).map({ !$0.1.isEmpty }) == true {
      if let (controller, path) = parse(name), seen.insert("\(controller)\(path)").inserted {
        found.append((name, controller, path))
      }
    }
    visit(names, prefix: "", depth: 0)
    return found.sorted { left, right in
      left.1 != right.1 ? left.1 < right.1 : left.2.lexicographicallyPrecedes(right.2)
    }
  }

  /// "intel-rapl:a:0" → ("intel-rapl", [10, 0]); nil for a name that is no RAPL zone.
  static func parse(_ name: String) -> (String, [UInt64])? {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    guard let controller = parts.first,
      controller == "intel-rapl" || controller == "amd-rapl"
        || controller == "intel-rapl-mmio"
    else { return nil }
    var path: [UInt64] = []
    for part in parts.dropFirst() {
      guard !part.hasPrefix("+"), let index = UInt64(part, radix: 16) else { return nil }
      path.append(index)
    }
    return (String(controller), path)
  }

  /// psys alone, or every package and every DRAM, each counter once.
  private static func choose(_ zones: [Zone], mirroredDies: Bool?) -> ([Zone], String) {
    // "intel-rapl" sorts before "intel-rapl-mmio", so the first of a repeated pair is the MSR one.
    if let platform = zones.first(where: \.isPlatform) { return ([platform], "psys alone") }
    // Dies that have their own memory zone have their own counters; AMD's repeat the socket's.
    let ownMemory = zones.contains { $0.isMemory && ($0.parentName ?? "").contains("-die-") }
    let mirrored = mirroredDies ?? !ownMemory
    var seen: Set<[String]> = []
    let counted = zones.filter { zone in
      guard zone.isPackage || (zone.isMemory && zone.parentName?.isEmpty == false) else {
        return false
      }
      var package = zone.parentName ?? zone.name
      if mirrored, let die = package.firstRange(of: "-die-") {
        package = String(package[..<die.lowerBound])
      }
      return seen.insert([package, zone.isMemory ? "dram" : "package"]).inserted
    }
    let memory = counted.contains(where: \.isMemory)
    return (counted, memory ? "sum of packages and DRAM" : "sum of packages, no DRAM counter")
  }
}

/// Microjoules between two readings of one counter that wraps at most once.
///
/// `range` is the value of `max_energy_range_uj`: Δ = range − last + current after a wrap.
func powercapDelta(
  _ last: UInt64, _ current: UInt64, range: UInt64?, zone: String, meter: String
) throws(MeterError) -> UInt64 {
  if current >= last { return current - last }
  guard let range else {
    throw MeterError(
      .inconsistent, meter: meter,
      detail: "\(zone) went from \(last) to \(current) µJ and states no max_energy_range_uj")
  }
  guard last <= range else {
    throw MeterError(
      .inconsistent, meter: meter,
      detail: "\(zone) read \(last) µJ, above its max_energy_range_uj \(range)")
  }
  return range - last + current
}
