package import Artifacts

/// Latency and energy interpolated from the block and stem costs of a profile.
///
/// request = (vision + Q-Former + stem(hidden) + blocks · block(widths)) · calibration, where the
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
  private let surface: BlockCostSurface
  private let stem: StemCostCurve
  /// Phases that pruning the language model leaves alone.
  private let fixed: [RequestPhaseCost]
  private let uncalibratedTime: Double

  /// Throws `HardwareModelError` where the profile has no block, stem or request time.
  package init(costs: HardwareCosts, original: UniformShape) throws(HardwareModelError) {
    guard let surface = BlockCostSurface(costs.blocks) else {
      throw .emptyTable(hardware: costs.name, field: "blocks")
    }
    guard let stem = StemCostCurve(costs.stem) else {
      throw .emptyTable(hardware: costs.name, field: "stem")
    }
    guard let measured = costs.request.time.value else {
      throw .emptyTable(hardware: costs.name, field: "request")
    }
    name = costs.name
    self.costs = costs
    self.original = original
    self.surface = surface
    self.stem = stem
    fixed = costs.phases.filter { $0.phase == .vision || $0.phase == .queryFormer }
    predictsEnergy =
      costs.request.energy.value != nil
      && costs.blocks.allSatisfy { $0.prefill.energy.value != nil && $0.decode.energy.value != nil }

    let hidden = Double(original.hiddenSize)
    let block = surface.value(
      hiddenSize: hidden, attentionWidth: Double(original.attentionWidth),
      feedForwardWidth: Double(original.feedForwardWidth))
    let sum = stem.value(hiddenSize: hidden) + block * Double(original.blocks)
    let time = sum[0] + sum[1] + fixed.reduce(0) { $0 + ($1.cost.time.value?.value ?? 0) }
    let energy = sum[2] + sum[3] + fixed.reduce(0) { $0 + ($1.cost.energy.value?.value ?? 0) }
    uncalibratedTime = time
    timeCalibration = time > 0 ? measured.value / time : 1
    energyCalibration = energy > 0 ? (costs.request.energy.value?.value ?? 0) / energy : 1
  }

  package func block(hiddenSize: Int, attentionWidth: Int, feedForwardWidth: Int) -> CostPoint {
    let value = surface.value(
      hiddenSize: Double(hiddenSize), attentionWidth: Double(attentionWidth),
      feedForwardWidth: Double(feedForwardWidth))
    return CostPoint(
      time: Seconds((value[0] + value[1]) * timeCalibration),
      energy: Joules((value[2] + value[3]) * energyCalibration))
  }

  package func base(hiddenSize: Int) -> CostPoint {
    let value = stem.value(hiddenSize: Double(hiddenSize))
    var time = value[0] + value[1]
    var energy = value[2] + value[3]
    for phase in fixed {
      time += phase.cost.time.value?.value ?? 0
      energy += phase.cost.energy.value?.value ?? 0
    }
    return CostPoint(
      time: Seconds(time * timeCalibration), energy: Joules(energy * energyCalibration))
  }

  package func request(shape: UniformShape) -> Expense {
    if shape == original { return costs.request }
    return figures(phaseTerms(shape).map(\.1), shape)
  }

  package func phases(shape: UniformShape) -> [RequestPhaseCost] {
    phaseTerms(shape).map { RequestPhaseCost(phase: $0.0, cost: figures([$0.1], shape)) }
  }

  /// One phase's uncalibrated time and energy.
  private struct Term {
    var time: Interval
    var energy: Interval
  }

  private func phaseTerms(_ shape: UniformShape) -> [(RequestPhase, Term)] {
    let hidden = Double(shape.hiddenSize)
    let width = Double(shape.feedForwardWidth)
    let stemValue = stem.value(hiddenSize: hidden)
    let stemErrors = stem.errors(hiddenSize: hidden)
    let blocks = Double(shape.blocks)
    let blockValue =
      surface.value(
        hiddenSize: hidden, attentionWidth: Double(shape.attentionWidth), feedForwardWidth: width)
      * blocks
    let blockErrors = surface.errors(hiddenSize: hidden, feedForwardWidth: width)
    func interval(_ lane: Int) -> Interval {
      Interval.sum([
        Interval(
          value: stemValue[lane], below: stemValue[lane] * stemErrors.low[lane],
          above: stemValue[lane] * stemErrors.high[lane]),
        // All blocks are alike, so their error is one error, multiplied, and does not average out.
        Interval(
          value: blockValue[lane], below: blockValue[lane] * blockErrors.low[lane],
          above: blockValue[lane] * blockErrors.high[lane]),
      ])
    }
    return fixed.map {
      ($0.phase, Term(time: Interval($0.cost.time), energy: Interval($0.cost.energy)))
    } + [
      (.prefill, Term(time: interval(0), energy: interval(2))),
      (.decode, Term(time: interval(1), energy: interval(3))),
    ]
  }

  private func figures(_ terms: [Term], _ shape: UniformShape) -> Expense {
    var time = Interval.sum(terms.map(\.time)).scaled(by: timeCalibration)
    // How much of the calibration belongs to the parts that shrink is unknown: the further a shape
    // is from the original, the less its ratio is trusted.
    let shrunk = max(0, 1 - point(shape).time.value / (uncalibratedTime * timeCalibration))
    time.widen(by: abs(timeCalibration - 1) * shrunk * time.value)
    let from = "interpolated from \(surface.sampleCount) block costs of \(name)"
    let timeFigure = Figure<Seconds>.modelled(
      Seconds(time.value), low: Seconds(time.low), high: Seconds(time.high),
      source: "\(from) (\(costs.request.time.source))")
    guard predictsEnergy else {
      return Expense(time: timeFigure, energy: .unavailable(costs.request.energy.source))
    }
    var energy = Interval.sum(terms.map(\.energy)).scaled(by: energyCalibration)
    energy.widen(by: abs(energyCalibration - 1) * shrunk * energy.value)
    return Expense(
      time: timeFigure,
      energy: .modelled(
        Joules(energy.value), low: Joules(energy.low), high: Joules(energy.high),
        source: "\(from) (\(costs.request.energy.source))"))
  }
}
