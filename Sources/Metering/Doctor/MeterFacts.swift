package import Artifacts

/// What a reader should know of a meter before trusting its figures.
package struct MeterFacts: Codable, Hashable, Sendable {
  package var name: String
  package var scope: MeterScope
  package var provenance: Provenance
  package var source: String
  /// What the interval of its figures covers.
  package var interval: String
  /// Time between two updates of what it reads; shorter work is repeated.
  package var resolution: Seconds
  /// Opening and closing one window.
  package var overhead: Figure<Seconds>

  init(_ meter: any EnergyMeter, system: any SystemCalls) {
    name = meter.name
    scope = meter.scope
    provenance = meter.provenance
    source = meter.source
    interval = meter.interval
    resolution = meter.resolution
    overhead = EnergyMonitor(meter: meter, system: system).overhead(windows: 100).perWindow
  }
}
