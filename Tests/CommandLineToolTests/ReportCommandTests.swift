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
