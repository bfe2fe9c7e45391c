/// Part of a resized image: `width` × `height` of the whole result, of which only columns and rows in
/// the ranges are computed.
struct ResizedRegion {
  var width: Int
  var height: Int
  var columns: Range<Int>
  var rows: Range<Int>
}

extension Image {
  /// This image at another size, as Pillow's `resize` computes it for 8-bit pixels.
  ///
  /// Where the image shrinks, the filter is stretched to cover all its pixels. Columns are computed
  /// before rows, each rounded to 8 bits. Memory follows the result, whatever the image's own shape.
  /// - Parameter region: neither empty nor beyond its own width and height.
  func resized(_ region: ResizedRegion, filter: ResamplingFilter) -> Image {
    precondition(!region.columns.isEmpty && !region.rows.isEmpty)
    precondition(region.columns.lowerBound >= 0 && region.columns.upperBound <= region.width)
    precondition(region.rows.lowerBound >= 0 && region.rows.upperBound <= region.height)
    if filter == .nearest { return nearest(region) }
    let columns = ResamplingWindows(
      from: width, to: region.width, places: region.columns, filter: filter)
    let rows = ResamplingWindows(
      from: height, to: region.height, places: region.rows, filter: filter)
    let stride = 3 * region.columns.count
    let keepsColumns = region.width == width && region.columns.count == width
    var sums = [Int32](repeating: ResamplingWindows.half, count: stride * region.rows.count)
    var line = [UInt8](repeating: 0, count: stride)
    pixels.withUnsafeBufferPointer { pixels in
      sums.withUnsafeMutableBufferPointer { sums in
        line.withUnsafeMutableBufferPointer { line in
          var first = 0
          for y in rows.range {
            let source = UnsafeBufferPointer(rebasing: pixels[3 * width * y..<3 * width * (y + 1)])
            if keepsColumns {
              _ = line.update(fromContentsOf: source)
            } else {
              columns.apply(to: source, into: line)
            }
            // Windows rise: those that ended above this row are never needed again.
            while first < rows.count, rows.end(first) <= y { first += 1 }
            var row = first
            while row < rows.count, rows.starts[row] <= y {
              let weight = rows.weight(row, at: y)
              let base = row * stride
              for i in 0..<stride { sums[base + i] &+= weight &* Int32(line[i]) }
              row += 1
            }
          }
        }
      }
    }
    return Image(
      width: region.columns.count, height: region.rows.count,
      pixels: sums.map(ResamplingWindows.level))
  }

  private func nearest(_ region: ResizedRegion) -> Image {
    func places(_ range: Range<Int>, from input: Int, to output: Int) -> [Int] {
      let scale = Double(input) / Double(output)
      return range.map { min(input - 1, Int((Double($0) + 0.5) * scale)) }
    }
    let columns = places(region.columns, from: width, to: region.width)
    let rows = places(region.rows, from: height, to: region.height)
    var result: [UInt8] = []
    result.reserveCapacity(3 * columns.count * rows.count)
    for y in rows {
      for x in columns {
        let source = 3 * (y * width + x)
        result.append(contentsOf: pixels[source..<source + 3])
      }
    }
    return Image(width: columns.count, height: rows.count, pixels: result)
  }
}

/// For every place of a resized line the pixels that it averages and their weights, which sum to one.
private struct ResamplingWindows {
  /// Weights are whole multiples of 2⁻²²: eight bits of a pixel and two of overshoot fill the rest of
  /// 32.
  static let bits: Int32 = 22
  static let half: Int32 = 1 << (bits - 1)

  /// First pixel of each window; never falls from one place to the next, and neither do the ends.
  let starts: [Int]
  private let counts: [Int]
  /// `stride` weights for each place.
  private let weights: [Int32]
  private let stride: Int

  var count: Int { starts.count }
  /// All pixels that any window covers.
  var range: Range<Int> { (starts.first ?? 0)..<(starts.isEmpty ? 0 : end(count - 1)) }

  init(from input: Int, to output: Int, places: Range<Int>, filter: ResamplingFilter) {
    let scale = Double(input) / Double(output)
    let stretch = max(1, scale)
    let reach = filter.support * stretch
    let stride = min(input, Int(reach.rounded(.up)) * 2 + 1)
    var starts: [Int] = []
    var counts: [Int] = []
    var weights = [Int32](repeating: 0, count: places.count * stride)
    var window: [Double] = []
    for (number, place) in places.enumerated() {
      let centre = (Double(place) + 0.5) * scale
      let start = max(0, Int(centre - reach + 0.5))
      let end = min(input, Int(centre + reach + 0.5))
      window.removeAll(keepingCapacity: true)
      for pixel in start..<max(end, start) {
        window.append(filter.weight((Double(pixel) - centre + 0.5) * (1 / stretch)))
      }
      let sum = window.reduce(0, +)
      for (i, weight) in window.prefix(stride).enumerated() where sum != 0 {
        weights[number * stride + i] = Int32((weight / sum * Double(1 << Self.bits)).rounded())
      }
      starts.append(start)
      counts.append(min(stride, window.count))
    }
    self.starts = starts
    self.counts = counts
    self.weights = weights
    self.stride = stride
  }

  func end(_ place: Int) -> Int { starts[place] + counts[place] }

  func weight(_ place: Int, at pixel: Int) -> Int32 {
    weights[place * stride + pixel - starts[place]]
  }

  static func level(_ sum: Int32) -> UInt8 { UInt8(min(255, max(0, sum >> bits))) }

  /// One line of RGB pixels at its new width.
  func apply(to source: UnsafeBufferPointer<UInt8>, into line: UnsafeMutableBufferPointer<UInt8>) {
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
}
