package import Artifacts

/// A source of joules: two snapshots give the energy of the window between them.
///
/// A window whose energy is not certain throws; it is never reported as 0.
package protocol EnergyMeter: Sendable {
  /// Short name for a table, for example "powercap".
  var name: String { get }
  /// What is counted and how, in words for a reader of the report.
  var source: String { get }
  var provenance: Provenance { get }
  /// What the interval of a figure of this meter covers, in words.
  var interval: String { get }
  /// What the meter counts the energy of.
  var scope: MeterScope { get }
  /// Time between two updates of the underlying register, or the clock's step for a model.
  var resolution: Seconds { get }
  /// The longest window whose counter wraps cannot be ambiguous; nil where there is no limit.
  var longestWindow: Seconds? { get }

  func snapshot() throws(MeterError) -> EnergySnapshot
  /// Energy of a window, with provenance `provenance`.
  func energy(from start: EnergySnapshot, to end: EnergySnapshot) throws(MeterError)
    -> Figure<Joules>
  /// The power that a model states for `busyThreads` fully loaded threads; nil where it is measured.
  func modelledPower(busyThreads: Int) -> Figure<Watts>?
  /// The power of installed memory that is in no other figure of this meter.
  var reservedMemoryPower: Figure<Watts> { get }
}

/// The part of a computer that a meter counts.
package enum MeterScope: String, Codable, Hashable, Sendable {
  /// Processors and memory, or all of it.
  case machine
  /// A graphics card alone: never the energy of work on the processor.
  case graphics
}

extension EnergyMeter {
  package var scope: MeterScope { .machine }
  package var reservedMemoryPower: Figure<Watts> {
    .unavailable("\(name) does not tell the power of memory apart")
  }
  package var longestWindow: Seconds? { nil }
  package func modelledPower(busyThreads: Int) -> Figure<Watts>? { nil }
}

/// All raw numbers of a meter at one moment.
package struct EnergySnapshot: Hashable, Sendable {
  /// Monotonic clock, nanoseconds.
  package var time: UInt64
  /// Processor time of this process so far.
  package var processorTime: Seconds
  /// Raw counter of every counted zone or event, by its identifier.
  package var counters: [String: UInt64]

  package init(time: UInt64, processorTime: Seconds = .zero, counters: [String: UInt64] = [:]) {
    self.time = time
    self.processorTime = processorTime
    self.counters = counters
  }

  /// Wall time until a later snapshot; negative where `later` is earlier.
  package func elapsed(to later: EnergySnapshot) -> Seconds {
    later.time >= time
      ? Seconds(Double(later.time - time) * 1e-9) : Seconds(-Double(time - later.time) * 1e-9)
  }
}

/// Why a meter cannot be used, or why a window has no energy.
package struct MeterError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: String, Hashable, Sendable {
    /// The kernel offers no such source here.
    case absent
    /// It exists, and this process may not read it.
    case permission
    /// It exists, and the kernel or the device refuses this use.
    case notSupported
    /// A read failed inside a window.
    case failedRead
    /// A file does not hold what the kernel documents.
    case malformed
    /// The window is longer than a counter takes to wrap at the highest power.
    case ambiguousGap
    /// The window is shorter than one update of the counter.
    case belowResolution
    /// A counter did not move in a window of many updates.
    case standstill
    /// A counter went backwards and has no stated range, or snapshots do not match.
    case inconsistent
  }

  package var kind: Kind
  package var meter: String
  package var detail: String
  package var remedy: String?

  package init(_ kind: Kind, meter: String, detail: String, remedy: String? = nil) {
    self.kind = kind
    self.meter = meter
    self.detail = detail
    self.remedy = remedy
  }

  package var description: String {
    "\(meter): \(detail)" + (remedy.map { "; \($0)" } ?? "")
  }

  /// The kernel's answer to a read, as a reason.
  init(meter: String, _ error: SystemError, remedy: String, otherwise: Kind = .failedRead) {
    switch SourceState(errno: error.errno) {
    case .permission:
      self.init(.permission, meter: meter, detail: error.description, remedy: remedy)
    case .absent where otherwise != .failedRead:
      self.init(.absent, meter: meter, detail: error.description)
    case .notSupported where otherwise != .failedRead:
      self.init(.notSupported, meter: meter, detail: error.description)
    default: self.init(otherwise, meter: meter, detail: error.description)
    }
  }
}
