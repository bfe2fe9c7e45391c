package import Artifacts
import HardwareModels

/// The plan made again with forecasts that a measurement corrected: another final shape, perhaps, and
/// the steps to it from the original.
///
/// - Parameters:
///   - basis: The correction, and what the latency target is at the pace of its measurement.
///   - allows: As in `PlanRequest`.
/// - Throws: `PlanningError` where no shape meets the targets on that basis.
package func revise(
  _ plan: PlanRecord, profile: ProfileRecord, basis: RevisionBasis,
  allows: @escaping @Sendable (UniformShape) -> Bool
) throws(PlanningError) -> PlanRevision {
  let request = PlanRequest(plan, basis: basis, allows: allows)
  let revised: PlanRecord
  do {
    revised = try makePlan(profile: profile, profileReference: plan.profile, request: request)
  } catch {
    throw atMeasuredPace(error)
  }
  // The teacher has answered its views by then, and their time is spent.
  guard revised.settings.teacherViews == plan.settings.teacherViews || revised.schedule.isEmpty
  else { throw .viewsSpent }
  return PlanRevision(
    basis: basis, final: revised.final, schedule: revised.schedule,
    compression: revised.compression)
}

/// The steps from a compressed model that missed its target to a smaller one, in a share of the plan's
/// compression time.
///
/// - Throws: `PlanningError` where no smaller shape meets the targets on that basis, or where neither
///   time nor energy pay for the steps.
package func repair(
  _ plan: PlanRecord, profile: ProfileRecord, basis: RevisionBasis, from start: RepairStart,
  allows: @escaping @Sendable (UniformShape) -> Bool
) throws(PlanningError) -> PlanRevision {
  let request = PlanRequest(plan, basis: basis, allows: allows)
  let setting = try PlanSetting(profile, request)
  let space = try searchSpace(
    start.shape, headMultiple: setting.headMultiple, allows: request.allows)
  let problem = try setting.problem(space)
  let result = setting.strategy.search(problem)
  guard let final = result.best, final != start.shape else {
    throw atMeasuredPace(infeasible(result, problem, request))
  }
  let forecast = setting.forecast("repaired plan", final)
  do { try requireAccuracy(forecast, setting, problem) } catch { throw atMeasuredPace(error) }
  let whole = plan.compression.time.value ?? request.compressionTime
  var time = whole * PlanningConstants.repairShare
  if let energy = start.energy {
    guard let power = setting.power.value, power.value > 0 else {
      throw .energyUnavailable(
        flag: PlanningError.Constraint.compression.flag, reason: setting.power.source)
    }
    time = min(time, Seconds(max(0, energy.value / power.value)))
  }
  let budget = DistillationBudget(
    time: time, cost: profile.sensitivity?.distillation, data: profile.data,
    batchCreatives: request.settings.batchCreatives, views: 0)
  var allocation = EpochAllocation(
    budget: budget, cost: setting.cost, original: start.shape, power: setting.power,
    headMultiple: setting.headMultiple)
  allocation.isRepair = true
  var timed = try allocation.schedule(to: final)
  for index in timed.steps.indices { timed.steps[index].index += start.firstIndex - 1 }
  return PlanRevision(
    basis: basis, final: forecast, schedule: timed.steps,
    compression: timed.compression)
}

/// A revision's latency limit is not a flag of a user: no flag is named.
private func atMeasuredPace(_ error: PlanningError) -> PlanningError {
  switch error {
  case .infeasible(.latency, let limit, let smallest, _):
    .infeasibleAtPace(limit: limit, smallest: smallest)
  case .accuracyOutOfReach(let floor, let best, _, _):
    .accuracyOutOfReachAtPace(floor: floor, best: best)
  default: error
  }
}

extension PlanRequest {
  /// What a plan was asked for, read back from it, with the targets and forecasts of a revision.
  init(
    _ plan: PlanRecord, basis: RevisionBasis, allows: @escaping @Sendable (UniformShape) -> Bool
  ) {
    self.init(latency: basis.latencyLimit)
    let target = plan.target
    annualEnergy = target.annualEnergy
    compressionEnergy = target.compressionEnergy
    requestsPerYear = target.requestsPerYear
    powerUsageEffectiveness = target.powerUsageEffectiveness
    hardware = target.hardware
    // A plan from before there was a floor has none.
    maximumAccuracyDrop = target.maximumAccuracyDrop ?? Accuracy(1)
    allowsFailingOriginal = target.allowsFailingOriginal ?? (target.maximumAccuracyDrop == nil)
    strategy = plan.strategy
    settings = plan.settings
    correction = basis.correction
    rehearsals = 1 + basis.rehearsals
    self.allows = allows
  }
}
