/// What hardware counters say about one block of the original shape, prefill and decode together.
///
/// A quantity that was not counted is nil, and `missing` says why.
package struct BlockExplanation: Codable, Hashable, Sendable {
  /// One sentence for a person.
  package var text: String
  package var instructionsPerCycle: Double?
  /// Floating-point operations of all threads per second, a multiply-add counted as two.
  package var operationsPerSecond: Double?
  /// Memory traffic of all threads.
  package var bytesPerSecond: Double?
  /// Achieved over attainable operations of the machine's measured roofline.
  package var rooflineShare: Double?
  /// The block's part of a request's energy, by operations, bytes and time.
  package var energy: Figure<Joules>
  package var missing: [String]

  package init(
    text: String, instructionsPerCycle: Double?, operationsPerSecond: Double?,
    bytesPerSecond: Double?, rooflineShare: Double?, energy: Figure<Joules>, missing: [String]
  ) {
    self.text = text
    self.instructionsPerCycle = instructionsPerCycle
    self.operationsPerSecond = operationsPerSecond
    self.bytesPerSecond = bytesPerSecond
    self.rooflineShare = rooflineShare
    self.energy = energy
    self.missing = missing
  }
}
