import Artifacts
import HardwareModels

/// Throws where the original's answers show nothing that a compression could lose, or where no loss could
/// break the floor, unless the user accepts that.
func requireAnswers(_ profile: ProfileRecord, _ request: PlanRequest) throws(PlanningError) {
  guard !request.allowsFailingOriginal, let original = profile.sensitivity?.original else { return }
  if let reason = profile.obstacleOfOriginal {
    throw .originalCannotAnswer(reason: reason, answers: profile.answers ?? [])
  }
  if let reason = original.obstacleOfFloor(maximumDrop: request.maximumAccuracyDrop) {
    throw .floorCannotBind(reason: reason)
  }
}

/// Throws where even the upper end of the best shape's forecast lies below the floor.
///
/// A shape whose forecast is below and whose interval reaches it stands: the execution measures.
func requireAccuracy(
  _ final: ShapeForecast, _ setting: PlanSetting, _ problem: PlanningProblem
) throws(PlanningError) {
  let request = setting.request
  guard !request.allowsFailingOriginal, final.shape != setting.original,
    let original = setting.profile.sensitivity?.original.overall,
    let best = final.accuracy.high
  else { return }
  let floor = original - request.maximumAccuracyDrop - Accuracy(Accuracy.slack)
  guard best < floor else { return }
  throw .accuracyOutOfReach(
    floor: floor, best: best, nearestDrop: Accuracy(roundedUp((original - best).value)),
    nearestTarget: nearestTarget(reaching: floor, setting, problem))
}

/// The option with the lowest of a few latencies at which a shape may reach the floor; nil where none
/// does.
private func nearestTarget(
  reaching floor: Accuracy, _ setting: PlanSetting, _ problem: PlanningProblem
) -> String? {
  let request = setting.request
  let costs = setting.forecast("original", setting.original).costs
  guard let original = costs.first(where: { $0.hardware == request.hardware })?.request.time.value,
    original > request.latency
  else { return nil }
  let steps = 24
  for step in 1...steps {
    // Evenly between the limit and the original: the forecast need not be monotone.
    let share = Double(step) / Double(steps)
    let latency = request.latency + (original - request.latency) * share
    var relaxed = problem
    relaxed.latencyLimit = latency * PlanningConstants.latencyMargin
    guard let shape = setting.strategy.search(relaxed).best else { continue }
    let high = setting.forecast("candidate", shape).accuracy.high
    if shape == setting.original || (high.map { $0 >= floor } ?? false) {
      return request.speedUp == nil
        ? "--target-ms \(rounded(roundedUp(latency.milliseconds)))"
        : "--target-ratio \(rounded(original / latency))"
    }
  }
  return nil
}
