package import Artifacts

/// The phases of a request, which add up to it: each has its own median's share of the sum of medians.
///
/// Medians of parts do not add up to the median of the whole, and a phase's clock is the mean over threads
/// where the request's is that of the slowest. Where no phase took time, all keep what they have.
///
/// - Parameters:
///   - request: Time of the whole request.
///   - phases: Measured times in the order of the result.
///   - power: Turns time into energy, as it did the request's.
package func phaseShares(
  of request: Figure<Seconds>, _ phases: [(phase: RequestPhase, time: Figure<Seconds>)],
  power: Figure<Watts>
) -> [RequestPhaseCost] {
  let sum = phases.reduce(0) { $0 + ($1.time.value?.value ?? 0) }
  let whole = request.value?.value ?? 0
  let factor = sum > 0 && whole > 0 ? whole / sum : 1
  return phases.map { phase, time in
    let share = time.map { $0 * factor }.relabelled(
      .attributed,
      source: "share of the request by the phases' own times (\(time.source))")
    return RequestPhaseCost(
      phase: phase, cost: Expense(time: share, energy: energyOf(share, power: power)))
  }
}
