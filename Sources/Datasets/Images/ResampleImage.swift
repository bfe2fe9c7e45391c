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
  /// Where the image shrinks, the filter is stretched to cover all its pixels. Columns and rows are
  /// averaged one after the other, each rounded to 8 bits. Memory follows the result, whatever the
  /// image's own shape.
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
    let stride = 3 * columns.count
    // Pillow 13 begins with the rows where far more height is lost than width, earlier ones with the
    // columns always; the two differ in what is rounded between the passes.
    let rowsFirst =
      region.height < height && height - region.height > 2 * (width - region.width)
    let result = [UInt8](unsafeUninitializedCapacity: stride * rows.count) { result, initialized in
      pixels.withUnsafeBufferPointer { pixels in
        func source(_ y: Int) -> UnsafeBufferPointer<UInt8> {
          UnsafeBufferPointer(rebasing: pixels[3 * width * y..<3 * width * (y + 1)])
        }
        func target(_ row: Int) -> UnsafeMutableBufferPointer<UInt8> {
          UnsafeMutableBufferPointer(rebasing: result[stride * row..<stride * (row + 1)])
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: rowsFirst ? 3 * width : stride) {
          line in
          if rowsFirst {
            rows.average(lineLength: line.count, line: source) { row, sums in
              for i in 0..<line.count { line[i] = ResamplingWindows.level(sums[i]) }
              columns.average(UnsafeBufferPointer(line), into: target(row))
            }
          } else {
            rows.average(lineLength: stride) { y in
              columns.average(source(y), into: line)
              return UnsafeBufferPointer(line)
            } result: { row, sums in
              let target = target(row)
              for i in 0..<stride { target[i] = ResamplingWindows.level(sums[i]) }
            }
          }
        }
      }
      initialized = stride * rows.count
    }
    return Image(width: columns.count, height: rows.count, pixels: result)
  }

  private func nearest(_ region: ResizedRegion) -> Image {
    func places(_ range: Range<Int>, from input: Int, to output: Int) -> [Int] {
      // Added up, as Pillow does: where a centre falls between two pixels, the rounding decides.
      let scale = Double(input) / Double(output)
      var place = scale * 0.5
      var places: [Int] = []
      for index in 0..<range.upperBound {
        if index >= range.lowerBound { places.append(min(input - 1, Int(place))) }
        place += scale
      }
      return places
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
