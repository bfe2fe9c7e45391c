/// For every place of a resized line the pixels that it averages, and their weights, which sum to one.
struct ResamplingWindows {
  /// Weights are whole multiples of 2⁻²²: eight bits of a pixel and two of overshoot fill the rest of
  /// 32.
  private static let bits: Int32 = 22
  private static let half: Int32 = 1 << (bits - 1)

  /// First pixel of each window; never falls from one place to the next, and neither do the ends.
  private let starts: [Int]
  private let counts: [Int]
  /// `stride` weights for each place.
  private let weights: [Int32]
  private let stride: Int

  var count: Int { starts.count }

  /// - Parameters:
  ///   - input: pixels of the line before it is resized, `output` after.
  ///   - places: those of the output that are wanted.
  init(from input: Int, to output: Int, places: Range<Int>, filter: ResamplingFilter) {
    let scale = Double(input) / Double(output)
    let stretch = max(1, scale)
    let reach = filter.support * stretch
    let stride = min(input, Int(reach.rounded(.up)) * 2 + 1)
    var starts: [Int] = []
    var counts: [Int] = []
    var weights = [Int32](repeating: 0, count: places.count * stride)
    for (number, place) in places.enumerated() {
      let centre = (Double(place) + 0.5) * scale
      let start = max(0, Int(centre - reach + 0.5))
      let count = min(stride, min(input, Int(centre + reach + 0.5)) - start)
      let window = (0..<max(0, count)).map {
        filter.weight((Double(start + $0) - centre + 0.5) * (1 / stretch))
      }
      let sum = window.reduce(0, +)
      for (i, weight) in window.enumerated() where sum != 0 {
        weights[number * stride + i] = Int32((weight / sum * Double(1 << Self.bits)).rounded())
      }
      starts.append(start)
      counts.append(window.count)
    }
    self.starts = starts
    self.counts = counts
    self.weights = weights
    self.stride = stride
  }

  /// A weighted sum as a level, clipped.
  static func level(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(255, max(0, sum >> bits)))
  }

  /// One line of RGB pixels at its new width.
  func average(
    _ source: UnsafeBufferPointer<UInt8>, into line: UnsafeMutableBufferPointer<UInt8>
  ) {
    weights.withUnsafeBufferPointer { weights in
      for place in 0..<count {
        var (red, green, blue) = (Self.half, Self.half, Self.half)
        var pixel = 3 * starts[place]
        let first = place * stride
        for i in first..<first + counts[place] {
          let weight = weights[i]
          red &+= weight &* Int32(source[pixel])
          green &+= weight &* Int32(source[pixel + 1])
          blue &+= weight &* Int32(source[pixel + 2])
          pixel += 3
        }
        line[3 * place] = Self.level(red)
        line[3 * place + 1] = Self.level(green)
        line[3 * place + 2] = Self.level(blue)
      }
    }
  }

  /// Weighted sums of whole lines, of which each is asked for once, from top to bottom.
  ///
  /// - Parameters:
  ///   - lineLength: bytes of a line and sums of a result.
  ///   - line: the bytes of one line, needed until the next call.
  ///   - result: takes the sums of one place; called in order.
  func average(
    lineLength: Int, line: (Int) -> UnsafeBufferPointer<UInt8>,
    result: (Int, UnsafeMutablePointer<Int32>) -> Void
  ) {
    guard let top = starts.first, let last = starts.last, let height = counts.last else { return }
    // Sums of the windows that a line is in, in a ring: they are no more than overlap.
    let overlap = largestOverlap
    var sums = [Int32](repeating: Self.half, count: overlap * lineLength)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let sums = sums.baseAddress else { return }
      var first = 0
      for y in top..<last + height {
        let line = line(y)
        var place = first
        while place < count, starts[place] <= y {
          let weight = weights[place * stride + y - starts[place]]
          let sums = sums + place % overlap * lineLength
          for i in 0..<lineLength { sums[i] &+= weight &* Int32(line[i]) }
          place += 1
        }
        while first < place, starts[first] + counts[first] == y + 1 {
          let sums = sums + first % overlap * lineLength
          result(first, sums)
          sums.update(repeating: Self.half, count: lineLength)
          first += 1
        }
      }
    }
  }

  /// The most windows that one pixel is in.
  private var largestOverlap: Int {
    var largest = 1
    var first = 0
    for place in 0..<count {
      while starts[first] + counts[first] <= starts[place] { first += 1 }
      largest = max(largest, place - first + 1)
    }
    return largest
  }
}
