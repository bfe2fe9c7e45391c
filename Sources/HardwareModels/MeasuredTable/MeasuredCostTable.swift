package import Artifacts

/// Latency and energy interpolated from the block costs of a profile.
///
/// request = (vision + Q-Former + first(last block) + Σ block(other blocks)) · calibration, where the
/// calibration makes the original shape cost what the whole request was measured to cost.
package struct MeasuredCostTable: CostModel {
  package let name: String
  package let predictsEnergy: Bool
  /// Measured over summed latency of the original; 1 where the parts add up exactly.
  package let timeCalibration: Double
  /// The same for energy.
  package let energyCalibration: Double

  private let costs: HardwareCosts
  private let original: UniformShape
  private let blockSurface: BlockCostSurface
  private let firstSurface: BlockCostSurface
  /// Phases that pruning the language model leaves alone.
  private let fixed: [RequestPhaseCost]
  private let uncalibratedTime: Double

  /// Throws `HardwareModelError` where the profile has no block or request time.
  package init(costs: HardwareCosts, original: UniformShape) throws(HardwareModelError) {
    guard let blocks = BlockCostSurface(costs.blocks, .block),
      let first = BlockCostSurface(costs.blocks, .first)
    else { throw .emptyTable(hardware: costs.name, field: "blocks") }
    guard let measured = costs.request.time.value else {
      throw .emptyTable(hardware: costs.name, field: "request")
    }
    name = costs.name
    self.costs = costs
    self.original = original
    blockSurface = blocks
    firstSurface = first
    fixed = costs.phases.filter { $0.phase == .vision || $0.phase == .queryFormer }
    predictsEnergy =
      costs.request.energy.value != nil
      && costs.blocks.allSatisfy { $0.prefill.energy.value != nil && $0.decode.energy.value != nil }

    let widths = BlockWidths(original)
    let sum = first.value(widths) + blocks.value(widths) * Double(original.blocks - 1)
    let time = sum[0] + sum[1] + fixed.reduce(0) { $0 + ($1.cost.time.value?.value ?? 0) }
    let energy = sum[2] + sum[3] + fixed.reduce(0) { $0 + ($1.cost.energy.value?.value ?? 0) }
    uncalibratedTime = time
    timeCalibration = time > 0 ? measured.value / time : 1
    energyCalibration = energy > 0 ? (costs.request.energy.value?.value ?? 0) / energy : 1
  }

  package func block(_ widths: BlockWidths) -> CostPoint { point(blockSurface.value(widths)) }

  package func first(_ widths: BlockWidths) -> CostPoint {
    var value = firstSurface.value(widths)
    for phase in fixed {
      value[0] += phase.cost.time.value?.value ?? 0
      value[2] += phase.cost.energy.value?.value ?? 0
    }
    return point(value)
  }

  private func point(_ value: Costs) -> CostPoint {
    CostPoint(
      time: Seconds((value[0] + value[1]) * timeCalibration),
      energy: Joules((value[2] + value[3]) * energyCalibration))
  }

  package func request(shape: UniformShape) -> Expense {
    if shape == original { return costs.request }
    return figures(phaseTerms(Parts(shape)).map(\.1), whole: point(shape).time.value)
  }

  /// One request of a model whose blocks differ, first to last, with interval; nil without blocks.
  package func request(blocks: [BlockWidths]) -> Expense? {
    guard let last = blocks.last else { return nil }
    let whole = blocks.dropLast().reduce(first(last)) { $0 + block($1) }
    var others: [(widths: BlockWidths, count: Int)] = []
    for widths in blocks.dropLast() {
      if let index = others.firstIndex(where: { $0.widths == widths }) {
        others[index].count += 1
      } else {
        others.append((widths, 1))
      }
    }
    return figures(
      phaseTerms(Parts(last: last, others: others)).map(\.1), whole: whole.time.value)
  }

  package func phases(shape: UniformShape) -> [RequestPhaseCost] {
    let whole = point(shape).time.value
    return phaseTerms(Parts(shape)).map {
      RequestPhaseCost(phase: $0.0, cost: figures([$0.1], whole: whole))
    }
  }

  /// The blocks of a model, equal ones together.
  private struct Parts {
    var last: BlockWidths
    var others: [(widths: BlockWidths, count: Int)]

    init(last: BlockWidths, others: [(widths: BlockWidths, count: Int)]) {
      self.last = last
      self.others = others
    }

    init(_ shape: UniformShape) {
      self.init(last: BlockWidths(shape), others: [(BlockWidths(shape), shape.blocks - 1)])
    }
  }

  /// One phase's uncalibrated time and energy.
  private struct Term {
    var time: Interval
    var energy: Interval
  }

  /// Share of the variance of block errors that all blocks have in common, such as the pace of the
  /// machine when they were sampled; the rest is each shape's own.
  static let commonVariance = 0.5

  private func phaseTerms(_ parts: Parts) -> [(RequestPhase, Term)] {
    let terms =
      [(firstSurface.value(parts.last), firstSurface.errors(parts.last))]
      + parts.others.map { widths, count in
        (blockSurface.value(widths) * Double(count), blockSurface.errors(widths))
      }
    func interval(_ lane: Int) -> Interval {
      func combined(_ distances: [Double]) -> Double {
        let sum = distances.reduce(0, +)
        let squares = distances.reduce(0) { $0 + $1 * $1 }
        return (Self.commonVariance * sum * sum + (1 - Self.commonVariance) * squares)
          .squareRoot()
      }
      return Interval(
        value: terms.reduce(0) { $0 + $1.0[lane] },
        below: combined(terms.map { $0.0[lane] * $0.1.low[lane] }),
        above: combined(terms.map { $0.0[lane] * $0.1.high[lane] }))
    }
    return fixed.map {
      ($0.phase, Term(time: Interval($0.cost.time), energy: Interval($0.cost.energy)))
    } + [
      (.prefill, Term(time: interval(0), energy: interval(2))),
      (.decode, Term(time: interval(1), energy: interval(3))),
    ]
  }

  /// Both phases of the language model, always the last two, are of the same samples: their errors
  /// add up. Those of the phases before are independent.
  private static func sum(_ terms: [Interval]) -> Interval {
    let language = terms.suffix(2).reduce(Interval(value: 0, below: 0, above: 0)) {
      Interval(
        value: $0.value + $1.value, below: $0.below + $1.below, above: $0.above + $1.above)
    }
    return Interval.sum(terms.dropLast(2) + [language])
  }

  /// - Parameter whole: calibrated seconds of the whole request.
  private func figures(_ terms: [Term], whole: Double) -> Expense {
    var time = Self.sum(terms.map(\.time)).scaled(by: timeCalibration)
    // How much of the calibration belongs to the parts that shrink is unknown: the further a shape
    // is from the original, the less its ratio is trusted.
    let shrunk = max(0, 1 - whole / (uncalibratedTime * timeCalibration))
    time.widen(by: abs(timeCalibration - 1) * shrunk * time.value)
    let from = "interpolated from \(blockSurface.sampleCount) block costs of \(name)"
    let timeFigure = Figure<Seconds>.modelled(
      Seconds(time.value), low: Seconds(time.low), high: Seconds(time.high),
      source: "\(from) (\(costs.request.time.source))")
    guard predictsEnergy else {
      return Expense(time: timeFigure, energy: .unavailable(costs.request.energy.source))
    }
    var energy = Self.sum(terms.map(\.energy)).scaled(by: energyCalibration)
    energy.widen(by: abs(energyCalibration - 1) * shrunk * energy.value)
    return Expense(
      time: timeFigure,
      energy: .modelled(
        Joules(energy.value), low: Joules(energy.low), high: Joules(energy.high),
        source: "\(from) (\(costs.request.energy.source))"))
  }
}
