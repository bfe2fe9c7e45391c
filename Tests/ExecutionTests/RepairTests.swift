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
      try run.cut("b", to: kept)
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
    // Killed at any line, it goes on following.
    for kept in (1...8).reversed() {
      try run.cut("d", to: kept)
      #expect(try second.run(resume: true).model.sha256 == first.model.sha256)
    }
  }

  @Test func replayingFollowsARepairThatWasUndone() throws {
    _ = try execution("l", slower()).run(resume: false)
    try run.cut("l", to: 6)
    let strict = run.plan(tolerance: -2)
    let first = try execution("l", slower(), plan: strict).run(resume: true)
    _ = try run.execution(run.plan(), run: "m").run(resume: false)
    // Started and three steps as planned, and then the journal that was repaired in vain.
    try run.cut("m", to: 4)
    var second = run.execution(strict, run: "m")
    var followed = try ExecutionJournal(path: run.journal("l")).entries
    followed.removeAll {
      if case .adjusted(let entry) = $0 { entry.cause == .rehearsal } else { false }
    }
    second.adaptation = .following(followed, path: "l")
    #expect(try second.run(resume: true).model.sha256 == first.model.sha256)
    #expect(
      try ExecutionJournal(path: run.journal("m")).entries.adjustments.map(\.cause)
        == [.finalMeasurement, .repairRolledBack])
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
    try run.cut("e", to: 6)
    let later = slower()
    let resumed = try execution("e", later, plan: plan).run(resume: true)
    #expect(later.asked.isEmpty && resumed.model.sha256 == finished.model.sha256)
  }

  /// What two sessions spent is what the second one's repair may no longer spend.
  @Test func everySessionCountsAsSpent() throws {
    var plan = run.plan()
    plan.target.compressionEnergy = KilowattHours(1e-12)
    _ = try execution("i", slower(), plan: plan).run(resume: false)
    try run.cut("i", to: 5)
    let later = slower()
    _ = try execution("i", later, plan: plan).run(resume: true)
    let entries = try ExecutionJournal(path: run.journal("i")).entries
    // Started, rehearsal, three steps, started again, final measurement, finished.
    #expect(entries.count == 8)
    let spent = entries.dropLast().reduce(0) { $0 + ($1.expense.energy.value?.value ?? 0) }
    let start = try #require(later.starts.first)
    #expect(abs((start.energy?.value ?? 0) - (3.6e-6 - spent)) < 1e-9)
  }

  /// Killed between the halves of a split step: what is left is a half and no step to split again.
  @Test func aHalfThatBreaksTheToleranceIsNotHalved() throws {
    let asPlanned = try run.execution(run.plan(), run: "j").run(resume: false)
    _ = try execution("k", slower()).run(resume: false)
    var entries = try ExecutionJournal(path: run.journal("k")).entries
    guard case .adjusted(var adjustment) = entries[5],
      case .stepCommitted(let half) = entries[6], var whole = adjustment.revision?.schedule[0]
    else {
      Issue.record("no repair in the journal")
      return
    }
    whole.to.headSize = 4
    adjustment.revision?.schedule = [whole]
    adjustment.revision?.final.shape = whole.to
    entries[5] = .adjusted(adjustment)
    #expect(half.step.to.headSize == 8 && half.step.index == whole.index)
    try FileManager.default.removeItem(atPath: run.journal("k"))
    var journal = try ExecutionJournal(path: run.journal("k"))
    for entry in entries.prefix(7) { try journal.append(entry) }
    let finished = try execution("k", slower(), plan: run.plan(tolerance: -2)).run(resume: true)
    #expect(finished.model.sha256 == asPlanned.model.sha256)
    let rolledBack = try ExecutionJournal(path: run.journal("k")).entries.compactMap {
      if case .stepRolledBack(let entry) = $0 { entry.step } else { nil }
    }
    #expect(rolledBack.map(\.from) == [half.step.to] && rolledBack.map(\.to) == [whole.to])
  }

  @Test func aRepairThatBreaksTheToleranceIsUndone() throws {
    let asPlanned = try run.execution(run.plan(), run: "g").run(resume: false)
    _ = try execution("f", slower()).run(resume: false)
    try run.cut("f", to: 6)
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
