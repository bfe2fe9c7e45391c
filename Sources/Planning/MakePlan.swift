package import Artifacts
import HardwareModels

/// The plan for a profile under a request: equal inputs give equal bytes.
///
/// Throws `PlanningError`; its `isInfeasible` tells a target that no shape meets from a mistake.
package func makePlan(
  profile: ProfileRecord, profileReference: ContentReference, request: PlanRequest
) throws(PlanningError) -> PlanRecord {
  do {
    return try planOnce(profile, profileReference, request)
  } catch {
    guard case .infeasible(.compression, let asked, var smallest, var nearest) = error else {
      throw error
    }
    // The best shape depends on the budget, so the budget that one shape needs may lead to another
    // shape: follow until a budget is named that does suffice.
    var enlarged = request
    for _ in 0..<32 {
      enlarged.compressionEnergy = KilowattHours(nearest)
      do {
        _ = try planOnce(profile, profileReference, enlarged)
        break
      } catch {
        guard case .infeasible(.compression, _, let larger, let next) = error, next > nearest else {
          break
        }
        (smallest, nearest) = (larger, next)
      }
    }
    throw .infeasible(binding: .compression, asked: asked, smallest: smallest, nearest: nearest)
  }
}

private func planOnce(
  _ profile: ProfileRecord, _ profileReference: ContentReference, _ request: PlanRequest
) throws(PlanningError) -> PlanRecord {
  try check(request)
  let languageModel = profile.model.shape.languageModel
  guard let original = languageModel.uniform else {
    throw .unplannableModel(reason: "its blocks differ in shape; uniform widths need equal blocks")
  }
  let headMultiple = languageModel.blocks.first?.attention.queryHeadMultiple ?? 1
  let space = try searchSpace(original, headMultiple: headMultiple, allows: request.allows)
  guard let strategy = Strategies.named(request.strategy) else {
    throw .unknownStrategy(name: request.strategy, known: Strategies.names)
  }
  let tables = try costTables(profile, original)
  guard let cost = tables.first(where: { $0.name == request.hardware }) else {
    throw .unknownHardware(name: request.hardware, known: tables.map(\.name))
  }

  let budget = try distillationBudget(profile, request)
  let forecast = profile.sensitivity.flatMap {
    AccuracyForecast(sensitivity: $0, original: original, budget: budget)
  }
  let problem = PlanningProblem(
    space: space, languageModel: languageModel, cost: cost,
    latencyLimit: request.latency * PlanningConstants.latencyMargin,
    energyLimit: try energyLimit(request, cost, profile),
    objective: forecast.map { .accuracy($0) } ?? .leastCompression)

  let result = strategy.search(problem)
  guard let final = result.best else { throw infeasible(result, problem, request) }
  let allocation = EpochAllocation(
    budget: budget, cost: cost, original: original,
    power: profile.sensitivity?.distillation.power ?? .unavailable("distillation was not profiled"),
    headMultiple: headMultiple)
  let timed = try schedule(allocation, to: final, request: request)

  func shapeForecast(_ label: String, _ shape: UniformShape) -> ShapeForecast {
    var accuracy = Figure<Accuracy>.unavailable("no accuracy was profiled: no weights or no data")
    if shape == original, let record = profile.sensitivity?.original {
      accuracy = .measured(record.overall, source: "\(record.split) entries, in profiling")
    } else if let forecast {
      accuracy = forecast.accuracy(shape)
    }
    return ShapeForecast(
      label: label, shape: shape,
      languageModelParameters: languageModel.parameterCount(at: shape),
      costs: tables.map {
        HardwareForecast(hardware: $0.name, request: $0.request(shape: shape))
      },
      accuracy: accuracy)
  }
  let originalForecast = shapeForecast("original", original)
  let finalForecast = shapeForecast("plan", final)
  var alternatives = [originalForecast]
  alternatives += result.frontier.filter { $0 != final && $0 != original }
    .map { shapeForecast("candidate", $0) }
  if let shape = Baselines.uniform(problem) {
    alternatives.append(shapeForecast("uniform baseline", shape))
  }
  if let shape = Baselines.random(problem, seed: request.settings.seed) {
    alternatives.append(shapeForecast("random baseline", shape))
  }
  let target = PlanTarget(
    latency: request.latency, speedUp: request.speedUp, annualEnergy: request.annualEnergy,
    compressionEnergy: request.compressionEnergy, requestsPerYear: request.requestsPerYear,
    powerUsageEffectiveness: request.powerUsageEffectiveness, hardware: request.hardware)
  var unlimited = problem
  unlimited.energyLimit = nil
  let notes = PlanNotes(
    request: request, problem: problem, final: finalForecast, result: result,
    withoutEnergyLimit: problem.energyLimit == nil ? nil : strategy.search(unlimited).best,
    hardware: profile.hardware, budget: budget, compression: timed.compression)
  var settings = request.settings
  settings.teacherViews = timed.views
  return PlanRecord(
    model: profile.model, data: profile.data, profile: profileReference,
    workload: profile.workload, target: target, strategy: request.strategy,
    provenOptimal: result.provenOptimal, candidatesCompared: result.compared,
    original: originalForecast, final: finalForecast, alternatives: alternatives,
    schedule: timed.steps, compression: timed.compression, settings: settings,
    notes: notes.sentences)
}

private func check(_ request: PlanRequest) throws(PlanningError) {
  func positive(_ value: Double?, _ flag: String) throws(PlanningError) {
    guard let value else { return }
    guard value.isFinite, value > 0 else {
      throw .invalidValue(flag: flag, value: "\(value)", remedy: "give a number above 0")
    }
  }
  try positive(request.latency.milliseconds, "--target-ms")
  try positive(request.annualEnergy?.value, "--annual-kwh")
  try positive(request.compressionEnergy?.value, "--compression-kwh")
  try positive(request.compressionTime.value, "the compression time")
  try positive(request.requestsPerYear, "--requests-per-year")
  guard request.powerUsageEffectiveness.isFinite, request.powerUsageEffectiveness >= 1 else {
    throw .invalidValue(
      flag: "--pue", value: "\(request.powerUsageEffectiveness)",
      remedy: "power usage effectiveness is at least 1")
  }
}

private func searchSpace(
  _ original: UniformShape, headMultiple: Int, allows: (UniformShape) -> Bool
) throws(PlanningError) -> SearchSpace {
  let sizes = [
    original.blocks, original.feedForwardWidth, original.heads, original.headSize,
    original.hiddenSize,
  ]
  // Beyond a million the products of sizes leave the range of integers.
  guard sizes.allSatisfy({ (1...1_000_000).contains($0) }) else {
    throw .unplannableModel(reason: "one of its sizes is not in 1 … 1000000: \(original)")
  }
  let space = SearchSpace(original: original, headMultiple: headMultiple, allows: allows)
  guard !space.attentions.isEmpty else {
    throw .unplannableModel(reason: "no smaller number of heads or head size exists: \(original)")
  }
  return space
}

private func costTables(
  _ profile: ProfileRecord, _ original: UniformShape
) throws(PlanningError) -> [any CostModel] {
  var tables: [any CostModel] = []
  for costs in profile.hardware {
    do {
      let table = try MeasuredCostTable(costs: costs, original: original)
      // Probes are served on the machine that was measured, not on a modelled one.
      let isMeasured = costs.request.time.provenance == .measured
      let checked = CheckedCostModel(
        table, original: original, probes: isMeasured ? profile.sensitivity?.probes ?? [] : [])
      tables.append(checked ?? table)
    } catch {
      throw .brokenProfile(reason: error.description)
    }
  }
  return tables
}

private func distillationBudget(
  _ profile: ProfileRecord, _ request: PlanRequest
) throws(PlanningError) -> DistillationBudget {
  var time = request.compressionTime
  if let energy = request.compressionEnergy {
    guard let power = profile.sensitivity?.distillation.power.value, power.value > 0 else {
      throw .energyUnavailable(
        flag: PlanningError.Constraint.compression.flag,
        reason: profile.sensitivity?.distillation.power.source ?? "distillation was not profiled")
    }
    time = Seconds(Joules(energy).value / power.value)
  }
  return DistillationBudget(
    time: time, cost: profile.sensitivity?.distillation, data: profile.data,
    batchCreatives: request.settings.batchCreatives,
    // Only images can be altered.
    views: profile.model.shape.vision == nil ? 0 : request.settings.teacherViews)
}

/// Energy of one request that the annual limit leaves.
private func energyLimit(
  _ request: PlanRequest, _ cost: any CostModel, _ profile: ProfileRecord
) throws(PlanningError) -> Joules? {
  guard let annual = request.annualEnergy else { return nil }
  guard cost.predictsEnergy else {
    let source = profile.hardware.first { $0.name == cost.name }?.request.energy.source
    throw .energyUnavailable(
      flag: PlanningError.Constraint.annualEnergy.flag, reason: source ?? "no meter")
  }
  return Joules(annual) / (request.requestsPerYear * request.powerUsageEffectiveness)
}

private func schedule(
  _ allocation: EpochAllocation, to final: UniformShape, request: PlanRequest
) throws(PlanningError) -> TimedSchedule {
  do {
    return try allocation.schedule(to: final)
  } catch {
    guard case .compressionTooShort(let asked, let needed) = error,
      let energy = request.compressionEnergy
    else { throw error }
    let smallest = energy.value * (needed / asked)
    throw .infeasible(
      binding: .compression, asked: energy.value, smallest: smallest,
      nearest: roundedUp(smallest))
  }
}

private func infeasible(
  _ result: SearchResult, _ problem: PlanningProblem, _ request: PlanRequest
) -> PlanningError {
  if let limit = problem.energyLimit, let annual = request.annualEnergy,
    result.smallestEnergy > limit
  {
    let smallest = annualEnergy(
      perRequest: result.smallestEnergy, requestsPerYear: request.requestsPerYear,
      powerUsageEffectiveness: request.powerUsageEffectiveness
    ).value
    return .infeasible(
      binding: .annualEnergy, asked: annual.value, smallest: smallest, nearest: roundedUp(smallest))
  }
  let smallest = (result.smallestLatencyWithinEnergy ?? result.smallestLatency).milliseconds
  return .infeasible(
    binding: .latency, asked: request.latency.milliseconds, smallest: smallest,
    nearest: roundedUp(smallest / PlanningConstants.latencyMargin))
}
