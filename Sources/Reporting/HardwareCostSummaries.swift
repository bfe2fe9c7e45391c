import Artifacts

/// Costs of every hardware of a profile, with the forecast of the final shape beside them.
func hardwareCosts(profile: ProfileRecord, plan: PlanRecord) -> [HardwareCostSummary] {
  profile.hardware.map { hardware in
    let forecast = plan.final.costs.first { $0.hardware == hardware.name }?.request
    let samples = singleDimensionSamples(hardware.blocks, around: plan.original.shape)
    return HardwareCostSummary(
      name: hardware.name, description: hardware.description, original: hardware.request,
      forecastFinal: forecast,
      phases: phases(hardware, final: plan.final.shape, forecast: forecast),
      blocks: samples, blockSampleCount: hardware.blocks.count,
      activePower: hardware.activePower, idlePower: hardware.idlePower,
      reservedMemoryPower: hardware.reservedMemoryPower, explanation: hardware.explanation)
  }
}

/// Pruning leaves image encoder and Q-Former alone, so their costs stay; what remains of the
/// forecast is divided between prefill and decode as the profile's nearest block sample divides it.
private func phases(
  _ hardware: HardwareCosts, final: UniformShape, forecast: Expense?
) -> [HardwareCostSummary.Phase] {
  let nearest = hardware.blocks.min { distance($0, final) < distance($1, final) }
  return hardware.phases.map { part in
    let isLanguageModel = part.phase == .prefill || part.phase == .decode
    guard isLanguageModel else {
      return .init(phase: part.phase, original: part.cost, final: part.cost)
    }
    let fixed = hardware.phases.filter { $0.phase == .vision || $0.phase == .queryFormer }
    let other = nearest.map {
      part.phase == .prefill ? ($0.prefill, $0.decode) : ($0.decode, $0.prefill)
    }
    let expense = Expense(
      time: share(
        forecast?.time, fixed: fixed.map(\.cost.time), part: other?.0.time, rest: other?.1.time),
      energy: share(
        forecast?.energy, fixed: fixed.map(\.cost.energy), part: other?.0.energy,
        rest: other?.1.energy))
    return .init(phase: part.phase, original: part.cost, final: expense)
  }
}

private func share<Q: Quantity>(
  _ total: Figure<Q>?, fixed: [Figure<Q>], part: Figure<Q>?, rest: Figure<Q>?
) -> Figure<Q> {
  guard let total = total?.value, let part = part?.value, let rest = rest?.value,
    (part + rest).value > 0
  else { return .unavailable("no forecast or no block sample to divide it by") }
  let left = total.value - fixed.reduce(0) { $0 + ($1.value?.value ?? 0) }
  return .attributed(
    Q(max(0, left) * (part / (part + rest))),
    source: "forecast less vision and Q-Former, divided as the nearest block sample divides it")
}

/// Sum of the relative differences of the four block dimensions.
private func distance(_ sample: BlockCostSample, _ shape: UniformShape) -> Double {
  func relative(_ a: Int, _ b: Int) -> Double {
    abs(Double(a) - Double(b)) / Double(max(a, b, 1))
  }
  return relative(sample.hiddenSize, shape.hiddenSize) + relative(sample.heads, shape.heads)
    + relative(sample.headSize, shape.headSize)
    + relative(sample.feedForwardWidth, shape.feedForwardWidth)
}

/// Samples that leave all dimensions but at most one as they were; the first 16 where there are none.
private func singleDimensionSamples(
  _ samples: [BlockCostSample], around shape: UniformShape
) -> [BlockCostSample] {
  let near = samples.filter { sample in
    [
      sample.hiddenSize == shape.hiddenSize, sample.heads == shape.heads,
      sample.headSize == shape.headSize, sample.feedForwardWidth == shape.feedForwardWidth,
    ].filter { !$0 }.count <= 1
  }
  return near.isEmpty ? Array(samples.prefix(16)) : near
}
