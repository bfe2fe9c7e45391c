import Artifacts
import Execution
import Foundation
import TestSupport
import Testing
import Transformers

/// A whole execution on a tiny model: what it writes, that it repeats to the byte, that it survives
/// an interruption, that it refuses changed inputs.
@Suite struct PlanExecutionTests {
  let run: TinyRun

  init() throws { run = try TinyRun() }

  @Test func runsInThePlansPrecision() throws {
    let single = try run.execution(run.plan(), run: "single").run(resume: false)
    let plan = run.plan(precision: "bf16")
    let first = try run.execution(plan, run: "half").run(resume: false)
    let second = try run.execution(plan, run: "half again").run(resume: false)
    #expect(first.model.sha256 == second.model.sha256 && first.model.sha256 != single.model.sha256)
    let journal = try ExecutionJournal(path: run.folder.path + "/half/journal.jsonl")
    #expect(journal.started?.precision == "bf16")
    #expect(
      throws: ExecutionError.self, "an unknown precision is refused",
      performing: {
        try run.execution(run.plan(precision: "fp4"), run: "unknown").run(resume: false)
      })
  }

  @Test func reachesTheFinalShapeAndRepeatsToTheByte() throws {
    let plan = run.plan()
    let first = try run.execution(plan, run: "a").run(resume: false)
    let second = try run.execution(plan, run: "b").run(resume: false)
    #expect(first.shape.languageModel.uniform == plan.final.shape)
    #expect(first.model.sha256 == second.model.sha256)
    #expect(first.compressedTest.total == 40)
    let written = try Checkpoint.load(folder: run.folder.path + "/a/model")
    #expect(written.parameters.layout.shape == first.shape)
    #expect(written.parameters.layout.shape.languageModel.stockClassObstacle == nil)
    #expect(FileManager.default.fileExists(atPath: run.folder.path + "/a/model/vocab.json"))
    let journal = try ExecutionJournal(path: run.folder.path + "/a/journal.jsonl")
    #expect(journal.entries.count == 5)
  }

  @Test func resumesAfterAnyCommittedStepWithTheSameBytes() throws {
    let plan = run.plan()
    let whole = try run.execution(plan, run: "whole").run(resume: false)
    let path = run.folder.path + "/whole/journal.jsonl"
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    // Killed after `kept` lines, the next one half written.
    for kept in 1...3 {
      let torn = lines[kept].prefix(lines[kept].count / 2)
      let text = lines.prefix(kept).joined(separator: "\n") + "\n" + torn
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let resumed = try run.execution(plan, run: "whole").run(resume: true)
      #expect(resumed.model.sha256 == whole.model.sha256)
    }
  }

  @Test func refusesToStartOverAJournal() throws {
    let plan = run.plan()
    _ = try run.execution(plan, run: "c").run(resume: false)
    #expect(throws: ExecutionError.self) { try run.execution(plan, run: "c").run(resume: false) }
    #expect(throws: ExecutionError.self) { try run.execution(plan, run: "c").run(resume: true) }
  }

  @Test func rollsBackAStepThatBreaksTheTolerance() throws {
    // A tolerance below zero cannot be met by any step.
    let plan = run.plan(tolerance: -2)
    #expect(throws: ExecutionError.self) { try run.execution(plan, run: "d").run(resume: false) }
    let journal = try ExecutionJournal(path: run.folder.path + "/d/journal.jsonl")
    #expect(journal.lastCommitted == nil)
    #expect(
      journal.entries.contains { if case .stepRolledBack = $0 { true } else { false } })
  }

  @Test func namesEverythingThatChanged() throws {
    var plan = run.plan()
    try verify(plan, model: run.model, data: run.data, profileHash: "p")
    plan.model.content.sha256 = "other"
    plan.data?.content.sha256 = "other"
    do {
      try verify(plan, model: run.model, data: run.data, profileHash: "changed")
      Issue.record("nothing was refused")
    } catch {
      let text = error.description
      #expect(text.contains("the model"))
      #expect(text.contains("the data"))
      #expect(text.contains("the profile"))
    }
  }
}
