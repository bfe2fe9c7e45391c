import Artifacts

/// The shapes at which one block's cost is sampled.
///
/// A coarse cross of hidden sizes and feed-forward widths at full attention, and one narrower
/// attention for each hidden size. `refinements` lists what lies between, coarse gaps first: the
/// sampler splits a gap where its middle is not on the line between its ends.
struct SamplingGrid {
  struct Point: Hashable {
    var hiddenSize: Int
    var heads: Int
    var headSize: Int
    var feedForwardWidth: Int
  }

  /// A gap along one dimension, by its ends.
  enum Gap: Hashable {
    /// Between two feed-forward widths of a head size.
    case width(headSize: Int, Int, Int)
    /// Between two head sizes, so between two hidden sizes.
    case hidden(Int, Int)
  }

  let original: UniformShape
  let headSizes: [Int]
  let widths: [Int]

  init(original: UniformShape) {
    self.original = original
    let size = original.headSize
    let unit = Self.unit(original)
    var sizes = [8, 5, 3, 1].map { max(unit, size * $0 / 8 / unit * unit) }
    sizes[0] = size
    headSizes = Self.distinct(sizes)
    let width = original.feedForwardWidth
    var widths = [16, 6, 1].map { max(min(32, width), width * $0 / 16 / 32 * 32) }
    widths[0] = width
    self.widths = Self.distinct(widths)
  }

  private static func unit(_ original: UniformShape) -> Int { min(4, original.headSize) }

  /// Without repetitions, in order.
  private static func distinct(_ values: [Int]) -> [Int] {
    values.enumerated().filter { !values[..<$0.offset].contains($0.element) }.map(\.element)
  }

  func point(headSize: Int, width: Int) -> Point {
    Point(
      hiddenSize: headSize == original.headSize
        ? original.hiddenSize : min(original.hiddenSize, original.heads * headSize),
      heads: original.heads, headSize: headSize, feedForwardWidth: width)
  }

  /// Heads of half the size at the middle width: what attention costs beside the hidden size. The
  /// method shortens heads and keeps their number.
  func narrow(headSize: Int) -> Point? {
    let unit = Self.unit(original)
    guard headSize >= 2 * unit else { return nil }
    var point = point(headSize: headSize, width: widths[widths.count / 2])
    point.headSize = headSize / 2 / unit * unit
    return point
  }

  var firstPoints: [Point] {
    headSizes.flatMap { size in
      widths.map { point(headSize: size, width: $0) } + [narrow(headSize: size)].compactMap(\.self)
    }
  }

  var firstGaps: [Gap] {
    let hidden = zip(headSizes.dropFirst(), headSizes).map { Gap.hidden($0, $1) }
    return hidden
      + headSizes.flatMap { size in
        zip(widths.dropFirst(), widths).map { Gap.width(headSize: size, $0, $1) }
      }
  }

  /// The middle of a gap on the grid of sizes that plans use; nil where nothing lies between.
  func middle(of gap: Gap) -> Int? {
    let (low, high, unit) =
      switch gap {
      case .width(_, let low, let high): (low, high, 32)
      case .hidden(let low, let high): (low, high, Self.unit(original))
      }
    let middle = (low + high) / 2 / unit * unit
    return middle > low && middle < high ? middle : nil
  }

  /// Points to measure to see whether a gap bends, the deciding one first.
  func points(of gap: Gap, middle: Int) -> [Point] {
    switch gap {
    case .width(let size, _, _): return [point(headSize: size, width: middle)]
    case .hidden:
      // A hidden size is of use with a curve of its own.
      let order = [widths.count / 2] + widths.indices.filter { $0 != widths.count / 2 }
      return order.map { point(headSize: middle, width: widths[$0]) }
    }
  }

  func halves(of gap: Gap, middle: Int) -> [Gap] {
    switch gap {
    case .width(let size, let low, let high):
      return [.width(headSize: size, low, middle), .width(headSize: size, middle, high)]
    case .hidden(let low, let high): return [.hidden(low, middle), .hidden(middle, high)]
    }
  }
}
