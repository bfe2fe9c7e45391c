import Artifacts
import HardwareModels

/// The shapes at which one block's cost is sampled.
///
/// A coarse cross of hidden sizes and feed-forward widths with heads in proportion; at the largest
/// hidden size and a small one a curve over all head sizes, with the narrowest feed-forward module
/// because that is cheap, and one sample with half the heads; and a few between all of these, which
/// tell how good the table is. `firstGaps` lists what lies between, coarse gaps first: the sampler
/// splits a gap where its middle is not on the line between its ends.
struct SamplingGrid {
  /// A gap along one dimension, by its ends.
  enum Gap: Hashable {
    /// Between two feed-forward widths of a head size.
    case width(headSize: Int, Int, Int)
    /// Between two head sizes, so between two hidden sizes.
    case hidden(Int, Int)
  }

  let original: UniformShape
  /// Of the cross, descending.
  let headSizes: [Int]
  /// Descending.
  let widths: [Int]
  /// Of the curve: every size that plans use, or eight of them where there are more.
  let curveSizes: [Int]
  private let unit: Int

  init(original: UniformShape) {
    self.original = original
    let size = original.headSize
    let unit = min(4, size)
    func snapped(_ share: Int) -> Int {
      share == 8 ? size : max(unit, size * share / 8 / unit * unit)
    }
    self.unit = unit
    headSizes = Self.distinct([8, 6, 4, 2, 1].map(snapped))
    curveSizes = Self.distinct((1...8).reversed().map(snapped))
    let width = original.feedForwardWidth
    var widths = [16, 6, 1].map { max(min(32, width), width * $0 / 16 / 32 * 32) }
    widths[0] = width
    self.widths = Self.distinct(widths)
  }

  /// Without repetitions, in order.
  private static func distinct<Value: Hashable>(_ values: [Value]) -> [Value] {
    var seen: Set<Value> = []
    return values.filter { seen.insert($0).inserted }
  }

  func point(headSize: Int, width: Int) -> BlockWidths {
    BlockWidths(
      hiddenSize: hiddenSize(headSize), heads: original.heads, headSize: headSize,
      feedForwardWidth: width)
  }

  private func hiddenSize(_ headSize: Int) -> Int {
    headSize == original.headSize
      ? original.hiddenSize : min(original.hiddenSize, original.heads * headSize)
  }

  /// What heads of each size cost.
  private var headCurve: [BlockWidths] {
    let small = hiddenSize(headSizes[max(0, headSizes.count - 2)])
    return Self.distinct([original.hiddenSize, small]).flatMap { hidden in
      // The steps are the same at both: the small one need not meet them all.
      let sizes =
        hidden == original.hiddenSize
        ? curveSizes : curveSizes.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
      var points = sizes.map {
        BlockWidths(
          hiddenSize: hidden, heads: original.heads, headSize: $0,
          feedForwardWidth: widths[widths.count - 1])
      }
      if original.heads > 1 {
        points.append(
          BlockWidths(
            hiddenSize: hidden, heads: original.heads / 2, headSize: original.headSize,
            feedForwardWidth: widths[widths.count - 1]))
      }
      return points
    }
  }

  /// Short heads on middling hidden sizes: on no curve of the table.
  private var checks: [BlockWidths] {
    guard headSizes.count > 3, widths.count > 2 else { return [] }
    return [1, 2].map { index in
      var point = point(headSize: headSizes[index], width: widths[1])
      point.headSize = max(unit, headSizes[index] / 2 / unit * unit)
      return point
    }
  }

  var firstPoints: [BlockWidths] {
    Self.distinct(
      headSizes.flatMap { size in widths.map { point(headSize: size, width: $0) } } + headCurve
        + checks)
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
      case .hidden(let low, let high): (low, high, self.unit)
      }
    let middle = (low + high) / 2 / unit * unit
    return middle > low && middle < high ? middle : nil
  }

  /// Points to measure to see whether a gap bends, the deciding one first.
  func points(of gap: Gap, middle: Int) -> [BlockWidths] {
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
