import Artifacts

/// One sample of a cost table as plain numbers: values and relative errors of the four costs.
struct CostSample {
  var value: Costs
  var low: Costs
  var high: Costs

  /// Nil where prefill or decode has no time. Energies that are unavailable count as zero.
  init?(prefill: Expense, decode: Expense) {
    guard prefill.time.value != nil, decode.time.value != nil else { return nil }
    func number<Q: Quantity>(_ quantity: Q?) -> Double { max(0, quantity?.value ?? 0) }
    let value = Costs(
      number(prefill.time.value), number(decode.time.value), number(prefill.energy.value),
      number(decode.energy.value))
    func relative(_ bound: Costs, _ sign: Double) -> Costs {
      var result = Costs()
      for lane in 0..<4 where value[lane] > 0 {
        result[lane] = max(0, sign * (bound[lane] - value[lane]) / value[lane])
      }
      return result
    }
    self.value = value
    low = relative(
      Costs(
        number(prefill.time.low), number(decode.time.low), number(prefill.energy.low),
        number(decode.energy.low)), -1)
    high = relative(
      Costs(
        number(prefill.time.high), number(decode.time.high), number(prefill.energy.high),
        number(decode.energy.high)), 1)
  }

  private init(value: Costs, low: Costs, high: Costs) {
    self.value = value
    self.low = low
    self.high = high
  }

  /// Mean value and mean relative error of samples of one point (for example other head counts of
  /// the same attention width).
  static func mean(_ samples: [CostSample]) -> CostSample {
    let count = Double(max(1, samples.count))
    var sum = CostSample(value: Costs(), low: Costs(), high: Costs())
    for sample in samples {
      sum.value += sample.value
      sum.low += sample.low
      sum.high += sample.high
    }
    return CostSample(value: sum.value / count, low: sum.low / count, high: sum.high / count)
  }
}
