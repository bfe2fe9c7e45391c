/// What the heads of one block cost: their projections and attention itself.
///
/// heads(h, n, s) = n / N · D(h, s) for n heads of size s, where D is the curve over head sizes of all N
/// heads. Kernels work on whole vectors, so D rises in steps and is kept as sampled, linear between
/// samples. In the hidden size D is a line: projections grow with it, attention does not. So the steps
/// are the same at every hidden size, and what differs between two of them is a line in the head size.
struct HeadCosts: Sendable {
  /// Ascending; the first is 0 where the line between the smallest two ends there.
  private let hiddenSizes: [Double]
  private let headSizes: [Double]
  /// Row per hidden size, column per head size, all `count` heads.
  private let rows: [[Costs]]
  private let count: Double

  /// - Parameter samples: of one or more hidden sizes; not empty.
  init(_ samples: [SurfaceSample], heads count: Int) {
    self.count = Double(count)
    var curves: [(hidden: Int, points: Int, curve: Curve)] = []
    let groups = Dictionary(grouping: samples, by: \.hiddenSize).sorted { $0.key < $1.key }
    for (hidden, group) in groups {
      let widths = Dictionary(grouping: group, by: \.feedForwardWidth).map {
        (width: $0.key, samples: $0.value, attentions: Set($0.value.map(\.attention)).count)
      }
      // One feed-forward width has the curve: that with the most attentions, the narrowest of these.
      let best = widths.max { ($0.attentions, $1.width) < ($1.attentions, $0.width) }
      if let best, best.attentions > 1, let curve = Curve(best.samples, heads: count) {
        curves.append((hidden, best.attentions, curve))
      }
    }
    if curves.isEmpty, let (hidden, group) = groups.last {
      curves = [(hidden, 1, Curve(assumedFrom: group[0], heads: count))]
    }
    // Two head sizes are too few for a curve beside one with more.
    if curves.contains(where: { $0.points > 2 }) { curves.removeAll { $0.points < 3 } }
    let sizes = Set(curves.flatMap { $0.curve.headSizes }).sorted()
    headSizes = sizes
    let reference = curves.max { $0.curve.headSizes.count < $1.curve.headSizes.count }?.curve
    var values = curves.map { _, _, curve in
      guard let reference, let difference = curve.line(below: reference) else {
        return sizes.map { curve.value(at: $0) }
      }
      return isotonic(
        sizes.map {
          larger(reference.value(at: $0) - difference.offset - difference.slope * $0, Costs())
        })
    }
    for column in sizes.indices {
      let fitted = isotonic(values.map { $0[column] })
      for row in values.indices { values[row][column] = fitted[row] }
    }
    var knots = curves.map { Double($0.hidden) }
    let zero =
      values.count > 1
      ? isotonic(
        sizes.indices.map { column in
          let slope = (values[1][column] - values[0][column]) / (knots[1] - knots[0])
          return larger(values[0][column] - slope * knots[0], Costs())
        })
      // A single hidden size: as if projections were all.
      : sizes.map { _ in Costs() }
    // No larger than the first row, which may pool other head sizes.
    values.insert(zip(zero, values[0]).map { $0.replacing(with: $1, where: $1 .< $0) }, at: 0)
    knots.insert(0, at: 0)
    hiddenSizes = knots
    rows = values
  }

  func value(hiddenSize: Double, heads: Double, headSize: Double) -> Costs {
    let last = hiddenSizes[hiddenSizes.count - 1]
    if hiddenSize > last {
      return value(row: rows.count - 1, headSize: headSize) * (hiddenSize / last * heads / count)
    }
    let row = locate(hiddenSize, in: hiddenSizes)
    let lower = value(row: row.index, headSize: headSize)
    let upper = value(row: row.index + 1, headSize: headSize)
    return (lower + (upper - lower) * row.share) * (heads / count)
  }

  private func value(row: Int, headSize: Double) -> Costs {
    interpolated(rows[row], knots: headSizes, at: headSize)
  }

  /// D at one hidden size.
  private struct Curve {
    private(set) var headSizes: [Double]
    private var values: [Costs]

    /// From samples of one hidden size and feed-forward width; nil where none has all heads.
    init?(_ samples: [SurfaceSample], heads: Int) {
      let own = Dictionary(grouping: samples.filter { $0.heads == heads }, by: \.headSize)
        .sorted { $0.key < $1.key }
      guard !own.isEmpty else { return nil }
      headSizes = own.map { Double($0.key) }
      let totals = isotonic(own.map { CostSample.mean($0.value.map(\.cost)).value })
      // A sample with fewer heads tells what a head costs, and so what of a total is not the heads'.
      var rest = Costs()
      var found = 0.0
      for sample in samples where sample.heads != heads {
        guard let index = headSizes.firstIndex(of: Double(sample.headSize)) else { continue }
        let share = 1 - Double(sample.heads) / Double(heads)
        rest += totals[index] - (totals[index] - sample.cost.value) / share
        found += 1
      }
      if found > 0 {
        rest /= found
      } else {
        rest = totals.count > 1 ? leastSquaresLine(headSizes, totals).offset : Costs()
      }
      let least = totals[0]
      rest = larger(rest, Costs()).replacing(with: least, where: rest .> least)
      values = totals.map { $0 - rest }
    }

    /// By weights, where nothing was sampled: attention has 4 · hidden per unit of width, the
    /// feed-forward module 2 · hidden.
    init(assumedFrom sample: SurfaceSample, heads: Int) {
      let attention = 4 * Double(sample.heads * sample.headSize)
      let share = attention / (attention + 2 * Double(sample.feedForwardWidth))
      headSizes = [Double(sample.headSize)]
      values = [sample.cost.value * (share * Double(heads) / Double(sample.heads))]
    }

    func value(at headSize: Double) -> Costs {
      interpolated(values, knots: headSizes, at: headSize)
    }

    /// How far this curve lies below another, as a line in the head size; nil for fewer than three
    /// head sizes.
    func line(below other: Curve) -> (offset: Costs, slope: Costs)? {
      guard headSizes.count > 2 else { return nil }
      return leastSquaresLine(headSizes, zip(headSizes, values).map { other.value(at: $0) - $1 })
    }
  }
}

/// - Parameter x: at least two different values.
private func leastSquaresLine(_ x: [Double], _ y: [Costs]) -> (offset: Costs, slope: Costs) {
  let n = Double(x.count)
  let meanX = x.reduce(0, +) / n
  let meanY = y.reduce(Costs(), +) / n
  var slope = Costs()
  var square = 0.0
  for (x, y) in zip(x, y) {
    slope += (y - meanY) * (x - meanX)
    square += (x - meanX) * (x - meanX)
  }
  slope /= square
  return (meanY - slope * meanX, slope)
}

/// Linear between knots, in proportion to the nearest knot outside.
private func interpolated(_ values: [Costs], knots: [Double], at x: Double) -> Costs {
  let last = knots.count - 1
  if x <= knots[0] { return values[0] * (x / knots[0]) }
  if x >= knots[last] { return values[last] * (x / knots[last]) }
  let (index, share) = locate(x, in: knots)
  return values[index] + (values[index + 1] - values[index]) * share
}
