package import Artifacts

/// Cost of one block, or of a model of one block, as a function of its widths.
///
/// cost(h, n, s, f) = rest(h, f) + heads(h, n, s). `heads` keeps the steps that kernels make in the head
/// size (`HeadCosts`); `rest` is what samples cost beyond their heads, piecewise linear in h and f. Both
/// are at least 0 and never fall where a width grows, so neither does their sum.
struct BlockCostSurface: Sendable {
  private let heads: HeadCosts
  private let hiddenSizes: [Double]
  private let widths: [Double]
  /// Row per hidden size, column per feed-forward width, first width 0.
  private let rest: [[Costs]]
  private let lowErrors: [[Costs]]
  private let highErrors: [[Costs]]
  let sampleCount: Int

  /// Relative error added per relative distance outside the samples.
  static let extrapolationError = 0.5

  /// Which of a sample's costs.
  enum Part: Sendable {
    /// What one more block adds.
    case block
    /// A model of one block.
    case first
  }

  /// Nil where no sample has a time.
  init?(_ blocks: [BlockCostSample], _ part: Part) {
    let samples = blocks.compactMap { SurfaceSample($0, part) }
    guard let most = samples.map(\.heads).max() else { return nil }
    let heads = HeadCosts(samples, heads: most)
    self.heads = heads
    sampleCount = samples.count

    var groups = Dictionary(grouping: samples, by: \.hiddenSize).map {
      HiddenGroup(hiddenSize: $0.key, samples: $0.value, heads: heads)
    }
    // A hidden size is of use with a curve of its own.
    if groups.contains(where: { $0.widths.count > 1 }) { groups.removeAll { $0.widths.count < 2 } }
    groups.sort { $0.hiddenSize < $1.hiddenSize }
    let knots = Set(groups.flatMap(\.widths)).sorted()
    var rest = groups.map { group in knots.map { group.rest(at: $0) } }
    for column in knots.indices {
      let fitted = isotonic(rest.map { $0[column] })
      for row in rest.indices { rest[row][column] = fitted[row] }
    }
    for row in rest.indices {
      for column in knots.indices.dropFirst() {
        rest[row][column] = larger(rest[row][column], rest[row][column - 1])
      }
    }
    hiddenSizes = groups.map { Double($0.hiddenSize) }
    widths = knots
    // What is left at width 0, on the line of the two narrowest; a single width is all in proportion.
    var ends = rest.map { row in
      knots.count > 1
        ? larger(row[0] - (row[1] - row[0]) * (knots[0] / (knots[1] - knots[0])), Costs())
        : Costs()
    }
    ends = isotonic(ends)
    self.rest = zip(ends, rest).map { end, row in
      [end.replacing(with: row[0], where: row[0] .< end)] + row
    }
    lowErrors = groups.map { group in knots.map { group.errors(nearestTo: $0).low } }
    highErrors = groups.map { group in knots.map { group.errors(nearestTo: $0).high } }
  }

  func value(_ block: BlockWidths) -> Costs {
    let hidden = Double(block.hiddenSize)
    return rest(hidden, Double(block.feedForwardWidth))
      + heads.value(
        hiddenSize: hidden, heads: Double(block.heads), headSize: Double(block.headSize))
  }

  /// Relative errors below and above the value.
  func errors(_ block: BlockWidths) -> (low: Costs, high: Costs) {
    func nearest(_ x: Double, _ knots: [Double]) -> Int {
      let (index, share) = locate(x, in: knots)
      return share > 0.5 ? index + 1 : index
    }
    func outside(_ x: Double, _ knots: [Double]) -> Double {
      let first = knots[0]
      let last = knots[knots.count - 1]
      return max(0, (first - x) / first, (x - last) / last)
    }
    let hidden = Double(block.hiddenSize)
    let width = Double(block.feedForwardWidth)
    let row = nearest(hidden, hiddenSizes)
    let column = nearest(width, widths)
    let added = Costs(
      repeating: Self.extrapolationError * (outside(hidden, hiddenSizes) + outside(width, widths)))
    return (lowErrors[row][column] + added, highErrors[row][column] + added)
  }

  private func rest(_ hidden: Double, _ width: Double) -> Costs {
    let last = hiddenSizes.count - 1
    if hidden <= hiddenSizes[0] { return rest(row: 0, width) * (hidden / hiddenSizes[0]) }
    if hidden >= hiddenSizes[last] { return rest(row: last, width) * (hidden / hiddenSizes[last]) }
    let row = locate(hidden, in: hiddenSizes)
    let lower = rest(row: row.index, width)
    return line(lower, rest(row: row.index + 1, width), row.share)
  }

  private func rest(row: Int, _ width: Double) -> Costs {
    if width < widths[0] { return line(rest[row][0], rest[row][1], width / widths[0]) }
    let last = widths.count - 1
    if width >= widths[last] { return rest[row][last + 1] * (width / widths[last]) }
    let (index, share) = locate(width, in: widths)
    return line(rest[row][index + 1], rest[row][index + 2], share)
  }
}

/// Seconds of one block, or of a model of one block, by interpolation between samples, prefill and
/// decode together; nil without samples.
package func interpolatedTimes(
  _ samples: [BlockCostSample], _ widths: BlockWidths
) -> (block: Seconds, first: Seconds)? {
  guard let block = BlockCostSurface(samples, .block)?.value(widths),
    let first = BlockCostSurface(samples, .first)?.value(widths)
  else { return nil }
  return (Seconds(block[0] + block[1]), Seconds(first[0] + first[1]))
}

/// One sample of one surface.
struct SurfaceSample {
  var hiddenSize: Int
  var heads: Int
  var headSize: Int
  var feedForwardWidth: Int
  var cost: CostSample

  struct Attention: Hashable {
    var heads: Int
    var headSize: Int
  }

  var attention: Attention { Attention(heads: heads, headSize: headSize) }

  init?(_ sample: BlockCostSample, _ part: BlockCostSurface.Part) {
    let cost =
      switch part {
      case .block: CostSample(prefill: sample.prefill, decode: sample.decode)
      case .first: CostSample(prefill: sample.firstPrefill, decode: sample.firstDecode)
      }
    guard let cost, sample.hiddenSize > 0, sample.heads > 0, sample.headSize > 0,
      sample.feedForwardWidth > 0
    else { return nil }
    hiddenSize = sample.hiddenSize
    heads = sample.heads
    headSize = sample.headSize
    feedForwardWidth = sample.feedForwardWidth
    self.cost = cost
  }
}

/// The samples of one hidden size, by feed-forward width.
private struct HiddenGroup {
  let hiddenSize: Int
  let widths: [Double]
  private let curve: [Costs]
  private let means: [CostSample]

  init(hiddenSize: Int, samples: [SurfaceSample], heads: HeadCosts) {
    self.hiddenSize = hiddenSize
    let ordered = Dictionary(grouping: samples, by: \.feedForwardWidth)
      .sorted { $0.key < $1.key }
    widths = ordered.map { Double($0.key) }
    means = ordered.map { CostSample.mean($0.value.map(\.cost)) }
    curve = isotonic(
      ordered.map { _, samples in
        let sum = samples.reduce(Costs()) {
          $0 + $1.cost.value
            - heads.value(
              hiddenSize: Double(hiddenSize), heads: Double($1.heads),
              headSize: Double($1.headSize))
        }
        return larger(sum / Double(samples.count), Costs())
      })
  }

  func rest(at width: Double) -> Costs {
    let proportional = curve[0] * (width / widths[0])
    guard widths.count > 1 else { return proportional }
    let (index, share) = locate(width, in: widths)
    let value = line(curve[index], curve[index + 1], share)
    return width < widths[0] ? larger(value, proportional) : value
  }

  func errors(nearestTo width: Double) -> CostSample {
    let best = widths.indices.min { abs(widths[$0] - width) < abs(widths[$1] - width) }
    return means[best ?? 0]
  }
}

private func line(_ lower: Costs, _ upper: Costs, _ share: Double) -> Costs {
  lower + (upper - lower) * share
}
