import Artifacts

extension Provenance {
  /// The weaker of two: a result is only as good as the weakest number that entered it.
  func weaker(_ other: Provenance) -> Provenance {
    let order: [Provenance] = [.measured, .attributed, .modelled, .unavailable]
    let left = order.firstIndex(of: self) ?? 0
    let right = order.firstIndex(of: other) ?? 0
    return left >= right ? self : other
  }
}

extension Figure {
  /// A figure of known provenance; unavailable where a bound is not finite.
  static func of(
    _ value: Double, low: Double, high: Double, provenance: Provenance, source: String
  ) -> Self {
    guard value.isFinite, low.isFinite, high.isFinite else {
      return .unavailable("not computable: \(source)")
    }
    return Figure.measured(Q(value), low: Q(low), high: Q(high), source: source)
      .relabelled(provenance, source: source)
  }
}

/// A function of two figures that is monotone in each: the interval spans the four corners, that
/// is the worst case, without assuming that errors are independent.
func combine<A: Quantity, B: Quantity, R: Quantity>(
  _ left: Figure<A>, _ right: Figure<B>, source: String, _ function: (Double, Double) -> Double
) -> Figure<R> {
  guard let a = left.value, let aLow = left.low, let aHigh = left.high else {
    return .unavailable(left.source)
  }
  guard let b = right.value, let bLow = right.low, let bHigh = right.high else {
    return .unavailable(right.source)
  }
  let corners = [aLow, aHigh].flatMap { x in [bLow, bHigh].map { function(x.value, $0.value) } }
  let value = function(a.value, b.value)
  return .of(
    value, low: corners.reduce(value, min), high: corners.reduce(value, max),
    provenance: left.provenance.weaker(right.provenance), source: source)
}

/// The sum of figures; unavailable as soon as one of them is.
func total<Q: Quantity>(_ figures: [Figure<Q>], source: String) -> Figure<Q> {
  guard let first = figures.first else { return .unavailable("nothing to add up") }
  return figures.dropFirst().reduce(first) { sum, next in
    combine(sum, next, source: source, +)
  }.sourced(source)
}

extension Figure {
  /// The same number and provenance under another source.
  func sourced(_ source: String) -> Self { relabelled(provenance, source: source) }
}
