package import Artifacts

/// Why a piece of work costs what it costs: what the processor did in its time.
///
/// A quantity whose counter did not count is nil, and `missing` says why.
package struct CostExplanation: Codable, Hashable, Sendable {
  package enum Bound: String, Codable, Sendable { case arithmetic, memory }

  package var time: Seconds
  package var instructionsPerCycle: Double?
  /// Bytes from and to memory: 64 for every miss of the last cache.
  package var bytes: Double?
  package var operations: Double?
  package var bytesPerSecond: BytesPerSecond?
  package var operationsPerSecond: OperationsPerSecond?
  /// Operations per byte of memory traffic.
  package var intensity: Double?
  /// Achieved over attainable operations: min(peak, bandwidth · intensity).
  package var rooflineShare: Double?
  package var bound: Bound?
  /// Smallest share of the window in which a used counter was scheduled.
  package var coverage: Double
  package var missing: [String]

  /// The events that an explanation needs.
  package static let events: [CounterEvent] = [
    .cycles, .instructions, .cacheMisses, .floatOperations, .vectorInstructions256,
    .vectorInstructions512,
  ]

  package init(_ readings: [CounterReading], time: Seconds, roofline: Roofline?) {
    var counts: [String: Double] = [:]
    var coverage = 1.0
    for reading in readings {
      guard let value = reading.value else { continue }
      counts[reading.name] = value
      coverage = min(coverage, reading.coverage)
    }
    self.time = time
    self.coverage = counts.isEmpty ? 0 : coverage
    missing = readings.filter { $0.value == nil }.map(\.description)
    if let cycles = counts["cycles"], let instructions = counts["instructions"], cycles > 0 {
      instructionsPerCycle = instructions / cycles
    }
    bytes = counts["cache-misses"].map { $0 * Self.lineBytes }
    operations = Self.operations(counts)
    guard time > .zero else { return }
    bytesPerSecond = bytes.map { BytesPerSecond($0 / time.value) }
    operationsPerSecond = operations.map { OperationsPerSecond($0 / time.value) }
    guard let operations, let bytes, bytes > 0 else { return }
    let intensity = operations / bytes
    self.intensity = intensity
    guard let peak = roofline?.peak.value?.value, let bandwidth = roofline?.bandwidth.value?.value,
      peak > 0, bandwidth > 0
    else { return }
    let memoryRoof = bandwidth * intensity
    bound = memoryRoof < peak ? .memory : .arithmetic
    rooflineShare = operations / time.value / min(peak, memoryRoof)
  }

  private static let lineBytes = 64.0

  /// AMD counts operations. Intel counts instructions by width, and a fused multiply-add twice: 8 and
  /// 16 lanes of 32 bits.
  private static func operations(_ counts: [String: Double]) -> Double? {
    if let operations = counts["flop"] { return operations }
    guard let narrow = counts["fp32-256-bit-instructions"] else { return nil }
    return narrow * 8 + (counts["fp32-512-bit-instructions"] ?? 0) * 16
  }

  /// The work of a part for `attributed`; nil where operations or bytes were not counted.
  package func work(name: String) -> PartWork? {
    guard let operations, let bytes else { return nil }
    return PartWork(name: name, operations: operations, bytes: bytes, time: time)
  }

  /// One sentence for a person.
  package var text: String {
    func rounded(_ value: Double, _ scale: Double = 1) -> String {
      "\((value / scale * 100).rounded() / 100)"
    }
    var parts: [String] = []
    if let instructionsPerCycle {
      parts.append("\(rounded(instructionsPerCycle)) instructions per cycle")
    }
    if let operationsPerSecond {
      parts.append("\(rounded(operationsPerSecond.value, 1e9)) GFLOP/s")
    }
    if let bytesPerSecond { parts.append("\(rounded(bytesPerSecond.value, 1e9)) GB/s of memory") }
    if let rooflineShare, let bound {
      parts.append("\(rounded(rooflineShare * 100)) % of what \(bound.rawValue) allows here")
    }
    if parts.isEmpty { return "not explained: no hardware counter counts on this machine" }
    if coverage < 1 { parts.append("counted in \(rounded(coverage * 100)) % of the time") }
    return parts.joined(separator: ", ")
  }
}
