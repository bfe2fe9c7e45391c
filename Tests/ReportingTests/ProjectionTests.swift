import Artifacts
import Reporting
import Testing

@Suite struct ProjectionTests {
  let run = FixtureRun()

  private func report(_ options: ReportOptions = ReportOptions()) throws -> Report {
    try makeReport(
      profile: run.profile, plan: run.plan, journal: run.journal, options: options)
  }

  private func close(_ value: Double?, _ expected: Double) -> Bool {
    guard let value else { return false }
    return abs(value - expected) <= 1e-9 * max(1, abs(expected))
  }

  /// 2.6 J − 0.325 J = 2.275 J; 1e9 requests, PUE 1.2: 2.275e9 / 3.6e6 · 1.2 = 758.3 kWh.
  @Test func yearOfServing() throws {
    let scenario = try #require(report().energy.scenarios.last)
    #expect(scenario.name == "Consolidated")
    #expect(close(scenario.requestSaving.value?.value, 2.275))
    // Worst case: 2.6 · 0.88 − 0.325 · 1.12 = 1.924.
    #expect(close(scenario.requestSaving.low?.value, 1.924))
    #expect(close(scenario.requestSaving.high?.value, 2.6 * 1.12 - 0.325 * 0.88))
    #expect(close(scenario.annualSaving.value?.value, 2.275e9 / 3.6e6 * 1.2))
    #expect(close(scenario.annualEmissionsSaving.value?.value, 2.275e9 / 3.6e6 * 1.2 * 481))
    #expect(close(scenario.annualCostSaving.value?.value, 2.275e9 / 3.6e6 * 1.2 * 0.2))
    #expect(close(scenario.annualCostSaving.low?.value, 1.924e9 / 3.6e6 * 1.2 * 0.1))
    #expect(close(scenario.carbonIntensityBefore.value?.value, 2.6 / 3.6e6 * 1.2 * 481))
  }

  /// 0.66 W for the 0.612 s saved stay on: 2.275 − 0.40392 = 1.87108 J.
  @Test func marginalSavingLeavesIdlePowerOut() throws {
    let scenario = try #require(report().energy.scenarios.first)
    #expect(scenario.name == "Marginal")
    #expect(close(scenario.requestSaving.value?.value, 1.871_08))
    #expect(close(scenario.requestBefore.value?.value, 2.6 - 0.66 * 0.7))
  }

  /// 400 + 1,100 profiling, 2 · 220 starts, 5 · 890 steps, 890 rolled back, 330 final = 7,610 J.
  @Test func payback() throws {
    let energy = try report().energy
    #expect(close(energy.compression.total.energy.value?.value, 7_610))
    #expect(close(energy.compression.execution.energy.value?.value, 6_110))
    #expect(close(energy.compression.total.time.value?.value, 420 + 120 + 1_200 + 240 + 90))
    let scenario = try #require(energy.scenarios.last)
    #expect(close(scenario.paybackRequests.value?.value, 7_610 / 2.275))
    #expect(close(scenario.paybackDays.value?.value, 7_610 / 2.275 / 1e9 * 365))
    #expect(scenario.paybackRequests.provenance == .modelled)
  }

  @Test func optionsReplaceThePlansAssumptions() throws {
    let report = try report(
      ReportOptions(requestsPerYear: 36, powerUsageEffectiveness: 1, region: "NO"))
    let scenario = try #require(report.energy.scenarios.last)
    #expect(close(scenario.annualSaving.value?.value, 2.275e-5))
    #expect(close(scenario.annualEmissionsSaving.value?.value, 2.275e-5 * 30))
    // The targets stay those of the plan.
    #expect(close(report.headline.annualEnergyTarget?.reached.value?.value, 0.325e9 / 3e6))
  }

  @Test func savingWithinItsIntervalIsNoSaving() throws {
    var run = run
    run.replaceFinished { $0.comparison.compressed.energy = FixtureRun.energy(2.5) }
    let report = try makeReport(profile: run.profile, plan: run.plan, journal: run.journal)
    let scenario = try #require(report.energy.scenarios.last)
    #expect(!scenario.hasMeasurableSaving)
    #expect(scenario.paybackRequests.provenance == .unavailable)
    #expect(report.html().contains("no measurable saving"))
    #expect(report.markdown().contains("no measurable saving"))
  }

  @Test func unavailableEnergyStaysUnavailable() throws {
    var run = run
    run.replaceFinished { $0.comparison.compressed.energy = .unavailable("no meter here") }
    let report = try makeReport(profile: run.profile, plan: run.plan, journal: run.journal)
    #expect(report.headline.annualEnergyTarget?.verdict == .unknown)
    for scenario in report.energy.scenarios {
      #expect(scenario.annualSaving.provenance == .unavailable)
      #expect(scenario.annualSaving.source == "no meter here")
    }
    #expect(report.html().contains("unavailable: no meter here"))
  }

  @Test func verdicts() throws {
    let headline = try report().headline
    #expect(headline.latencyTarget.verdict == .met)
    #expect(headline.annualEnergyTarget?.verdict == .met)
    #expect(headline.compressionEnergyTarget?.verdict == .met)
    #expect(headline.speedUp.value?.value == 7.95)
    for (milliseconds, verdict) in [
      (88.5, Verdict.metWithinUncertainty), (87.5, .missedWithinUncertainty), (80, .missed),
    ] {
      var run = run
      run.plan.target.latency = Seconds(milliseconds: milliseconds)
      let report = try makeReport(profile: run.profile, plan: run.plan, journal: run.journal)
      #expect(report.headline.latencyTarget.verdict == verdict)
    }
  }

  /// A machine that got slower since the profile slows the original as well.
  @Test func speedUpIsJudgedByTheOriginalMeasuredBeside() throws {
    var run = run
    run.plan.target.latency = Seconds(milliseconds: 1)
    run.plan.target.speedUp = 7
    let headline = try makeReport(profile: run.profile, plan: run.plan, journal: run.journal)
      .headline
    let original = try #require(headline.latencyBefore.value)
    #expect(headline.latencyTarget.limit == original / 7)
    #expect(headline.latencyTarget.verdict == .met)
    #expect(
      headline.latencyTarget.name.hasSuffix(
        "a speed-up of 7.0 over the original in the same minutes"))
    run.plan.target.speedUp = 9
    let missed = try makeReport(profile: run.profile, plan: run.plan, journal: run.journal)
    #expect(missed.headline.latencyTarget.verdict == .missed)
  }

  @Test func theHeadlineTellsTheForecastAtTheMachinesPace() throws {
    let sentence = "at the pace that the machine had when both models were measured"
    var run = run
    let profiled = try #require(
      run.plan.original.costs.first { $0.hardware == "build" }?.request.time.value)
    for (pace, isTold) in [(1.0, false), (1.2, true)] {
      run.replaceFinished {
        $0.comparison.original.median = .measured(profiled * pace, source: "clock")
      }
      let report = try makeReport(profile: run.profile, plan: run.plan, journal: run.journal)
      #expect(report.markdown().contains(sentence) == isTold)
    }
  }

  @Test func targetOnModelledHardwareIsJudgedByItsForecast() throws {
    var run = run
    run.plan.target.hardware = "a10"
    run.plan.target.latency = Seconds(milliseconds: 12)
    let target = try makeReport(profile: run.profile, plan: run.plan, journal: run.journal)
      .headline.latencyTarget
    #expect(target.verdict == .missed)
    #expect(target.reached.provenance == .modelled)
  }

  /// Energies of the A10 come from the plan's forecasts: 0.041 s and 0.013 s at 118 W.
  @Test func projectionsAreOfTheTargetsHardware() throws {
    var run = run
    run.plan.target.hardware = "a10"
    let energy = try makeReport(profile: run.profile, plan: run.plan, journal: run.journal).energy
    #expect(energy.hardware == "a10")
    #expect(!energy.savingIsCPUTime)
    let consolidated = try #require(energy.scenarios.last)
    #expect(close(consolidated.requestSaving.value?.value, 0.028 * 118))
    // 15 W stay on during the 28 ms saved.
    let marginal = try #require(energy.scenarios.first)
    #expect(close(marginal.requestSaving.value?.value, 0.028 * (118 - 15)))
  }

  /// 985 and 955 of 1,050 right: −2.857 points; Newcombe: √(…) by hand from the Wilson bounds.
  @Test func accuracyDifference() throws {
    let change = try report().headline.accuracyChange
    #expect(close(change.value?.value, -30.0 / 1_050))
    #expect(abs((change.low?.value ?? 0) - -0.051_513_956) < 1e-8)
    #expect(abs((change.high?.value ?? 0) - -0.005_854_583) < 1e-8)
  }

  @Test func forecastErrors() throws {
    let plan = try report().plan
    #expect(close(plan.latency.error.value?.value, 2.0 / 86))
    #expect(close(plan.compressionEnergy.error.value?.value, 510.0 / 5_600))
  }

  /// A machine that became slower by half makes both models slower by half: the forecast at its pace
  /// is as good as it was.
  @Test func paceOfTheMachine() throws {
    let quiet = try report().plan
    var slower = run
    slower.replaceFinished { finished in
      func slowed(_ figure: Figure<Seconds>) -> Figure<Seconds> { figure.map { $0 * 1.5 } }
      finished.comparison.original.median = slowed(finished.comparison.original.median)
      finished.comparison.compressed.median = slowed(finished.comparison.compressed.median)
    }
    let noisy = try makeReport(profile: slower.profile, plan: slower.plan, journal: slower.journal)
      .plan
    #expect(
      close(noisy.machinePace.value?.value, 1.5 * (quiet.machinePace.value?.value ?? 0)))
    #expect(
      close(noisy.latencyAtPace.error.value?.value, quiet.latencyAtPace.error.value?.value ?? 1))
    #expect((noisy.latency.error.value?.value ?? 0) > 0.5)
  }
}

extension FixtureRun {
  mutating func replaceFinished(_ change: (inout JournalEntry.Finished) -> Void) {
    journal = journal.map { entry in
      guard case .finished(var value) = entry else { return entry }
      change(&value)
      return .finished(value)
    }
  }
}
