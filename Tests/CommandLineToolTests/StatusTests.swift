import Artifacts
import CommandLineTool
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct StatusTests {
  private let temporary: TemporaryFolder
  private let folder: RunFolder

  init() throws {
    temporary = try TemporaryFolder()
    folder = RunFolder(path: temporary.path)
  }

  private func status() -> Outcome { Outcome("status", "--run", folder.path) }

  @Test func tellsTheNextCommandAtEveryStage() throws {
    #expect(status().output == "\(folder.path): nothing here yet; start with `planner profile`\n")
    try SampleRun.write(SampleRun.profile(), to: folder)
    #expect(status().output == "\(folder.path): profiled; next is `planner plan`\n")
    try SampleRun.write(SampleRun.plan(), to: folder)
    #expect(status().output == "\(folder.path): planned, steps: 2; next is `planner execute`\n")
  }

  @Test func tellsTheStepsOfARun() throws {
    try SampleRun.write(SampleRun.profile(), to: folder)
    try SampleRun.write(SampleRun.plan(), to: folder)
    try SampleRun.write([SampleRun.started, SampleRun.rolledBack, SampleRun.committed], to: folder)
    let outcome = status()
    #expect(outcome.code == 0)
    #expect(
      outcome.output == """
        \(folder.path): steps committed: 1 of 2; if nothing runs, `planner execute --resume` goes on
        step  stage   result       accuracy   request
        1     blocks  rolled back     0.700         –
        1     blocks  committed       0.940  600.0 ms

        """)
  }

  @Test func tellsARevision() throws {
    try SampleRun.write(SampleRun.plan(), to: folder)
    try SampleRun.write([SampleRun.started, SampleRun.revised, SampleRun.committed], to: folder)
    let text = status().output
    #expect(text.contains("steps committed: 1 of 1;"))
    #expect(text.contains("\nrehearsal: 4 blocks took 700 ms.\n"))
    let json = Outcome("status", "--run", folder.path, "--json").output
    #expect(json.contains("\"cause\" : \"rehearsal\""))
  }

  /// A repair's step that was undone is no step of the plan.
  @Test func stepsOfAnUndoneRepairAreNotCounted() throws {
    let step = SampleRun.step
    guard case .adjusted(var repair) = SampleRun.revised,
      case .stepCommitted(var kept) = SampleRun.committed
    else { return }
    repair.cause = .finalMeasurement
    kept.checkpoint.name = "kept"
    var undone = kept
    undone.step.index = step.index + 7
    undone.checkpoint.name = "undone"
    var rollback = repair
    rollback.cause = .repairRolledBack
    rollback.revision = nil
    let status = RunStatus(
      profile: nil, plan: SampleRun.plan(),
      journal: [
        SampleRun.started, .stepCommitted(kept), .adjusted(repair), .stepCommitted(undone),
        .adjusted(rollback),
      ])
    #expect(status.committedSteps == 1 && status.plannedSteps == 2)
    #expect(status.steps.map(\.undone) == [false, true])
    #expect(status.text(folder: "run").contains("undone"))
  }

  /// A second execution is not asked for while one is at work.
  @Test func saysWhoIsAtWork() throws {
    try SampleRun.write(SampleRun.profile(), to: folder)
    try SampleRun.write(SampleRun.plan(), to: folder)
    let lock = try FolderLock(folder: folder.path, purpose: "execute")
    for journal in [[], [SampleRun.started]] {
      try SampleRun.write(journal, to: folder)
      let text = status().output
      #expect(text.contains("at work there now: process \(getpid()) (execute, since "))
      #expect(!text.contains("planner execute"))
    }
    lock.release()
    #expect(status().output.contains("planner execute --resume"))
  }

  @Test func aJournalOfAnotherPlanIsRefused() throws {
    try SampleRun.write(SampleRun.profile(), to: folder)
    try SampleRun.write([SampleRun.started, SampleRun.committed], to: folder)
    #expect(status().error.contains("the plan that it tells of is gone"))
    var other = SampleRun.plan()
    other.target.latency = Seconds(0.001)
    try SampleRun.write(other, to: folder)
    let outcome = status()
    #expect(outcome.code == 1 && outcome.hasOneErrorLine)
    #expect(outcome.error.contains("tells of another plan"))
  }

  @Test func aPlanOfAnotherProfileIsRefused() throws {
    var profile = SampleRun.profile()
    profile.machine.processor = "Imaginary CPU"
    try SampleRun.write(profile, to: folder)
    try SampleRun.write(SampleRun.plan(), to: folder)
    for command in ["status", "report", "execute"] {
      let outcome = Outcome(command, "--run", folder.path)
      #expect(outcome.code == 1 && outcome.hasOneErrorLine)
      #expect(outcome.error.contains("was not made from"))
    }
  }

  @Test func tellsTheResult() throws {
    try SampleRun.write(SampleRun.profile(), to: folder)
    try SampleRun.write(SampleRun.plan(), to: folder)
    try SampleRun.write(
      [SampleRun.started, SampleRun.committed, SampleRun.secondCommitted, SampleRun.finished],
      to: folder)
    let text = status().output
    #expect(text.contains("finished, steps committed: 2;"))
    #expect(text.contains("test accuracy 0.940 → 0.930, requests 1.17 times as fast"))
  }

  /// The line that scripts/run.sh looks for.
  @Test func jsonHasTheOriginalsLatencyOnALineOfItsOwn() throws {
    try SampleRun.write(SampleRun.profile(), to: folder)
    let outcome = Outcome("status", "--run", folder.path, "--json")
    #expect(outcome.code == 0)
    #expect(outcome.output.split(separator: "\n").contains("  \"originalMilliseconds\" : 700,"))
  }

  @Test func damagedArtifactIsOneLine() throws {
    try Data("{".utf8).write(to: URL(filePath: folder.plan))
    let outcome = status()
    #expect(outcome.code == 1)
    #expect(outcome.hasOneErrorLine)
    #expect(outcome.output.isEmpty)
  }
}
