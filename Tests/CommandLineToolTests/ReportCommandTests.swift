import Artifacts
import CommandLineTool
import Foundation
import TestSupport
import Testing

@Suite struct ReportCommandTests {
  private let temporary: TemporaryFolder
  private let folder: RunFolder

  init() throws {
    temporary = try TemporaryFolder()
    folder = RunFolder(path: temporary.path)
    try SampleRun.write(SampleRun.profile(), to: folder)
    try SampleRun.write(SampleRun.plan(), to: folder)
    try SampleRun.write(
      [SampleRun.started, SampleRun.committed, SampleRun.secondCommitted, SampleRun.finished],
      to: folder)
  }

  private func content(_ file: String) throws -> String {
    try String(contentsOf: URL(filePath: file), encoding: .utf8)
  }

  @Test func writesAllThreeForms() throws {
    let outcome = Outcome("report", "--run", folder.path)
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.hasSuffix("report: \(folder.reportPage)\n"))
    #expect(try content(folder.reportPage).hasPrefix("<!DOCTYPE html>"))
    #expect(try content(folder.reportText).hasPrefix("# "))
    #expect(try content(folder.reportData).hasPrefix("{"))
  }

  /// A target missed is not done, and neither is an accuracy below its floor; the report is written.
  @Test(arguments: [(latency: 550.0, drop: 0.05), (latency: 650.0, drop: 0.005)])
  func aMissHasACodeOfItsOwn(latency: Double, drop: Double) throws {
    var plan = SampleRun.plan()
    plan.target.latency = Seconds(milliseconds: latency)
    plan.target.maximumAccuracyDrop = Accuracy(drop)
    try SampleRun.write(plan, to: folder)
    try SampleRun.write(
      [try SampleRun.started(of: plan), SampleRun.committed, SampleRun.secondCommitted]
        + [SampleRun.finished], to: folder)
    let outcome = Outcome("report", "--run", folder.path)
    #expect(outcome.code == 3)
    #expect(outcome.hasOneErrorLine && outcome.error.contains("not met: "))
    #expect(outcome.error.contains(latency < 600 ? "Latency" : "Accuracy on validation entries"))
    let page = try content(folder.reportText)
    #expect(page.contains("not met") || page.contains("targets met"))
    #expect(!page.contains("All 2 targets are met"))
  }

  @Test func jsonIsTheFile() throws {
    let outcome = Outcome("report", "--run", folder.path, "--json")
    #expect(outcome.code == 0)
    #expect(try content(folder.reportData) == outcome.output)
  }

  @Test func unknownRegionIsRefusedWithTheKnownOnes() {
    let outcome = Outcome("report", "--run", folder.path, "--region", "atlantis")
    #expect(outcome.code == 1)
    #expect(outcome.hasOneErrorLine)
    #expect(outcome.error.contains("world"))
    #expect(!folder.exists(folder.reportPage))
  }

  @Test func unfinishedRunIsRefused() throws {
    try SampleRun.write([SampleRun.started, SampleRun.committed], to: folder)
    let outcome = Outcome("report", "--run", folder.path)
    #expect(outcome.code == 1)
    #expect(outcome.hasOneErrorLine)
    #expect(outcome.error.contains("execute"))
    #expect(!folder.exists(folder.reportPage))
  }
}
