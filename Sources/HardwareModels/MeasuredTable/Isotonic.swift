/// Least-squares non-decreasing fit by pool-adjacent-violators.
///
/// Noise can make a wider layer look cheaper than a narrower one; the fit pools such neighbours, so
/// that no plan is drawn to a measurement error. Source: Ayer et al., 1955.
package func isotonic(_ values: [Double]) -> [Double] {
  var pools: [(mean: Double, count: Int)] = []
  for value in values {
    var pool = (mean: value, count: 1)
    while let last = pools.last, last.mean > pool.mean {
      let count = last.count + pool.count
      let sum = last.mean * Double(last.count) + pool.mean * Double(pool.count)
      pool = (sum / Double(count), count)
      pools.removeLast()
    }
    pools.append(pool)
  }
  return pools.flatMap { Array(repeating: $0.mean, count: $0.count) }
}

/// Costs of one sample: prefill time, decode time, prefill energy, decode energy.
typealias Costs = SIMD4<Double>

/// The isotonic fit of every lane on its own.
func isotonic(_ values: [Costs]) -> [Costs] {
  var result = values
  for lane in 0..<4 {
    let fitted = isotonic(values.map { $0[lane] })
    for index in values.indices { result[index][lane] = fitted[index] }
  }
  return result
}

/// The larger of each lane.
func larger(_ a: Costs, _ b: Costs) -> Costs { a.replacing(with: b, where: a .< b) }

/// A position between two knots: index of the lower one, and the share of the upper one.
///
/// Outside the knots the share leaves 0 … 1 and continues the outermost segment.
func locate(_ x: Double, in knots: [Double]) -> (index: Int, share: Double) {
  guard knots.count > 1 else { return (0, 0) }
  var index = 0
  while index < knots.count - 2 && x > knots[index + 1] { index += 1 }
  return (index, (x - knots[index]) / (knots[index + 1] - knots[index]))
}
