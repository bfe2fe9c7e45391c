import Artifacts
import Foundation
import Reporting
import Testing

/// What a report says of a plan that did not stay what it was.
@Suite struct RevisionReportTests {
  /// Planned with four blocks, rehearsed, revised to the three of the fixture.
  private let first = UniformShape(
    blocks: 4, feedForwardWidth: 768, heads: 4, headSize: 48, hiddenSize: 192)
  private let repaired = UniformShape(
    blocks: 3, feedForwardWidth: 640, heads: 4, headSize: 48, hiddenSize: 192)

  private func trial(
    _ shape: UniformShape, forecast: Double, measured: Double
  ) -> PlanAdjustment.Trial {
    PlanAdjustment.Trial(
      forecast: FixtureRun.forecast("plan", shape, forecast, 13, 0.96),
      comparison: RequestComparison(
        workload: FixtureRun().plan.workload, original: FixtureRun.side(721, 2.6),
        compressed: FixtureRun.side(measured, 0.35), speedUp: 721 / measured,
        speedUpLow: 720 / measured, speedUpHigh: 722 / measured),
      latencyLimit: Seconds(milliseconds: 90), energyLimit: nil)
  }

  private func revision(_ shape: UniformShape, _ schedule: [PlanStep]) -> PlanRevision {
    PlanRevision(
      basis: RevisionBasis(
        correction: ForecastCorrection(latency: 1.1, energy: 1.1),
        latencyLimit: Seconds(milliseconds: 90), original: FixtureRun.time(0.721)),
      final: FixtureRun.forecast("plan", shape, 86, 13, 0.955), schedule: schedule,
      compression: FixtureRun.expense(1_400, 5_200))
  }

  private func revisedRun() -> FixtureRun {
    var run = FixtureRun()
    let schedule = run.plan.schedule
    run.plan.final = FixtureRun.forecast("plan", first, 87, 14, 0.96)
    run.plan.schedule = []
    run.journal.insert(
      .adjusted(
        PlanAdjustment(
          cause: .rehearsal,
          trials: [
            trial(first, forecast: 87, measured: 95.4),
            trial(FixtureRun.finalShape, forecast: 86, measured: 86.3),
          ], revision: revision(FixtureRun.finalShape, schedule),
          conclusion: "It took too long. The plan now ends in another shape.",
          expense: FixtureRun.expense(20, 70))), at: 1)
    return run
  }

  private func report(_ run: FixtureRun) throws -> Report {
    try makeReport(profile: run.profile, plan: run.plan, journal: run.journal)
  }

  @Test func aRevisionIsToldWithItsMeasurements() throws {
    let report = try report(revisedRun())
    #expect(report.plan.isRevised)
    #expect(report.plan.schedule == FixtureRun.schedule)
    #expect(report.plan.candidates.map(\.label).prefix(3) == ["original", "plan", "revised plan"])
    // Forecast and measurement are of the plan in force; the first forecast is in the table.
    #expect(report.plan.latency.forecast.value == Seconds(milliseconds: 86))
    #expect(
      report.plan.adjustments[0].trials[0].latency.forecast.value == Seconds(milliseconds: 87))
    #expect(report.headline.forecastLatency.value == Seconds(milliseconds: 86))
    let pace = try #require(report.plan.machinePace.value)
    #expect(abs(pace.value - 700.0 / 721) < 1e-9)
    let markdown = report.markdown()
    #expect(markdown.contains("| Rehearsal 1 | 4\u{00A0}×\u{00A0}192"))
    #expect(markdown.contains("It took too long. The plan now ends in another shape."))
    #expect(markdown.contains("The plan was revised as it was executed, from 4 blocks"))
    #expect(markdown.contains("Of the plan as it was first made:"))
    #expect(markdown.contains("of its time when the forecast was corrected"))
    let html = report.html()
    let fault = MarkupChecker.fault(in: html)
    #expect(fault == nil)
    #expect(html.contains("Rehearsals: what shapes took beside the original"))
    let decoded = try ArtifactCoding.decode(Report.self, from: ArtifactCoding.document(report))
    #expect(decoded.html() == html)
  }

  /// 7,610 J as without it, and 70 J of the rehearsal.
  @Test func theExpenseOfMeasuringCounts() throws {
    let compression = try report(revisedRun()).energy.compression
    #expect(abs((compression.total.energy.value?.value ?? 0) - 7_680) < 1e-6)
    #expect(compression.items.contains { $0.name == "Rehearsal" })
  }

  @Test func aRepairHasItsStepsAndItsMeasurement() throws {
    var run = revisedRun()
    let step = PlanStep(
      index: 6, stage: .interModule, from: FixtureRun.finalShape, to: repaired, epochs: 3,
      learningRate: 3e-4)
    guard case .stepCommitted(var last) = run.journal[run.journal.count - 2] else {
      Issue.record("the fixture has changed")
      return
    }
    last.step = step
    let adjustment = PlanAdjustment(
      cause: .finalMeasurement,
      trials: [trial(FixtureRun.finalShape, forecast: 86, measured: 96)],
      revision: revision(repaired, [step]), conclusion: "It is repaired once.",
      expense: FixtureRun.expense(30, 100))
    run.journal.insert(
      contentsOf: [.adjusted(adjustment), .stepCommitted(last)], at: run.journal.count - 1)
    let report = try report(run)
    #expect(report.plan.schedule.count == 6)
    #expect(report.stages.rows.filter(\.isRepair).map(\.index) == [6])
    #expect(report.plan.compressionTime.forecast.value == Seconds(2_800))
    let markdown = report.markdown()
    #expect(markdown.contains("6 · inter-module, repair"))
    #expect(markdown.contains("Final measurement, before a repair"))

    // Rolled back, it leaves its expense and its sentence, and no step.
    run.journal.insert(
      .adjusted(
        PlanAdjustment(
          cause: .repairRolledBack, trials: [], revision: nil,
          conclusion: "The repair lost more accuracy than the tolerance.",
          expense: FixtureRun.expense(0, 0))), at: run.journal.count - 1)
    let undone = try self.report(run)
    #expect(undone.plan.schedule.count == 5 && undone.stages.rows.allSatisfy { !$0.isRepair })
    #expect(undone.markdown().contains("The repair lost more accuracy"))
    let fault = MarkupChecker.fault(in: undone.html())
    #expect(fault == nil)
  }

  @Test func aConfirmedPlanSaysSo() throws {
    var run = FixtureRun()
    run.journal.insert(
      .adjusted(
        PlanAdjustment(
          cause: .rehearsal, trials: [trial(FixtureRun.finalShape, forecast: 86, measured: 85)],
          revision: nil, conclusion: "The plan stays as it is.",
          expense: FixtureRun.expense(10, 37))), at: 1)
    let report = try report(run)
    #expect(!report.plan.isRevised)
    let markdown = report.markdown()
    #expect(!markdown.contains("Of the plan as it was first made"))
    #expect(markdown.contains("The plan stays as it is."))
    #expect(markdown.contains("of its time in the profile"))
    #expect(!markdown.contains("The plan was revised"))
  }

  @Test func aRevisionToTheOriginalNamesIt() throws {
    var run = FixtureRun()
    let original = run.plan.original.shape
    run.journal.insert(
      .adjusted(
        PlanAdjustment(
          cause: .rehearsal, trials: [], revision: revision(original, []),
          conclusion: "Nothing is to be pruned.", expense: FixtureRun.expense(10, 37))), at: 1)
    let report = try report(run)
    #expect(report.plan.finalShape == original)
    #expect(report.markdown().contains(" to \(original): the chapter Plan says why"))
  }

  /// A final measurement that misses the target and leads to no repair comes before none.
  @Test func aFinalMeasurementWithoutARepairIsJustThat() throws {
    var run = FixtureRun()
    run.journal.insert(
      .adjusted(
        PlanAdjustment(
          cause: .finalMeasurement,
          trials: [trial(FixtureRun.finalShape, forecast: 86, measured: 96)], revision: nil,
          conclusion: "The model stays as it is.", expense: FixtureRun.expense(30, 100))),
      at: run.journal.count - 1)
    let markdown = try report(run).markdown()
    #expect(markdown.contains("Final measurement") && !markdown.contains("before a repair"))
  }

  /// Journals from before execution measured against its plan.
  @Test func aJournalWithoutAdjustmentsHasNoTable() throws {
    let report = try report(FixtureRun())
    #expect(report.plan.adjustments.isEmpty && !report.plan.isRevised)
    #expect(!report.markdown().contains("Rehearsal"))
  }
}
