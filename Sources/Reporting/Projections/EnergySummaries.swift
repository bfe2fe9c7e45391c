import Artifacts

/// What serving one request takes: the two numbers that projections start from.
private struct Serving {
  var latency: Figure<Seconds>
  var energy: Figure<Joules>
}

/// Energy of the run, projected for the hardware that the target names: from measurements where
/// that is the machine at hand, else from the forecasts of its model.
func energySummary(
  profile: ProfileRecord, plan: PlanRecord, run: RunHistory, assumptions: Assumptions
) -> EnergySummary {
  let hardware = plan.target.hardware
  let idle =
    profile.hardware.first { $0.name == hardware }?.idlePower
    ?? .unavailable("the profile has no idle power of \(hardware)")
  let compression = CompressionExpense(profile: profile, run: run)
  let comparison = run.finished.comparison
  let before: Serving
  let after: Serving
  if hardware == buildMachine {
    before = Serving(latency: comparison.original.median, energy: comparison.original.energy)
    after = Serving(latency: comparison.compressed.median, energy: comparison.compressed.energy)
  } else {
    before = forecast(plan.original, on: hardware)
    after = forecast(plan.final, on: hardware)
  }
  let projector = EnergyProjector(
    assumptions: assumptions, compression: compression.total.energy,
    origin: before.energy.source)
  let saving: Figure<Joules> = combine(
    before.energy, after.energy,
    source: "energy before minus after, worst case of both intervals; \(before.energy.source)", -)
  return EnergySummary(
    hardware: hardware, idlePower: idle,
    scenarios: [
      projector.scenario(
        name: "Marginal", meaning: "machines stay on: only energy above idle is saved",
        before: aboveIdle(before, idle), after: aboveIdle(after, idle),
        saving: marginalSaving(saving, before: before, after: after, idle: idle)),
      projector.scenario(
        name: "Consolidated",
        meaning: "freed machine time is released: its idle power is saved too",
        before: before.energy, after: after.energy, saving: saving),
    ],
    compression: compression,
    savingIsCPUTime: hardware == buildMachine && before.energy.provenance == .modelled
      && after.energy.provenance == .modelled)
}

private func forecast(_ candidate: ShapeForecast, on hardware: String) -> Serving {
  let reason = "the plan has no forecast for \(hardware)"
  guard let cost = candidate.costs.first(where: { $0.hardware == hardware }) else {
    return Serving(latency: .unavailable(reason), energy: .unavailable(reason))
  }
  return Serving(latency: cost.request.time, energy: cost.request.energy)
}

/// E − P_idle · t
private func aboveIdle(_ serving: Serving, _ idle: Figure<Watts>) -> Figure<Joules> {
  let share: Figure<Joules> = combine(idle, serving.latency, source: "idle power times latency", *)
  return combine(
    serving.energy, share, source: "energy above idle power; \(serving.energy.source)", -)
}

/// (E₀ − E₁) − P_idle · (t₀ − t₁): the common idle power enters once, not twice with opposite errors.
private func marginalSaving(
  _ saving: Figure<Joules>, before: Serving, after: Serving, idle: Figure<Watts>
) -> Figure<Joules> {
  let time: Figure<Seconds> = combine(before.latency, after.latency, source: "latency saved", -)
  let share: Figure<Joules> = combine(idle, time, source: "idle power times latency saved", *)
  return combine(
    saving, share, source: "saving above idle power, worst case; \(before.energy.source)", -)
}
