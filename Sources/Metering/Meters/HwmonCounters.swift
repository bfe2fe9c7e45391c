/// The energy counters of hardware-monitoring drivers: `amd_energy` (AMD servers, Linux 5.8 to 5.12
/// and out of tree), `i915` and `xe` (Intel graphics).
///
/// Source: Linux Documentation/hwmon/sysfs-interface.rst (`energyN_input` in microjoules,
/// `energyN_label`) and Documentation/hwmon/amd_energy.rst. Drivers accumulate in 64 bits.
struct HwmonCounters: Sendable {
  struct Counter: Hashable, Sendable {
    /// File below the listed folder without its ending: "hwmon2/energy3".
    var id: String
    /// The driver: "amd_energy".
    var chip: String
    /// "Esocket0", "Ecore000"; empty where the driver gives none.
    var label: String

    var fullName: String { label.isEmpty ? chip : "\(chip)/\(label)" }
    /// A core's energy is part of its socket's; graphics are no part of what a processor draws.
    var isSocket: Bool { chip == "amd_energy" && label.hasPrefix("Esocket") }
  }

  static let folder = "/sys/class/hwmon"
  let counters: [Counter]

  /// Throws where the folder cannot be listed; without counters, the list is empty.
  init(system: any SystemCalls, meter: String) throws(MeterError) {
    let chips: [String]
    do { chips = try system.names(in: Self.folder) } catch {
      throw MeterError(meter: meter, error, remedy: PowercapMeter.remedy, otherwise: .absent)
    }
    var counters: [Counter] = []
    for chip in chips where chip.hasPrefix("hwmon") {
      // Old drivers hang their files on the device behind the chip.
      for place in [chip, "\(chip)/device"] {
        let names = (try? system.names(in: "\(Self.folder)/\(place)")) ?? []
        let inputs = names.compactMap(Self.index).sorted()
        guard !inputs.isEmpty else { continue }
        let driver = system.line(of: "\(Self.folder)/\(place)/name") ?? "unnamed"
        for index in inputs {
          let id = "\(place)/energy\(index)"
          counters.append(
            Counter(
              id: id, chip: driver,
              label: system.line(of: "\(Self.folder)/\(id)_label") ?? ""))
        }
        break
      }
    }
    self.counters = counters
  }

  /// "energy12_input" → 12.
  private static func index(_ name: String) -> UInt64? {
    guard name.hasPrefix("energy"), name.hasSuffix("_input") else { return nil }
    return decimal(String(name.dropFirst(6).dropLast(6)))
  }
}
