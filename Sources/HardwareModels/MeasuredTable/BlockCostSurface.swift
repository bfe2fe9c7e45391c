package import Artifacts

/// Cost of one block as a function of hidden size, attention width and feed-forward width.
///
/// cost(h, a, f) = full(h, f) − slope(h) · (h − a). `full` is the cost with attention as wide as the
/// hidden size, piecewise linear in f and h and non-decreasing in both; `slope` is what a unit of
/// attention width costs, from samples with narrower attention. Head count at one width is averaged.
struct BlockCostSurface: Sendable {
  private let hiddenSizes: [Double]
  private let widths: [Double]
  /// Row per hidden size, column per feed-forward width.
  private let full: [[Costs]]
  private let slopes: [Costs]
  /// Half the second derivative in the hidden size, from attention's h² weights. One for all
  /// feed-forward widths, the least of them, so that no width becomes cheaper than a narrower one.
  private let curvature: Costs
  private let lowErrors: [[Costs]]
  private let highErrors: [[Costs]]
  let sampleCount: Int

  /// Relative error added per relative distance outside the samples.
  static let extrapolationError = 0.5
  /// A block never costs less than this share of the same block with full attention.
  static let smallestShare = 0.05

  /// Nil where no sample has a time.
  init?(_ samples: [BlockCostSample]) {
    var groups: [Int: HiddenGroup] = [:]
    for sample in samples {
      guard let cost = CostSample(prefill: sample.prefill, decode: sample.decode) else { continue }
      groups[sample.hiddenSize, default: HiddenGroup(hiddenSize: sample.hiddenSize)].add(
        attentionWidth: sample.heads * sample.headSize, width: sample.feedForwardWidth, cost: cost)
    }
    let ordered = groups.values.sorted { $0.hiddenSize < $1.hiddenSize }
    guard !ordered.isEmpty else { return nil }
    let knots = Set(ordered.flatMap(\.widths)).sorted().map(Double.init)

    // A group without narrow samples borrows the nearest group's slope; its cost per unit of
    // attention width grows with the hidden size.
    let measured = ordered.compactMap { group in group.attentionSlope().map { (group, $0) } }
    let slopes = ordered.map { group in
      let nearest = measured.min {
        abs($0.0.hiddenSize - group.hiddenSize) < abs($1.0.hiddenSize - group.hiddenSize)
      }
      guard let nearest else { return group.assumedAttentionSlope() }
      return nearest.1 * (Double(group.hiddenSize) / Double(nearest.0.hiddenSize))
    }
    var full = zip(ordered, slopes).map { group, slope in
      knots.map { group.fullCost(at: $0, slope: slope) }
    }
    for column in knots.indices {
      let fitted = isotonic(full.map { $0[column] })
      for row in full.indices { full[row][column] = fitted[row] }
    }
    for row in full.indices {
      for column in knots.indices.dropFirst() {
        full[row][column] = larger(full[row][column], full[row][column - 1])
      }
    }
    let sizes = ordered.map { Double($0.hiddenSize) }
    hiddenSizes = sizes
    widths = knots
    let bends = knots.indices.map { column in quadraticTerm(sizes, full.map { $0[column] }) }
    curvature = bends.dropFirst().reduce(bends[0]) { $0.replacing(with: $1, where: $1 .< $0) }
    self.full = full
    self.slopes = slopes
    lowErrors = ordered.map { group in knots.map { group.nearest(to: $0).low } }
    highErrors = ordered.map { group in knots.map { group.nearest(to: $0).high } }
    sampleCount = samples.count
  }

  func value(hiddenSize: Double, attentionWidth: Double, feedForwardWidth: Double) -> Costs {
    let column = locate(feedForwardWidth, in: widths)
    let row = locate(hiddenSize, in: hiddenSizes)
    let lower = fullCost(row: row.index, column, feedForwardWidth)
    var value: Costs
    var slope: Costs
    if hiddenSizes.count == 1 || hiddenSize < hiddenSizes[0] {
      let share = hiddenSize / hiddenSizes[0]
      value = lower * share
      slope = slopes[0] * share
    } else if hiddenSize > hiddenSizes[hiddenSizes.count - 1] {
      let share = hiddenSize / hiddenSizes[hiddenSizes.count - 1]
      value = fullCost(row: hiddenSizes.count - 1, column, feedForwardWidth) * share
      slope = slopes[slopes.count - 1] * share
    } else {
      let upper = fullCost(row: row.index + 1, column, feedForwardWidth)
      // The line between two hidden sizes lies above a curve that bends upwards.
      let distance =
        (hiddenSize - hiddenSizes[row.index]) * (hiddenSizes[row.index + 1] - hiddenSize)
      value = larger(lower + (upper - lower) * row.share - curvature * distance, lower)
      slope = slopes[row.index] + (slopes[row.index + 1] - slopes[row.index]) * row.share
    }
    return larger(value - slope * (hiddenSize - attentionWidth), value * Self.smallestShare)
  }

  /// Relative errors below and above the value.
  func errors(hiddenSize: Double, feedForwardWidth: Double) -> (low: Costs, high: Costs) {
    func nearest(_ x: Double, _ knots: [Double]) -> Int {
      let (index, share) = locate(x, in: knots)
      return share > 0.5 ? index + 1 : index
    }
    func outside(_ x: Double, _ knots: [Double]) -> Double {
      let first = knots[0]
      let last = knots[knots.count - 1]
      return max(0, (first - x) / first, (x - last) / last)
    }
    let row = nearest(hiddenSize, hiddenSizes)
    let column = nearest(feedForwardWidth, widths)
    let distance = outside(hiddenSize, hiddenSizes) + outside(feedForwardWidth, widths)
    let added = Costs(repeating: Self.extrapolationError * distance)
    return (lowErrors[row][column] + added, highErrors[row][column] + added)
  }

  private func fullCost(
    row: Int, _ column: (index: Int, share: Double), _ width: Double
  ) -> Costs {
    let curve = full[row]
    guard curve.count > 1 else { return curve[0] * (width / widths[0]) }
    let line =
      curve[column.index] + (curve[column.index + 1] - curve[column.index]) * column.share
    guard width < widths[0] else { return line }
    return larger(line, curve[0] * (width / widths[0]))
  }
}

/// The quadratic coefficient of the parabola through (x, y) that is nearest in proportion, at least 0
/// in every lane; 0 below four points.
private func quadraticTerm(_ x: [Double], _ y: [Costs]) -> Costs {
  guard x.count > 3, let scale = x.max() else { return Costs() }
  var result = Costs()
  for lane in 0..<4 where y.allSatisfy({ $0[lane] > 0 }) {
    var m = [[Double]](repeating: [0, 0, 0, 0], count: 3)
    for (point, value) in zip(x, y) {
      let powers = [1, point / scale, point / scale * point / scale]
      let weight = 1 / (value[lane] * value[lane])
      for i in 0..<3 {
        for j in 0..<3 { m[i][j] += weight * powers[i] * powers[j] }
        m[i][3] += weight * powers[i] * value[lane]
      }
    }
    func determinant(_ a: Int, _ b: Int, _ c: Int) -> Double {
      m[0][a] * (m[1][b] * m[2][c] - m[1][c] * m[2][b])
        - m[0][b] * (m[1][a] * m[2][c] - m[1][c] * m[2][a])
        + m[0][c] * (m[1][a] * m[2][b] - m[1][b] * m[2][a])
    }
    let whole = determinant(0, 1, 2)
    guard abs(whole) > 1e-12 * abs(m[0][0] * m[1][1] * m[2][2]) else { continue }
    result[lane] = max(0, determinant(0, 1, 3) / whole / (scale * scale))
  }
  return result
}

/// Seconds of one block by interpolation between samples, prefill and decode together; nil without
/// samples.
package func interpolatedBlockTime(
  _ samples: [BlockCostSample], hiddenSize: Int, attentionWidth: Int, feedForwardWidth: Int
) -> Seconds? {
  guard let surface = BlockCostSurface(samples) else { return nil }
  let value = surface.value(
    hiddenSize: Double(hiddenSize), attentionWidth: Double(attentionWidth),
    feedForwardWidth: Double(feedForwardWidth))
  return Seconds(value[0] + value[1])
}

/// The samples of one hidden size.
private struct HiddenGroup {
  let hiddenSize: Int
  private var samples: [Key: [CostSample]] = [:]

  private struct Key: Hashable {
    var attentionWidth: Int
    var width: Int
  }

  init(hiddenSize: Int) { self.hiddenSize = hiddenSize }

  mutating func add(attentionWidth: Int, width: Int, cost: CostSample) {
    samples[Key(attentionWidth: attentionWidth, width: width), default: []].append(cost)
  }

  var widths: [Int] { samples.keys.map(\.width) }

  /// Attention width that the feed-forward curve was sampled at: the hidden size where present.
  private var curveWidth: Int {
    let all = Set(samples.keys.map(\.attentionWidth))
    return all.contains(hiddenSize) ? hiddenSize : all.max() ?? hiddenSize
  }

  /// The feed-forward curve, ascending in width.
  private var curve: [(width: Double, cost: CostSample)] {
    samples.filter { $0.key.attentionWidth == curveWidth }
      .map { (Double($0.key.width), CostSample.mean($0.value)) }
      .sorted { $0.0 < $1.0 }
  }

  /// Least-squares cost of one unit of attention width; nil without narrower samples.
  func attentionSlope() -> Costs? {
    let curve = curve
    let reference = curveWidth
    var numerator = Costs()
    var denominator = 0.0
    let narrow = samples.filter { $0.key.attentionWidth < reference }
      .sorted {
        ($0.key.attentionWidth, $0.key.width) < ($1.key.attentionWidth, $1.key.width)
      }
    for (key, costs) in narrow {
      let distance = Double(reference - key.attentionWidth)
      let wide = interpolate(curve, at: Double(key.width))
      numerator += (wide - CostSample.mean(costs).value) * distance
      denominator += distance * distance
    }
    guard denominator > 0 else { return nil }
    return larger(numerator / denominator, Costs())
  }

  /// Attention has 4 · hidden weights per unit of width where the feed-forward module has
  /// 2 · hidden: without a measurement, a unit is assumed to cost in that proportion.
  func assumedAttentionSlope() -> Costs {
    guard let first = curve.first else { return Costs() }
    return first.cost.value * (4 / (4 * Double(curveWidth) + 2 * first.width))
  }

  /// Cost at a feed-forward width with attention as wide as the hidden size.
  func fullCost(at width: Double, slope: Costs) -> Costs {
    interpolate(curve, at: width) + slope * Double(hiddenSize - curveWidth)
  }

  func nearest(to width: Double) -> CostSample {
    let best = curve.min { abs($0.width - width) < abs($1.width - width) }
    return best?.cost ?? CostSample.mean([])
  }

  private func interpolate(_ curve: [(width: Double, cost: CostSample)], at width: Double) -> Costs
  {
    guard let first = curve.first else { return Costs() }
    guard curve.count > 1 else {
      // Weights in proportion, as in `assumedAttentionSlope`.
      let weights = 4 * Double(curveWidth) + 2 * first.width
      return first.cost.value * ((4 * Double(curveWidth) + 2 * width) / weights)
    }
    let values = isotonic(curve.map(\.cost.value))
    let (index, share) = locate(width, in: curve.map(\.width))
    let line = values[index] + (values[index + 1] - values[index]) * share
    return larger(line, values[0] * min(1, width / first.width))
  }
}
