import Artifacts

/// Cost of the language model outside its blocks as a function of the hidden size.
struct StemCostCurve: Sendable {
  private let hiddenSizes: [Double]
  private let values: [Costs]
  private let lowErrors: [Costs]
  private let highErrors: [Costs]

  /// Nil where no sample has a time.
  init?(_ samples: [StemCostSample]) {
    var groups: [Int: [CostSample]] = [:]
    for sample in samples {
      guard let cost = CostSample(prefill: sample.prefill, decode: sample.decode) else { continue }
      groups[sample.hiddenSize, default: []].append(cost)
    }
    guard !groups.isEmpty else { return nil }
    let ordered = groups.sorted { $0.key < $1.key }.map {
      (Double($0.key), CostSample.mean($0.value))
    }
    hiddenSizes = ordered.map(\.0)
    values = isotonic(ordered.map(\.1.value))
    lowErrors = ordered.map(\.1.low)
    highErrors = ordered.map(\.1.high)
  }

  func value(hiddenSize: Double) -> Costs {
    guard values.count > 1 else { return values[0] * (hiddenSize / hiddenSizes[0]) }
    let (index, share) = locate(hiddenSize, in: hiddenSizes)
    let line = values[index] + (values[index + 1] - values[index]) * share
    return larger(line, values[0] * min(1, hiddenSize / hiddenSizes[0]))
  }

  /// Relative errors below and above the value.
  func errors(hiddenSize: Double) -> (low: Costs, high: Costs) {
    let (index, share) = locate(hiddenSize, in: hiddenSizes)
    let nearest = share > 0.5 ? index + 1 : index
    let outside = max(0, (hiddenSizes[0] - hiddenSize) / hiddenSizes[0])
    let added = Costs(repeating: BlockCostSurface.extrapolationError * outside)
    return (lowErrors[nearest] + added, highErrors[nearest] + added)
  }
}
