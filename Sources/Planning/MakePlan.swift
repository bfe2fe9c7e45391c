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
  try requireAnswers(profile, request)
  let setting = try PlanSetting(profile, request)
  let original = setting.original
  let space = try searchSpace(
    original, headMultiple: setting.headMultiple, allows: request.allows)
  let problem = try setting.problem(space)

  let result = setting.strategy.search(problem)
  guard let final = result.best else { throw infeasible(result, problem, request) }
  var allocation = EpochAllocation(
    budget: setting.budget, cost: setting.cost, original: original, power: setting.power,
    headMultiple: setting.headMultiple)
  allocation.rehearsals = request.reservedRehearsals
  let timed = try schedule(allocation, to: final, request: request)

  let originalForecast = setting.forecast("original", original)
  let finalForecast = setting.forecast("plan", final)
  try requireAccuracy(finalForecast, setting, problem)
  var alternatives = [originalForecast]
  alternatives += result.frontier.filter { $0 != final && $0 != original }
    .map { setting.forecast("candidate", $0) }
  if let shape = Baselines.uniform(problem) {
    alternatives.append(setting.forecast("uniform baseline", shape))
  }
  if let shape = Baselines.random(problem, seed: request.settings.seed) {
    alternatives.append(setting.forecast("random baseline", shape))
  }
  let target = PlanTarget(
    latency: request.latency, speedUp: request.speedUp, annualEnergy: request.annualEnergy,
    compressionEnergy: request.compressionEnergy, requestsPerYear: request.requestsPerYear,
    powerUsageEffectiveness: request.powerUsageEffectiveness, hardware: request.hardware,
    maximumAccuracyDrop: profile.data == nil ? nil : request.maximumAccuracyDrop,
    allowsFailingOriginal: request.allowsFailingOriginal ? true : nil)
  var unlimited = problem
  unlimited.energyLimit = nil
  let notes = PlanNotes(
    request: request, problem: problem, final: finalForecast, result: result,
    withoutEnergyLimit: problem.energyLimit == nil ? nil : setting.strategy.search(unlimited).best,
    hardware: profile.hardware, budget: setting.budget, compression: timed.compression,
    original: profile.sensitivity?.original.overall, warnings: profile.warnings)
  var settings = request.settings
  settings.teacherViews = timed.views
  // A step may lose what the whole compression may.
  settings.tolerance = max(settings.tolerance, request.maximumAccuracyDrop.value)
  var plan = PlanRecord(
    model: profile.model, data: profile.data, profile: profileReference,
    workload: profile.workload, target: target, strategy: request.strategy,
    provenOptimal: result.provenOptimal, candidatesCompared: result.compared,
    original: originalForecast, final: finalForecast, alternatives: alternatives,
    schedule: timed.steps, compression: timed.compression, settings: settings,
    notes: notes.sentences, prompt: profile.prompt)
  plan.companions = profile.companions
  return plan
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
    // The ratio of times leaves the range of numbers where the asked one is next to nothing.
    let smallest =
      allocation.power.value.map { KilowattHours($0 * needed).value }
      ?? energy.value * (needed / asked)
    throw .infeasible(
      binding: .compression, asked: energy.value, smallest: smallest,
      nearest: roundedUp(smallest))
  }
}

func infeasible(
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
  let fastest = result.smallestLatencyWithinEnergy ?? result.smallestLatency
  guard fastest.value.isFinite else {
    return .brokenProfile(
      reason: "the profile's costs of \(request.hardware) are beyond the range of numbers; "
        + "run `planner profile` again")
  }
  let whole = problem.cost.request(shape: problem.space.original).time.value
  if let ratio = request.speedUp, let original = whole {
    let largest = original / fastest
    return .infeasibleRatio(
      asked: ratio, largest: largest,
      nearest: roundedDown(largest * PlanningConstants.latencyMargin))
  }
  let smallest = fastest.milliseconds
  return .infeasible(
    binding: .latency, asked: request.latency.milliseconds, smallest: smallest,
    nearest: roundedUp(smallest / PlanningConstants.latencyMargin))
}
