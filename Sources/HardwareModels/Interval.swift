package import Artifacts

/// A number with independent errors below and above; sums combine errors in quadrature.
package struct Interval: Sendable {
  package var value: Double
  /// Distance from the lower end to the value.
  package var below: Double
  /// Distance from the value to the upper end.
  package var above: Double

  package init(value: Double, below: Double, above: Double) {
    self.value = value
    self.below = below
    self.above = above
  }

  /// The numbers of a figure; zero where it is unavailable.
  package init<Q: Quantity>(_ figure: Figure<Q>) {
    let value = figure.value?.value ?? 0
    self.value = value
    below = max(0, value - (figure.low?.value ?? value))
    above = max(0, (figure.high?.value ?? value) - value)
  }

  package var low: Double { max(0, value - below) }
  package var high: Double { value + above }

  package func scaled(by factor: Double) -> Interval {
    Interval(value: value * factor, below: below * factor, above: above * factor)
  }

  /// Adds one more independent error on both sides.
  package mutating func widen(by error: Double) {
    below = (below * below + error * error).squareRoot()
    above = (above * above + error * error).squareRoot()
  }

  package static func sum(_ terms: [Interval]) -> Interval {
    var value = 0.0
    var below = 0.0
    var above = 0.0
    for term in terms {
      value += term.value
      below += term.below * term.below
      above += term.above * term.above
    }
    return Interval(value: value, below: below.squareRoot(), above: above.squareRoot())
  }
}
