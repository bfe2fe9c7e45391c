package import Artifacts
package import HardwareModels

/// The shapes at which one block's cost is sampled.
///
/// A coarse cross of hidden sizes and feed-forward widths with heads in the original's proportion; at the
/// largest hidden size and a small one a curve over all head sizes, with the narrowest feed-forward
/// module because that is cheap, and one sample with half the heads; and a few between all of these,
/// which tell how good the table is. `firstGaps` lists what lies between, coarse gaps first: the sampler
/// splits a gap where its middle is not on the line between its ends.
package struct SamplingGrid {
  /// A gap along one dimension, by its ends.
  enum Gap: Hashable {
    /// Between two feed-forward widths on a rung.
    case width(rung: Int, Int, Int)
    /// Between two rungs, so between two hidden sizes.
    case hidden(Int, Int)
  }

  let original: UniformShape
  /// Of the cross, descending: head sizes, which the hidden sizes follow, where the original's heads are
  /// as wide as its hidden size; else hidden sizes, which the head sizes follow.
  let rungs: [Int]
  /// Descending.
  let widths: [Int]
  /// Of the curve: every size that plans use, or eight of them where there are more.
  let curveSizes: [Int]
  private let unit: Int
  /// Query heads that share a key/value head.
  private let headMultiple: Int

  package init(original: UniformShape, headMultiple: Int = 1) {
    self.original = original
    self.headMultiple = headMultiple
    func snapped(_ size: Int, _ share: Int, _ unit: Int) -> Int {
      share == 8 ? size : max(unit, size * share / 8 / unit * unit)
    }
    let unit = original.headSizeUnit
    self.unit = unit
    rungs = Self.distinct(
      [8, 6, 4, 2, 1].map {
        original.tiesHiddenSize
          ? snapped(original.headSize, $0, unit)
          : snapped(original.hiddenSize, $0, original.hiddenSizeUnit)
      })
    curveSizes = Self.distinct((1...8).reversed().map { snapped(original.headSize, $0, unit) })
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

  func point(rung: Int, width: Int) -> BlockWidths {
    let isTied = original.tiesHiddenSize
    return BlockWidths(
      hiddenSize: isTied ? original.hiddenSize(withHeadSize: rung) : rung, heads: original.heads,
      headSize: isTied ? rung : original.headSize(withHiddenSize: rung), feedForwardWidth: width)
  }

  /// What heads of each size cost.
  private var headCurve: [BlockWidths] {
    let small = point(rung: rungs[max(0, rungs.count - 2)], width: widths[0]).hiddenSize
    let fewer = original.heads / 2 / headMultiple * headMultiple
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
      if fewer > 0 {
        points.append(
          BlockWidths(
            hiddenSize: hidden, heads: fewer, headSize: original.headSize,
            feedForwardWidth: widths[widths.count - 1]))
      }
      return points
    }
  }

  /// Short heads on middling hidden sizes: on no curve of the table.
  private var checks: [BlockWidths] {
    guard rungs.count > 3, widths.count > 2 else { return [] }
    return [1, 2].map { index in
      var point = point(rung: rungs[index], width: widths[1])
      point.headSize = max(unit, point.headSize / 2 / unit * unit)
      return point
    }
  }

  package var firstPoints: [BlockWidths] {
    Self.distinct(
      rungs.flatMap { rung in widths.map { point(rung: rung, width: $0) } } + headCurve
        + checks)
  }

  var firstGaps: [Gap] {
    let hidden = zip(rungs.dropFirst(), rungs).map { Gap.hidden($0, $1) }
    return hidden
      + rungs.flatMap { rung in
        zip(widths.dropFirst(), widths).map { Gap.width(rung: rung, $0, $1) }
      }
  }

  /// The middle of a gap on the grid of sizes that plans use; nil where nothing lies between.
  func middle(of gap: Gap) -> Int? {
    let (low, high, unit) =
      switch gap {
      case .width(_, let low, let high): (low, high, 32)
      case .hidden(let low, let high):
        (low, high, original.tiesHiddenSize ? self.unit : original.hiddenSizeUnit)
      }
    let middle = (low + high) / 2 / unit * unit
    return middle > low && middle < high ? middle : nil
  }

  /// Points to measure to see whether a gap bends, the deciding one first.
  func points(of gap: Gap, middle: Int) -> [BlockWidths] {
    switch gap {
    case .width(let rung, _, _): return [point(rung: rung, width: middle)]
    case .hidden:
      // A hidden size is of use with a curve of its own.
      let order = [widths.count / 2] + widths.indices.filter { $0 != widths.count / 2 }
      return order.map { point(rung: middle, width: widths[$0]) }
    }
  }

  func halves(of gap: Gap, middle: Int) -> [Gap] {
    switch gap {
    case .width(let rung, let low, let high):
      return [.width(rung: rung, low, middle), .width(rung: rung, middle, high)]
    case .hidden(let low, let high): return [.hidden(low, middle), .hidden(middle, high)]
    }
  }
}
