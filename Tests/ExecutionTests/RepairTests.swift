import Artifacts
import Execution
import Foundation
import TestSupport
import Testing

/// What an execution does where the compressed model misses its target in the end.
@Suite struct RepairTests {
  let run: TinyRun

  init() throws { run = try TinyRun() }

  private let small = UniformShape(
    blocks: 1, feedForwardWidth: 16, heads: 2, headSize: 8, hiddenSize: 16)

  private func reviser(_ fixed: FixedMeasurements) -> PlanReviser {
    var between = run.planned
    between.feedForwardWidth = small.feedForwardWidth
    between.headSize = small.headSize
    let final = run.forecast("repaired plan", small, 0.09, accuracy: 0.8)
    let steps = [
      run.step(4, .interModule, run.planned, between), run.step(5, .inputOutput, between, small),
    ]
    return fixed.reviser([
      { basis, start in
        guard let start, start.energy.map({ $0 > .zero }) ?? true else { throw NoShape() }
        return PlanRevision(
          basis: basis, final: final, schedule: steps,
          compression: Expense(time: .unavailable("test"), energy: .unavailable("test")))
      }
    ])
  }

  private func execution(
    _ name: String, _ fixed: FixedMeasurements, plan: PlanRecord? = nil
  ) -> PlanExecution {
    var execution = run.execution(plan ?? run.plan(), run: name)
    execution.measurement = fixed.filter(workload: run.workload)
    execution.adaptation = .measuring(reviser(fixed))
    return execution
  }

  /// The planned shape is fast enough in the rehearsal and too slow in the end.
  private func slower() -> FixedMeasurements {
    FixedMeasurements(rehearsal: [run.planned: 95], final: [run.planned: 106, small: 96])
  }

  private func cut(_ name: String, to count: Int) throws {
    let lines = try String(contentsOfFile: run.journal(name), encoding: .utf8)
      .split(separator: "\n")
    try (lines.prefix(count).joined(separator: "\n") + "\n")
      .write(toFile: run.journal(name), atomically: true, encoding: .utf8)
  }

  @Test func aMissedFinalMeasurementIsRepairedOnce() throws {
    let fixed = slower()
    let finished = try execution("a", fixed).run(resume: false)
    #expect(finished.shape.languageModel.uniform == small)
    #expect(finished.comparison.compressed.median.value == Seconds(0.096))
    #expect(fixed.asked == [.rehearsal, .finalMeasurement, .finalMeasurement])
    let start = try #require(fixed.starts.first)
    #expect(start.shape == run.planned && start.firstIndex == 4 && start.energy == nil)
    let entries = try ExecutionJournal(path: run.journal("a")).entries
    // Started, rehearsal, three steps, final measurement, two steps, finished.
    #expect(entries.count == 9)
    guard case .adjusted(let adjustment) = entries[5] else {
      Issue.record("no final measurement in the journal")
      return
    }
    #expect(adjustment.cause == .finalMeasurement)
    #expect(abs((adjustment.revision?.basis.correction.latency ?? 0) - 106 / 93) < 1e-12)
    #expect(adjustment.conclusion.contains("It is repaired once, to 1 blocks"))
  }

  @Test func killedAtAnyLineItEndsInTheSameBytes() throws {
    let whole = try execution("b", slower()).run(resume: false)
    for kept in (5...8).reversed() {
      try cut("b", to: kept)
      let later = slower()
      #expect(try execution("b", later).run(resume: true).model.sha256 == whole.model.sha256)
      #expect(!later.asked.contains(.rehearsal))
      // What the journal holds is not measured anew.
      #expect(later.asked.count == (kept == 5 ? 2 : 1))
    }
  }

  @Test func replayingFollowsTheRepair() throws {
    let first = try execution("c", slower()).run(resume: false)
    var second = run.execution(run.plan(), run: "d")
    second.adaptation = .following(
      try ExecutionJournal(path: run.journal("c")).entries, path: "c")
    #expect(try second.run(resume: false).model.sha256 == first.model.sha256)
  }

  @Test func aSpentCompressionBudgetRefusesTheRepair() throws {
    var plan = run.plan()
    plan.target.compressionEnergy = KilowattHours(1e-12)
    let fixed = slower()
    let finished = try execution("e", fixed, plan: plan).run(resume: false)
    #expect(finished.shape.languageModel.uniform == run.planned)
    #expect(finished.comparison.compressed.median.value == Seconds(0.106))
    let start = try #require(fixed.starts.first)
    let journal = try ExecutionJournal(path: run.journal("e"))
    let spent = journal.entries.dropLast().reduce(0) { $0 + ($1.expense.energy.value?.value ?? 0) }
    #expect(abs((start.energy?.value ?? 0) - (3.6e-6 - spent)) < 1e-9)
    guard case .adjusted(let adjustment) = journal.entries[5] else {
      Issue.record("no final measurement in the journal")
      return
    }
    #expect(adjustment.revision == nil)
    #expect(adjustment.conclusion.contains("The model stays as it is: no shape meets"))
    // Killed before the test split: the journalled measurement serves.
    try cut("e", to: 6)
    let later = slower()
    let resumed = try execution("e", later, plan: plan).run(resume: true)
    #expect(later.asked.isEmpty && resumed.model.sha256 == finished.model.sha256)
  }

  @Test func aRepairThatBreaksTheToleranceIsUndone() throws {
    let asPlanned = try run.execution(run.plan(), run: "g").run(resume: false)
    _ = try execution("f", slower()).run(resume: false)
    try cut("f", to: 6)
    // A tolerance below zero cannot be met by any step.
    let later = slower()
    let finished = try execution("f", later, plan: run.plan(tolerance: -2)).run(resume: true)
    #expect(finished.model.sha256 == asPlanned.model.sha256)
    #expect(finished.comparison.compressed.median.value == Seconds(0.106))
    #expect(later.asked.isEmpty)
    let entries = try ExecutionJournal(path: run.journal("f")).entries
    let state = PlanInForce(run.plan(), journal: entries)
    #expect(state.final.shape == run.planned && state.schedule.count == 3)
  }

  @Test func aTargetThatIsMetNeedsNone() throws {
    let fixed = FixedMeasurements(rehearsal: [run.planned: 95], final: [run.planned: 99.5])
    _ = try execution("h", fixed).run(resume: false)
    #expect(try ExecutionJournal(path: run.journal("h")).entries.count == 6)
    #expect(fixed.starts.isEmpty)
  }
}
