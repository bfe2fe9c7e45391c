import Artifacts
import Foundation
import Reporting
import Storage

/// A finished run, published as a page, as text and as data.
struct ReportCommand: Command {
  static let requestsPerYear = Option(
    "--requests-per-year", .positive("requests"), help: "Volume of a year; the plan's where absent."
  )
  static let region = Option(
    "--region", .text("CODE", "a country code or \"world\""), default: "world",
    help: "Electricity grid, for CO₂e.")

  let name = "report"
  let summary = "Publish what the compression cost and what it saves."
  let discussion = """
    Reads profile.json, plan.json and journal.jsonl of the run folder; writes report.html
    (one self-contained file), report.md and report.json beside them.
    """
  var options: [any ArgumentDeclaration] {
    [CommonOptions.run, Self.requestsPerYear, Self.region, CommonOptions.json]
  }

  func run(_ context: CommandContext) throws {
    let folder = context.runFolder
    let profile = try folder.readProfile().record
    let plan = try folder.readPlan().record
    let report = try makeReport(
      profile: profile, plan: plan, journal: try folder.readJournal(of: plan),
      options: ReportOptions(
        requestsPerYear: context.arguments[Self.requestsPerYear],
        region: context.arguments[Self.region]))

    try AtomicFile.write(ArtifactCoding.document(report), to: folder.reportData)
    try AtomicFile.write(Data(report.markdown().utf8), to: folder.reportText)
    try AtomicFile.write(Data(report.html().utf8), to: folder.reportPage)
    try context.present(json: report, text: report.text + "\n\nreport: \(folder.reportPage)")
  }
}
