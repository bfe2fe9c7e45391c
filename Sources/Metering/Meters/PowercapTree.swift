/// One copied sysfs tree, its powercap folder found.
struct PowercapTree: Sendable {
  let zones: PowercapZones
  /// Stands before every error of this tree.
  let meter: String
  private let system: LinuxSystem
  private let folder: String

  /// Finds `sys/class/powercap`, `class/powercap` or `powercap` in `root`, else takes `root` itself.
  init(root: String) throws(MeterError) {
    let system = LinuxSystem(root: root)
    let places = ["/sys/class/powercap", "/class/powercap", "/powercap"]
    meter = "powercap of \(root)"
    folder = places.first { (try? system.names(in: $0)) != nil } ?? ""
    zones = try PowercapZones(
      system: system, folder: folder, meter: meter,
      mirroredDies: ProcessorIdentity(system: system).mirrorsDies)
    self.system = system
  }

  /// The zone's `energy_uj`, in microjoules.
  func counter(_ zone: PowercapZones.Zone) throws(MeterError) -> UInt64 {
    try readCounter(system: system, path: "\(folder)/\(zone.id)/energy_uj", meter: meter)
  }
}
