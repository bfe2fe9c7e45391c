import Artifacts
import Reporting
import Testing

@Suite struct ReportErrorTests {
  let run = FixtureRun()

  @Test func unfinishedRunNamesTheJournalAndTheRemedy() {
    for journal in [[], Array(run.journal.dropLast())] {
      #expect(throws: ReportError.notExecuted) {
        try makeReport(profile: run.profile, plan: run.plan, journal: journal)
      }
    }
    #expect(ReportError.notExecuted.description.contains("journal.jsonl"))
    #expect(ReportError.notExecuted.description.contains("run execute first"))
  }

  @Test func artifactsOfTwoRunsAreRefused() {
    var run = run
    run.plan.model.content.sha256 = "0000"
    #expect {
      try makeReport(profile: run.profile, plan: run.plan, journal: run.journal)
    } throws: {
      "\($0)".contains("plan.json") && "\($0)".contains("model.content.sha256")
    }
  }

  @Test func contradictingCountsAreUnavailable() throws {
    var run = run
    run.replaceFinished { $0.compressedTest.tasks[0].correct = 1_000_000 }
    let report = try makeReport(profile: run.profile, plan: run.plan, journal: run.journal)
    #expect(report.headline.accuracyAfter.provenance == .unavailable)
    #expect(report.html().contains("counts contradict each other"))
  }

  @Test(arguments: [
    ReportOptions(requestsPerYear: 0), ReportOptions(requestsPerYear: .nan),
    ReportOptions(powerUsageEffectiveness: 0.9), ReportOptions(region: "XX"),
    ReportOptions(lowestPrice: 2, highestPrice: 1), ReportOptions(language: "de"),
  ])
  func optionsOutOfRangeAreRefused(_ options: ReportOptions) {
    #expect(throws: ReportError.self) {
      try makeReport(
        profile: run.profile, plan: run.plan, journal: run.journal, options: options)
    }
  }
}
