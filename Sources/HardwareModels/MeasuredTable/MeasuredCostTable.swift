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
    let blocks = [BlockWidths(shape)]
    return figures(
      phaseTerms(shape.hiddenSize, blocks, each: shape.blocks).map(\.1),
      whole: point(shape).time.value)
  }

  /// One request of a model whose blocks differ, with interval.
  package func request(hiddenSize: Int, blocks: [BlockWidths]) -> Expense {
    let whole = blocks.reduce(base(hiddenSize: hiddenSize)) { sum, widths in
      sum
        + block(
          hiddenSize: hiddenSize, attentionWidth: widths.attention,
          feedForwardWidth: widths.feedForward)
    }
    return figures(phaseTerms(hiddenSize, blocks, each: 1).map(\.1), whole: whole.time.value)
  }

  package func phases(shape: UniformShape) -> [RequestPhaseCost] {
    let whole = point(shape).time.value
    return phaseTerms(shape.hiddenSize, [BlockWidths(shape)], each: shape.blocks).map {
      RequestPhaseCost(phase: $0.0, cost: figures([$0.1], whole: whole))
    }
  }

  /// The widths of one block that its cost depends on.
  package struct BlockWidths: Hashable, Sendable {
    package var attention: Int
    package var feedForward: Int

    package init(attention: Int, feedForward: Int) {
      self.attention = attention
      self.feedForward = feedForward
    }

    init(_ shape: UniformShape) {
      self.init(attention: shape.attentionWidth, feedForward: shape.feedForwardWidth)
    }
  }

  /// One phase's uncalibrated time and energy.
  private struct Term {
    var time: Interval
    var energy: Interval
  }

  /// `each`: how many times every listed block is there.
  private func phaseTerms(
    _ hiddenSize: Int, _ blocks: [BlockWidths], each: Int
  ) -> [(RequestPhase, Term)] {
    let hidden = Double(hiddenSize)
    let stemValue = stem.value(hiddenSize: hidden)
    let stemErrors = stem.errors(hiddenSize: hidden)
    var blockValue = Costs()
    var below = Costs()
    var above = Costs()
    for widths in blocks {
      let value =
        surface.value(
          hiddenSize: hidden, attentionWidth: Double(widths.attention),
          feedForwardWidth: Double(widths.feedForward)) * Double(each)
      let errors = surface.errors(
        hiddenSize: hidden, feedForwardWidth: Double(widths.feedForward))
      blockValue += value
      // Errors of blocks have their causes in common, so they add up and do not average out.
      below += value * errors.low
      above += value * errors.high
    }
    func interval(_ lane: Int) -> Interval {
      Interval.sum([
        Interval(
          value: stemValue[lane], below: stemValue[lane] * stemErrors.low[lane],
          above: stemValue[lane] * stemErrors.high[lane]),
        Interval(value: blockValue[lane], below: below[lane], above: above[lane]),
      ])
    }
    return fixed.map {
      ($0.phase, Term(time: Interval($0.cost.time), energy: Interval($0.cost.energy)))
    } + [
      (.prefill, Term(time: interval(0), energy: interval(2))),
      (.decode, Term(time: interval(1), energy: interval(3))),
    ]
  }

  /// - Parameter whole: calibrated seconds of the whole request.
  private func figures(_ terms: [Term], whole: Double) -> Expense {
    var time = Interval.sum(terms.map(\.time)).scaled(by: timeCalibration)
    // How much of the calibration belongs to the parts that shrink is unknown: the further a shape
    // is from the original, the less its ratio is trusted.
    let shrunk = max(0, 1 - whole / (uncalibratedTime * timeCalibration))
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
