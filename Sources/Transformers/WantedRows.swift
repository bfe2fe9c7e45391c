import Kernels

/// The rows that a model's last block has to compute: of every segment its end, from the first row
/// on whose logits are wanted.
///
/// The rows before are read by attention, as keys and values; their queries, their feed-forward
/// and their outputs would reach nothing. Compact buffers hold the wanted rows of all segments one
/// after another.
struct WantedRows {
  /// Wanted rows at the end of each segment, and where they start in the whole matrix.
  private(set) var ends: [(start: Int, count: Int)] = []
  private(set) var count = 0
  /// Place of each output row among the wanted rows.
  private(set) var places: [Int] = []

  /// Nil where every row is wanted, or none.
  ///
  /// `outputRows` and `segments` ascend, and every output row lies in a segment.
  init?(_ outputRows: [Int32], segments: [Segment], rows: Int) {
    guard !outputRows.isEmpty, outputRows.count < rows else { return nil }
    ends.reserveCapacity(segments.count)
    places.reserveCapacity(outputRows.count)
    var next = outputRows.makeIterator()
    var row = next.next().map { Int($0) }
    for segment in segments {
      let end = segment.start + segment.count
      guard let first = row, first < end else {
        ends.append((end, 0))
        continue
      }
      while let output = row, output < end {
        places.append(count + output - first)
        row = next.next().map { Int($0) }
      }
      ends.append((first, end - first))
      count += end - first
    }
    guard count > 0, count < rows, places.count == outputRows.count else { return nil }
  }

  /// compact [count, width] = wanted rows of `whole` [rows, width], `stride` floats apart.
  func gather(_ whole: ConstFloats, stride: Int? = nil, into compact: Floats, width: Int) {
    let stride = stride ?? width
    var target = compact
    for end in ends where end.count > 0 {
      if stride == width {
        target.update(from: whole + end.start * width, count: end.count * width)
      } else {
        for row in 0..<end.count {
          (target + row * width).update(
            from: whole + (end.start + row) * stride, count: width)
        }
      }
      target += end.count * width
    }
  }

  /// Wanted rows of `whole` [rows, width], `stride` floats apart, = compact [count, width]; the others
  /// stay.
  func scatter(_ compact: ConstFloats, into whole: Floats, stride: Int? = nil, width: Int) {
    let stride = stride ?? width
    var source = compact
    for end in ends where end.count > 0 {
      for row in 0..<end.count {
        (whole + (end.start + row) * stride).update(from: source + row * width, count: width)
      }
      source += end.count * width
    }
  }
}
