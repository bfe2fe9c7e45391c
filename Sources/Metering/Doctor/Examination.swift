package import Artifacts

/// What `planner doctor` found on a machine.
package struct Examination: Codable, Hashable, Sendable {
  /// What an energy figure of this machine is worth, in a few sentences.
  package var verdict: String
  /// The meter that every command uses here.
  package var meter: String
  /// Power at rest, taken before any work; shown apart from what work costs.
  package var idlePower: Figure<Watts>
  /// Power of memory that is installed beyond the model's; no part of any other figure.
  package var reservedMemoryPower: Figure<Watts>
  package var sources: [Diagnosis]
  /// The meters that work here, best first.
  package var meters: [MeterFacts]
  package var jitter: Jitter
}
