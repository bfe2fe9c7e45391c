/// Wall power of one hardware thread of a server processor: medians and P10–P90 of the published
/// SPECpower_ssj2008 results (spec.org), whole machine divided by its hardware threads.
package struct PowerModel: Hashable, Sendable {
  /// A median with the 10th and the 90th percentile, in watts.
  package struct Band: Hashable, Sendable {
    package var median: Double
    package var low: Double
    package var high: Double

    init(_ median: Double, _ low: Double, _ high: Double) {
      self.median = median
      self.low = low
      self.high = high
    }
  }

  /// Marketing name of the processor generation.
  package var processor: String
  package var idle: Band
  package var full: Band
  /// Memory of the measured machines per thread, in GB; what a machine has beyond it is not modelled.
  package var includedGigabytes: Double
  /// Whether the processor is one of the table's rows.
  package var known = true

  package static let table: [PowerModel] = [
    milan, genoa, bergamo, turin, iceLake, sapphireRapids, emeraldRapids, graniteRapids,
  ]

  static let milan = PowerModel(
    processor: "AMD Milan", idle: Band(0.42, 0.33, 0.62), full: Band(1.92, 1.77, 2.22),
    includedGigabytes: 1.0)
  static let genoa = PowerModel(
    processor: "AMD Genoa", idle: Band(0.33, 0.31, 0.38), full: Band(1.86, 1.71, 2.13),
    includedGigabytes: 1.0)
  static let bergamo = PowerModel(
    processor: "AMD Bergamo", idle: Band(0.23, 0.21, 0.28), full: Band(1.33, 1.20, 1.56),
    includedGigabytes: 0.75)
  static let turin = PowerModel(
    processor: "AMD Turin", idle: Band(0.21, 0.18, 0.35), full: Band(1.17, 1.11, 1.97),
    includedGigabytes: 0.6)
  static let iceLake = PowerModel(
    processor: "Intel Ice Lake-SP", idle: Band(0.89, 0.68, 1.47), full: Band(4.11, 3.54, 4.83),
    includedGigabytes: 1.6)
  static let sapphireRapids = PowerModel(
    processor: "Intel Sapphire Rapids", idle: Band(0.90, 0.65, 1.68),
    full: Band(3.99, 3.09, 4.95), includedGigabytes: 1.2)
  static let emeraldRapids = PowerModel(
    processor: "Intel Emerald Rapids", idle: Band(0.82, 0.59, 0.98),
    full: Band(3.24, 2.46, 4.55), includedGigabytes: 1.0)
  static let graniteRapids = PowerModel(
    processor: "Intel Granite Rapids", idle: Band(0.62, 0.47, 1.11),
    full: Band(2.72, 2.19, 3.24), includedGigabytes: 1.5)

  /// Medians of the table's medians, between its lowest P10 and its highest P90.
  static let unknown: PowerModel = {
    func widest(_ bands: [Band]) -> Band {
      let medians = bands.map(\.median).sorted()
      let middle = (medians[(medians.count - 1) / 2] + medians[medians.count / 2]) / 2
      return Band(middle, bands.map(\.low).min() ?? middle, bands.map(\.high).max() ?? middle)
    }
    return PowerModel(
      processor: "unknown processor, widest band of the table", idle: widest(table.map(\.idle)),
      full: widest(table.map(\.full)), includedGigabytes: 1.0, known: false)
  }()

  /// The row of a processor, by vendor, family and model number; the widest band where none fits.
  package static func row(for processor: ProcessorIdentity) -> PowerModel {
    switch (processor.vendor, processor.family ?? -1, processor.model ?? -1) {
    case ("AuthenticAMD", 25, 0x00...0x0f): milan
    case ("AuthenticAMD", 25, 0x10...0x1f): genoa
    case ("AuthenticAMD", 25, 0xa0...0xaf): bergamo
    case ("AuthenticAMD", 26, 0x00...0x1f): turin
    case ("GenuineIntel", 6, 0x6a), ("GenuineIntel", 6, 0x6c): iceLake
    case ("GenuineIntel", 6, 0x8f): sapphireRapids
    case ("GenuineIntel", 6, 0xcf): emeraldRapids
    case ("GenuineIntel", 6, 0xad), ("GenuineIntel", 6, 0xae): graniteRapids
    default: unknown
    }
  }
}
