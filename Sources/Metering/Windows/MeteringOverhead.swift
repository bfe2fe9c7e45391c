package import Artifacts

/// What metering itself takes from the work that it measures.
package struct MeteringOverhead: Codable, Hashable, Sendable {
  /// Opening and closing one window: median, with the 10th and the 90th percentile.
  package var perWindow: Figure<Seconds>
  /// The window that the shares are of.
  package var window: Seconds
  /// Median and 90th percentile of `perWindow` over `window`.
  package var share: Double
  package var highShare: Double
}

extension EnergyMonitor {
  /// Opens and closes `windows` empty windows in a row and times each.
  package func overhead(
    of window: Seconds = Seconds(milliseconds: 200), windows: Int = 1_000
  ) -> MeteringOverhead {
    var samples: [Double] = []
    for _ in 0..<max(1, windows) {
      let start = system.now()
      _ = end(begin())
      samples.append(Double(system.now() &- start) * 1e-9)
    }
    let summary = SampleSummary(samples)
    let (low, high) = (summary.quantile(0.1), summary.quantile(0.9))
    let length = max(window.value, .leastNormalMagnitude)
    return MeteringOverhead(
      perWindow: .measured(
        Seconds(summary.median), low: Seconds(low), high: Seconds(high),
        source: "monotonic clock, \(samples.count) empty windows of \(meterName)"),
      window: window, share: summary.median / length, highShare: high / length)
  }
}
