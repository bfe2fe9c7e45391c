import Foundation

/// Linear warm-up, then half a cosine from the peak down to `floor` times the peak.
///
/// Source: Loshchilov and Hutter, "SGDR", arXiv 1608.03983.
package struct CosineSchedule: Sendable {
  package var peak: Double
  package var steps: Int
  package var warmup: Int
  package var floor: Double

  package init(peak: Double, steps: Int, warmup: Int = 0, floor: Double = 0.01) {
    self.peak = peak
    self.steps = steps
    self.warmup = warmup
    self.floor = floor
  }

  /// Learning rate of step 0, 1, …
  package func rate(at step: Int) -> Double {
    if step < warmup { return peak * Double(step + 1) / Double(warmup) }
    let progress = min(1, Double(step - warmup) / Double(max(1, steps - warmup)))
    return peak * (floor + (1 - floor) * 0.5 * (1 + cos(.pi * progress)))
  }
}
