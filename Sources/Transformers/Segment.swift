/// A run of rows that attend to one another.
///
/// Sequences of different lengths are laid end to end as rows of one matrix, without padding: every
/// linear layer is then a single product over all rows, and attention runs segment by segment. A
/// segment may also see a shared prefix (an image's rows, computed once for all its questions) and,
/// in cross-attention, a run of rows of a second sequence.
package struct Segment: Hashable, Sendable {
  package var start: Int
  package var count: Int
  /// Rows that every row of this segment sees, in the same matrix.
  package var prefixStart: Int
  package var prefixCount: Int
  /// Rows of the second sequence that cross-attention reads.
  package var memoryStart: Int
  package var memoryCount: Int

  package init(
    start: Int, count: Int, prefixStart: Int = 0, prefixCount: Int = 0, memoryStart: Int = 0,
    memoryCount: Int = 0
  ) {
    self.start = start
    self.count = count
    self.prefixStart = prefixStart
    self.prefixCount = prefixCount
    self.memoryStart = memoryStart
    self.memoryCount = memoryCount
  }
}
