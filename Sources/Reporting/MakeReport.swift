package import Artifacts

/// The report of a finished run.
///
/// Throws `ReportError` where the journal has no final evaluation, the artifacts are not of one
/// run, or an option is out of range.
package func makeReport(
  profile: ProfileRecord, plan: PlanRecord, journal: [JournalEntry],
  options: ReportOptions = ReportOptions()
) throws(ReportError) -> Report {
  guard plan.model.content.sha256 == profile.model.content.sha256 else {
    throw .mismatch(
      file: "plan.json", field: "model.content.sha256", expected: profile.model.content.sha256,
      found: plan.model.content.sha256)
  }
  let assumptions = try Assumptions(options, plan: plan.target)
  let run = try RunHistory(journal)
  let state = PlanInForce(plan, journal: journal)
  let planned = plan.final
  // From here on the plan is what it has become.
  var plan = plan
  plan.final = state.final
  plan.schedule = state.schedule
  plan.compression = state.compression
  let energy = energySummary(profile: profile, plan: plan, run: run, assumptions: assumptions)
  return Report(
    formatVersion: Report.currentVersion, assumptions: assumptions, model: plan.model,
    workload: run.finished.comparison.workload,
    headline: headline(plan: plan, run: run, state: state, energy: energy),
    tasks: tasks(run), stages: stages(plan: plan, run: run, state: state),
    plan: planSummary(
      profile: profile, plan: plan, planned: planned, run: run, state: state, energy: energy),
    costs: hardwareCosts(profile: profile, plan: plan), energy: energy,
    origin: origin(profile: profile, plan: plan, run: run))
}

private func headline(
  plan: PlanRecord, run: RunHistory, state: PlanInForce, energy: EnergySummary
) -> Headline {
  let comparison = run.finished.comparison
  let forecast = plan.final.costs.first { $0.hardware == plan.target.hardware }?.request
  let missing = "the plan has no forecast for \(plan.target.hardware)"
  let forecastLatency = forecast?.time ?? .unavailable(missing)
  // A target on hardware that is not at hand is judged by its model, and says so in its source.
  let onBuild = plan.target.hardware == buildMachine
  let latency = onBuild ? comparison.compressed.median : forecastLatency
  let request =
    onBuild ? comparison.compressed.energy : forecast?.energy ?? .unavailable(missing)
  let before = run.finished.originalTest
  let after = run.finished.compressedTest
  let counts = [comparison.original, comparison.compressed].map { String($0.samples.count) }
  return Headline(
    latencyTarget: latencyTarget(
      plan.target, reached: latency, original: onBuild ? comparison.original.median.value : nil),
    annualEnergyTarget: plan.target.annualEnergy.map { limit in
      TargetOutcome(
        name: "Serving electricity of a year on \(plan.target.hardware)", limit: limit,
        reached: request.map {
          annualEnergy(
            perRequest: $0, requestsPerYear: plan.target.requestsPerYear,
            powerUsageEffectiveness: plan.target.powerUsageEffectiveness)
        })
    },
    compressionEnergyTarget: plan.target.compressionEnergy.map { limit in
      TargetOutcome(
        name: "Electricity of the compression itself, execution", limit: limit,
        reached: energy.compression.execution.energy.map { KilowattHours($0) })
    },
    accuracyFloor: accuracyFloor(plan, run, state),
    forecastLatency: forecastLatency,
    latencyBefore: comparison.original.median, latencyAfter: comparison.compressed.median,
    percentile95Before: comparison.original.percentile95,
    percentile95After: comparison.compressed.percentile95,
    speedUp: .of(
      comparison.speedUp, low: comparison.speedUpLow, high: comparison.speedUpHigh,
      provenance: .measured,
      source: "ratio of the medians of \(counts[0]) and \(counts[1]) alternated requests, bootstrap"
    ),
    accuracyBefore: accuracyFigure(before), accuracyAfter: accuracyFigure(after),
    accuracyChange: accuracyChange(
      before: (before.correct, before.total), after: (after.correct, after.total),
      split: after.split),
    lossBefore: lossFigure(before), lossAfter: lossFigure(after),
    agreement: agreementFigure(after),
    originalNote: plan.target.allowsFailingOriginal == true
      ? "The original was accepted whatever it answers (--allow-failing-original): a loss that this "
        + "compression caused may not show." : nil,
    energyBefore: comparison.original.energy, energyAfter: comparison.compressed.energy)
}

/// The model as it was written against the floor; in older journals the model of the last step.
private func accuracyFloor(
  _ plan: PlanRecord, _ run: RunHistory, _ state: PlanInForce
) -> FloorOutcome? {
  let original = run.starts[0].accuracy
  guard let drop = plan.target.maximumAccuracyDrop,
    let floor = plan.target.accuracyFloor(original: original.overall)
  else { return nil }
  let reached = run.finished.compressedValidation ?? state.committed.last?.accuracy ?? original
  return FloorOutcome(
    name:
      "Accuracy on \(original.split) entries, \(NumberFormat.setting(drop.value)) below the original's",
    floor: floor, reached: accuracyFigure(reached))
}

/// - Parameter original: measured beside what was reached; nil where nothing was.
private func latencyTarget(
  _ target: PlanTarget, reached: Figure<Seconds>, original: Seconds?
) -> TargetOutcome<Seconds> {
  let name = "Latency of one request on \(target.hardware)"
  guard let speedUp = target.speedUp, let original else {
    return TargetOutcome(name: name, limit: target.latency, reached: reached)
  }
  return TargetOutcome(
    name: "\(name), a speed-up of \(speedUp) over the original in the same minutes",
    limit: original / speedUp, reached: reached)
}

private func tasks(_ run: RunHistory) -> [TaskComparison] {
  let split = run.finished.compressedTest.split
  return run.finished.originalTest.tasks.map { before in
    let after = run.finished.compressedTest.tasks.first { $0.name == before.name }
    let counts = (correct: after?.correct ?? 0, total: after?.total ?? 0)
    return TaskComparison(
      name: before.name,
      before: accuracyFigure(correct: before.correct, total: before.total, split: split),
      after: accuracyFigure(correct: counts.correct, total: counts.total, split: split),
      change: accuracyChange(before: (before.correct, before.total), after: counts, split: split))
  }
}

private func stages(plan: PlanRecord, run: RunHistory, state: PlanInForce) -> StageHistory {
  let original = run.finished.comparison.original
  let first = StageHistory.Row(
    index: 0, stage: nil, shape: plan.original.shape,
    languageModelParameters: plan.original.languageModelParameters, accuracyAfterPruning: nil,
    accuracy: accuracyFigure(run.starts[0].accuracy), loss: lossFigure(run.starts[0].accuracy),
    agreement: nil, latency: original.median,
    energy: original.energy, isRepair: false)
  let rows = state.committed.map {
    StageHistory.Row(
      index: $0.step.index, stage: $0.step.stage, shape: $0.step.to,
      languageModelParameters: $0.languageModelParameters,
      accuracyAfterPruning: accuracyFigure($0.accuracyAfterPruning),
      accuracy: accuracyFigure($0.accuracy), loss: lossFigure($0.accuracy),
      agreement: agreementFigure($0.accuracy), latency: $0.request.time, energy: $0.request.energy,
      isRepair: state.repairIndices.contains($0.step.index))
  }
  let rolledBack = run.rolledBack.map {
    StageHistory.RolledBack(
      step: $0.step, accuracy: accuracyFigure($0.accuracy), reason: $0.reason, expense: $0.expense)
  }
  return StageHistory(rows: [first] + rows, rolledBack: rolledBack)
}

private func planSummary(
  profile: ProfileRecord, plan: PlanRecord, planned: ShapeForecast, run: RunHistory,
  state: PlanInForce, energy: EnergySummary
) -> PlanSummary {
  // Forecasts are compared with measurements on the machine that measured.
  let forecast = plan.final.costs.first { $0.hardware == buildMachine }?.request
  let missing = "the plan has no forecast for the machine that measured"
  let reached = state.committed.last?.accuracy
  let compressed = run.finished.comparison.compressed
  let forecastTime = forecast?.time ?? .unavailable(missing)
  let profiled = plan.original.costs.first { $0.hardware == buildMachine }?.request.time
  let reference = state.revision?.basis.original ?? profiled ?? .unavailable(missing)
  let pace: Figure<Ratio> = combine(
    run.finished.comparison.original.median, reference,
    source: "original request in the final measurement / "
      + (state.revision == nil ? "in the profile" : "in the measurement that revised the plan"), /)
  let execution = energy.compression.execution
  return PlanSummary(
    strategy: plan.strategy, provenOptimal: plan.provenOptimal,
    candidatesCompared: plan.candidatesCompared,
    candidates: [plan.original, planned] + revisedForecasts(run)
      + plan.alternatives.filter { $0.shape != plan.original.shape }, notes: plan.notes,
    probes: probes(profile.sensitivity), schedule: plan.schedule,
    adjustments: run.adjustments.map(adjustment), isRevised: state.revision != nil,
    finalShape: state.final.shape,
    latency: .init(forecast: forecastTime, measured: compressed.median), machinePace: pace,
    latencyAtPace: .init(
      forecast: combine(forecastTime, pace, source: "forecast × pace of the machine", *),
      measured: compressed.median),
    energy: .init(
      forecast: forecast?.energy ?? .unavailable(missing), measured: compressed.energy),
    accuracy: .init(
      forecast: plan.final.accuracy,
      measured: reached.map(accuracyFigure) ?? .unavailable("no step was committed")),
    compressionTime: .init(forecast: plan.compression.time, measured: execution.time),
    compressionEnergy: .init(forecast: plan.compression.energy, measured: execution.energy))
}

/// The final shapes that the plan was revised to, in order.
private func revisedForecasts(_ run: RunHistory) -> [ShapeForecast] {
  run.adjustments.compactMap { adjustment in
    var forecast = adjustment.revision?.final
    forecast?.label = adjustment.cause == .rehearsal ? "revised plan" : "repair"
    return forecast
  }
}

private func adjustment(_ record: PlanAdjustment) -> PlanSummary.Adjustment {
  let missing = Figure<Seconds>.unavailable(
    "the plan has no forecast for the machine that measured")
  return PlanSummary.Adjustment(
    title: record.isReplayed == true ? "\(record.title), of the run followed" : record.title,
    trials: record.trials.map { trial in
      let forecast = trial.forecast.costs.first { $0.hardware == buildMachine }?.request.time
      let comparison = trial.comparison
      return .init(
        shape: trial.forecast.shape,
        latency: .init(forecast: forecast ?? missing, measured: comparison.compressed.median),
        limit: trial.latencyLimit,
        speedUp: .of(
          comparison.speedUp, low: comparison.speedUpLow, high: comparison.speedUpHigh,
          provenance: .measured,
          source: "ratio of the medians of \(comparison.original.samples.count) and "
            + "\(comparison.compressed.samples.count) alternated requests, bootstrap"))
    }, conclusion: record.conclusion)
}

private func probes(_ sensitivity: SensitivityRecord?) -> [PlanSummary.Probe] {
  guard let sensitivity else { return [] }
  let original = (sensitivity.original.correct, sensitivity.original.total)
  return sensitivity.probes.map { probe in
    let accuracy = probe.accuracy
    return PlanSummary.Probe(
      shape: probe.shape, optimiserSteps: probe.steps, accuracy: accuracyFigure(accuracy),
      change: accuracyChange(
        before: original, after: (accuracy.correct, accuracy.total), split: accuracy.split),
      expense: probe.expense)
  }
}

private func origin(profile: ProfileRecord, plan: PlanRecord, run: RunHistory) -> Origin {
  var warnings = profile.warnings
  var machines: [MachineReference] = []
  for start in run.starts where !machines.contains(start.machine) { machines.append(start.machine) }
  if machines.count > 1 {
    warnings.append("The run was executed on more than one machine: its times do not compare.")
  }
  if let first = machines.first, first != profile.machine {
    warnings.append("The profile was made on another machine than the run.")
  }
  if Set(run.starts.map(\.plan.sha256)).count > 1 {
    warnings.append("The journal names more than one plan; the report shows the last one.")
  }
  if run.starts.count > 1 {
    warnings.append(
      "The run was resumed; work that an interruption discarded is not in the energy totals.")
  }
  if profile.sensitivity == nil {
    warnings.append("The profile has no sensitivity probes: accuracy was not forecast from them.")
  }
  let rates = plan.schedule.map(\.learningRate) + run.committed.map(\.step.learningRate)
  return Origin(
    data: plan.data, profile: plan.profile, plan: run.starts[run.starts.count - 1].plan,
    compressedModel: run.finished.model, profiledOn: profile.machine, executedOn: machines,
    starts: run.starts.count, settings: plan.settings, learningRates: Set(rates).sorted(by: >),
    prompt: (plan.prompt ?? .plain).template,
    warnings: warnings)
}
