/// Order statistics of repeated measurements.
package struct SampleSummary: Sendable {
  private let sorted: [Double]

  package init(_ samples: [Double]) { sorted = samples.sorted() }

  /// Linear interpolation between order statistics.
  package func quantile(_ p: Double) -> Double {
    guard let last = sorted.last else { return .nan }
    let position = p * Double(sorted.count - 1)
    let lower = Int(position)
    guard lower + 1 < sorted.count else { return last }
    return sorted[lower] + (position - Double(lower)) * (sorted[lower + 1] - sorted[lower])
  }

  package var median: Double { quantile(0.5) }

  /// An 80 % interval of the median, from the spread of the samples: ± 1.28 · 1.25 · s/√n, with s the
  /// interquartile range over 1.35, which outliers do not move.
  package var medianInterval: (low: Double, high: Double) {
    let deviation = (quantile(0.75) - quantile(0.25)) / 1.35
    let half = 1.28 * 1.25 * deviation / Double(max(1, sorted.count)).squareRoot()
    return (median - half, median + half)
  }

  package func measured(source: String) -> Figure<Seconds> {
    let interval = medianInterval
    return .measured(
      Seconds(median), low: Seconds(interval.low), high: Seconds(interval.high), source: source)
  }
}
