/// A quantity to count, and the events that give it, best first.
package struct CounterEvent: Hashable, Sendable {
  package enum Encoding: Hashable, Sendable {
    /// A libpfm4 name, for this processor.
    case named(String)
    /// A software event of the kernel, by its PERF_COUNT_SW number.
    case software(UInt64)
  }

  /// Name in results, for example "instructions".
  package var name: String
  package var candidates: [Encoding]

  package init(name: String, candidates: [Encoding]) {
    self.name = name
    self.candidates = candidates
  }

  package static let cycles = CounterEvent(name: "cycles", candidates: [.named("cycles")])
  package static let instructions = CounterEvent(
    name: "instructions", candidates: [.named("instructions")])
  package static let cacheMisses = CounterEvent(
    name: "cache-misses", candidates: [.named("cache-misses")])
  /// Single-precision operations: AMD counts operations, Intel instructions per vector width.
  package static let floatOperations = CounterEvent(
    name: "flop",
    candidates: [
      .named("RETIRED_SSE_AVX_FLOPS:ANY"), .named("RETIRED_SSE_AVX_FLOPS"),
    ])
  package static let vectorInstructions256 = CounterEvent(
    name: "fp32-256-bit-instructions",
    candidates: [
      .named("FP_ARITH_INST_RETIRED:256B_PACKED_SINGLE"), .named("FP_ARITH:256B_PACKED_SINGLE"),
    ])
  package static let vectorInstructions512 = CounterEvent(
    name: "fp32-512-bit-instructions",
    candidates: [
      .named("FP_ARITH_INST_RETIRED:512B_PACKED_SINGLE"), .named("FP_ARITH:512B_PACKED_SINGLE"),
    ])
  /// Nanoseconds on a processor.
  package static let taskClock = CounterEvent(name: "task-clock", candidates: [.software(1)])
  package static let pageFaults = CounterEvent(name: "page-faults", candidates: [.software(2)])

  /// The events that only a hardware PMU counts.
  package static let hardware: [CounterEvent] = [
    .cycles, .instructions, .cacheMisses, .floatOperations, .vectorInstructions256,
    .vectorInstructions512,
  ]
  /// The events that the kernel counts itself, on every machine.
  package static let software: [CounterEvent] = [.taskClock, .pageFaults]
}

/// What one counter gave, or exactly why it gave nothing.
package struct CounterReading: Hashable, Sendable, CustomStringConvertible {
  package enum State: Hashable, Sendable {
    /// Extrapolated to the whole window: raw · enabled / running.
    case counted(Double)
    /// Opened, and never scheduled onto a counter: not 0.
    case notCounted
    /// libpfm4 knows no candidate on this processor.
    case notEncoded(EncodingError)
    /// The kernel refused the open, the enabling or the read.
    case refused(SystemError)
  }

  package var name: String
  package var state: State
  /// Share of the window in which the event was on a counter; 1 without multiplexing.
  package var coverage: Double

  package init(name: String, state: State, coverage: Double = 0) {
    self.name = name
    self.state = state
    self.coverage = coverage
  }

  package var value: Double? {
    if case .counted(let value) = state { value } else { nil }
  }

  package var description: String {
    switch state {
    case .counted(let value): "\(name): \(value) (\(coverage * 100) % of the window)"
    case .notCounted: "\(name): not counted, the event was never on a counter"
    case .notEncoded(let error): "\(name): \(error)"
    case .refused(let error): "\(name): \(error)"
    }
  }
}

/// What each of `parts` equal parts added: the counts of work with them less those without.
///
/// A count that is missing on either side, or that fell, stays unknown.
package func marginalReadings(
  _ larger: [CounterReading], _ smaller: [CounterReading], parts: Int
) -> [CounterReading] {
  larger.map { reading in
    guard let more = reading.value else { return reading }
    guard let other = smaller.first(where: { $0.name == reading.name }) else {
      return CounterReading(name: reading.name, state: .notCounted)
    }
    guard let less = other.value else { return other }
    guard more >= less, parts > 0 else {
      return CounterReading(name: reading.name, state: .notCounted)
    }
    return CounterReading(
      name: reading.name, state: .counted((more - less) / Double(parts)),
      coverage: min(reading.coverage, other.coverage))
  }
}
