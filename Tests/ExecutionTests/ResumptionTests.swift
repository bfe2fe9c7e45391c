import Artifacts
import Execution
import Foundation
import TestSupport
import Testing

/// What an interrupted execution keeps of how it was started.
@Suite struct ResumptionTests {
  let run: TinyRun

  init() throws { run = try TinyRun() }

  /// The planned shape leaves room, which one block with a better forecast fills.
  private func measured(_ name: String) -> PlanExecution {
    let fixed = FixedMeasurements(
      rehearsal: [run.planned: 80, run.oneBlock: 96], final: [run.oneBlock: 96])
    let forecast = run.forecast("plan", run.oneBlock, 0.095, accuracy: 0.95)
    let schedule = [run.step(1, .blocks, run.original, run.oneBlock)]
    var execution = run.execution(run.plan(), run: name)
    execution.measurement = fixed.filter(workload: run.workload)
    execution.adaptation = .measuring(
      fixed.reviser([
        { basis, _ in
          PlanRevision(
            basis: basis, final: forecast, schedule: schedule,
            compression: Expense(time: .unavailable("test"), energy: .unavailable("test")))
        }
      ]))
    return execution
  }

  private func following(_ journal: String, _ name: String) throws -> PlanExecution {
    var execution = run.execution(run.plan(), run: name)
    execution.adaptation = .following(
      try ExecutionJournal(path: run.journal(journal)).entries, path: journal)
    return execution
  }

  private func expectRefusal(_ execution: PlanExecution, _ words: String) {
    let error = #expect(throws: ExecutionError.self) { try execution.run(resume: true) }
    #expect(error?.description.contains(words) == true)
  }

  @Test func asPlannedStaysAsPlanned() throws {
    let whole = try run.execution(run.plan(), run: "a").run(resume: false)
    try run.cut("a", to: 1)
    let fixed = FixedMeasurements(final: [run.planned: 500])
    var resumed = run.execution(run.plan(), run: "a")
    resumed.measurement = fixed.filter(workload: run.workload)
    resumed.adaptation = .measuring(fixed.reviser([]))
    #expect(try resumed.run(resume: true).model.sha256 == whole.model.sha256)
    #expect(fixed.asked == [.finalMeasurement] && fixed.bases.isEmpty)
    let journal = try ExecutionJournal(path: run.journal("a"))
    #expect(journal.started?.adaptation == .asPlanned)
  }

  @Test func killedBeforeItsRehearsalARunRehearses() throws {
    let whole = try measured("b").run(resume: false)
    try run.cut("b", to: 1)
    #expect(try measured("b").run(resume: true).model.sha256 == whole.model.sha256)
    #expect(whole.shape.languageModel.uniform == run.oneBlock)
  }

  @Test func aRevisedRunDoesNotGoOnAsPlanned() throws {
    _ = try measured("c").run(resume: false)
    try run.cut("c", to: 2)
    expectRefusal(run.execution(run.plan(), run: "c"), "without --as-planned")
  }

  @Test func aReplayGoesOnWithItsJournalOnly() throws {
    let whole = try measured("d").run(resume: false)
    _ = try following("d", "e").run(resume: false)
    try run.cut("e", to: 1)
    expectRefusal(measured("e"), "follows another journal")
    expectRefusal(run.execution(run.plan(), run: "e"), "follows another journal")
    #expect(try following("d", "e").run(resume: true).model.sha256 == whole.model.sha256)
  }

  /// Two steps of the plan, and a journal that revised it before the first.
  @Test func anotherHistoryIsNotFollowed() throws {
    let whole = try measured("f").run(resume: false)
    _ = try run.execution(run.plan(), run: "g").run(resume: false)
    try run.cut("g", to: 3)
    expectRefusal(try following("f", "g"), "has decided otherwise")
    // Nor one that did not revise, after a revision.
    try run.cut("f", to: 2)
    expectRefusal(try following("g", "f"), "has decided otherwise")
    // Before its first step a run can still follow.
    try run.cut("g", to: 1)
    _ = try measured("f").run(resume: true)
    #expect(try following("f", "g").run(resume: true).model.sha256 == whole.model.sha256)
  }

  @Test func anEmptyJournalHasNothingToFollow() throws {
    expectRefusal(try following("nowhere", "h"), "no execution has started in this journal")
  }
}
