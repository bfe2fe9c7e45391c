import Artifacts
import Foundation
import Reporting
import Testing

@Suite struct ViewTests {
  let run = FixtureRun()

  private func report(_ run: FixtureRun) throws -> Report {
    try makeReport(profile: run.profile, plan: run.plan, journal: run.journal)
  }

  @Test func htmlIsBalancedAndSelfContained() throws {
    let html = try report(run).html()
    try preview(html, "report.html")
    try preview(report(run).markdown(), "report.md")
    let fault = MarkupChecker.fault(in: html)
    #expect(fault == nil)
    for needle in ["<script", "<img", "src=", "@import", "url("] {
      #expect(!html.contains(needle), "\(needle)")
    }
    // The only addresses are fragments, the empty icon and the name of the SVG namespace.
    #expect(
      MarkupChecker.count("http", in: html)
        == MarkupChecker.count("http://www.w3.org/2000/svg", in: html)
        + MarkupChecker.count("http-equiv", in: html))
    #expect(MarkupChecker.count("<svg", in: html) == 10)
    #expect(!html.contains("NaN") && !html.contains("Optional("))
  }

  /// Long names, many steps, no unit the fixture happens to use: the page must stay whole.
  @Test func extremeValuesStayReadable() throws {
    var run = run
    let long = String(repeating: "a-very-long-name/", count: 20)
    run.plan.model.content.name = long
    run.plan.alternatives[0].label = long
    run.plan.target.requestsPerYear = 3e13
    run.profile.hardware[0].name = "build"
    run.replaceFinished {
      $0.originalTest.tasks[0].name = long
      $0.compressedTest.tasks[0].name = long
      $0.comparison.original.energy = FixtureRun.energy(9e12)
      $0.comparison.compressed.energy = FixtureRun.energy(1e-9)
      $0.comparison.original.median = FixtureRun.time(1e7)
    }
    let html = try report(run).html()
    try preview(html, "extreme.html")
    let fault = MarkupChecker.fault(in: html)
    #expect(fault == nil)
    #expect(
      !html.contains("NaN") && !html.contains("not finite") && !html.contains("inf ")
        && !html.contains("e+"))
  }

  /// Writes a page to the folder that REPORT_PREVIEW names, to look at; does nothing without it.
  private func preview(_ text: String, _ name: String) throws {
    guard let folder = ProcessInfo.processInfo.environment["REPORT_PREVIEW"] else { return }
    try Data(text.utf8).write(to: URL(filePath: folder).appending(path: name))
  }

  @Test func everySVGIsNamed() throws {
    let html = try report(run).html()
    var rest = Substring(html)
    while let start = rest.firstRange(of: "<svg"), let end = rest.firstRange(of: "</svg>") {
      let svg = rest[start.lowerBound..<end.upperBound]
      let fault = MarkupChecker.fault(in: String(svg))
      #expect(fault == nil)
      #expect(svg.contains("<title id=") && svg.contains("<desc id="))
      rest = rest[end.upperBound...]
    }
    let ids = html.matches(of: /\ id="([^"]+)"/).map { String($0.output.1) }
    #expect(Set(ids).count == ids.count)
    for link in html.matches(of: /href="#([^"]+)"/) {
      #expect(ids.contains(String(link.output.1)))
    }
  }

  @Test func everyFigureShowsItsProvenance() throws {
    let html = try report(run).html()
    let figures = MarkupChecker.count("<span class=\"figure\">", in: html)
    let badges = Provenance.allCases.map {
      MarkupChecker.count("<a class=\"badge \($0.rawValue)\" href=\"#source-", in: html)
    }.reduce(0, +)
    #expect(figures > 200)
    #expect(badges == figures)
  }

  /// Sources of the JSON value all appear in the page: no figure is left out of the views.
  @Test func everySourceIsListed() throws {
    let report = try report(run)
    let json = try JSONSerialization.jsonObject(with: ArtifactCoding.document(report))
    var sources: Set<String> = []
    func walk(_ value: Any) {
      if let object = value as? [String: Any] {
        if object["provenance"] != nil, let source = object["source"] as? String {
          sources.insert(source)
        }
        object.values.forEach(walk)
      } else if let array = value as? [Any] {
        array.forEach(walk)
      }
    }
    walk(json)
    let html = report.html()
    #expect(sources.count > 8)
    for source in sources {
      #expect(html.contains("<td class=\"words\">\(source)</td>"), "\(source)")
    }
  }

  @Test func hostileNamesAreEscaped() throws {
    var run = run
    let hostile = "<script>alert(\"x\")</script> | `a` & 'b'\n# [x](y)"
    run.plan.model.content.name = hostile
    run.plan.strategy = hostile
    run.plan.notes = [hostile]
    run.plan.settings.criterion = hostile
    run.plan.alternatives[0].label = hostile
    run.profile.warnings = [hostile]
    run.profile.hardware[0].description = hostile
    run.replaceFinished {
      $0.originalTest.tasks[0].name = hostile
      $0.compressedTest.tasks[0].name = hostile
      $0.comparison.original.median = .measured(Seconds(0.7), source: hostile)
    }
    let report = try report(run)
    let html = report.html()
    #expect(!html.contains("<script"))
    #expect(html.contains("&lt;script&gt;alert(&quot;x&quot;)"))
    let fault = MarkupChecker.fault(in: html)
    #expect(fault == nil)
    let markdown = report.markdown()
    #expect(!markdown.contains("<script"))
    #expect(!markdown.contains("\n# [x]"))
    expectConsistentTables(markdown)
  }

  @Test func controlCharactersAreSpelledOut() throws {
    var run = run
    let hostile = "\u{1B}]0;x\u{7}\u{9B}2J\u{202E}\r\u{7F}\u{2028}end"
    run.plan.model.content.name = hostile
    run.plan.notes = [hostile]
    run.plan.target.hardware = hostile
    run.profile.hardware[0].name = hostile
    run.profile.hardware[0].description = hostile
    run.profile.machine.processor = hostile
    run.profile.warnings = [hostile]
    run.replaceFinished {
      $0.originalTest.tasks[0].name = hostile
      $0.compressedTest.tasks[0].name = hostile
      $0.comparison.original.median = .measured(Seconds(0.7), source: hostile)
    }
    let report = try report(run)
    for page in [report.html(), report.markdown()] {
      let unseen = page.unicodeScalars.filter { $0 != "\n" && String($0).visible() != String($0) }
      #expect(unseen.isEmpty, "\(unseen.map(\.value))")
    }
    #expect(report.html().contains("\\u{1B}]0;x\\u{7}\\u{9B}2J\\u{202E}\\u{D}\\u{7F}\\u{2028}end"))
    #expect(report.markdown().contains("\\\\u{1B}\\]0;x"))
    let fault = MarkupChecker.fault(in: report.html())
    #expect(fault == nil)
  }

  @Test func markdownTablesAreConsistent() throws {
    let markdown = try report(run).markdown()
    expectConsistentTables(markdown)
    #expect(MarkupChecker.count("\n## ", in: markdown) == 7)
  }

  /// Every table: a header, a rule, and rows of the same number of cells.
  private func expectConsistentTables(_ markdown: String) {
    var width: Int?
    var tables = 0
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("|") else {
        width = nil
        continue
      }
      let cells = line.replacing("\\|", with: "").filter { $0 == "|" }.count
      if width == nil { tables += 1 }
      #expect(cells == width ?? cells, "\(line)")
      width = cells
    }
    #expect(tables > 10)
  }

  @Test func sameInputSameBytes() throws {
    let first = try report(run)
    let second = try report(FixtureRun())
    #expect(first.html() == second.html())
    #expect(first.markdown() == second.markdown())
    #expect(try ArtifactCoding.document(first) == ArtifactCoding.document(second))
    let decoded = try ArtifactCoding.decode(Report.self, from: ArtifactCoding.document(first))
    #expect(decoded.html() == first.html())
  }

  @Test func rolledBackStepsAndWarningsAreShown() throws {
    let html = try report(run).html()
    #expect(html.contains("lost 0.100, more than τ = 0.050; retried smaller"))
    #expect(html.contains("No hardware counters: energies are modelled."))
    #expect(html.contains("The run was resumed"))
    #expect(html.contains("saving is a CPU-time saving"))
  }

  @Test func aStepThatNeverSucceededIsStillDrawn() throws {
    var run = run
    run.journal.removeAll { entry in
      if case .stepCommitted(let value) = entry { value.step.index == 4 } else { false }
    }
    let html = try report(run).html()
    #expect(MarkupChecker.count("class=\"dot rejected\" cx=", in: html) == 4)
    #expect(html.contains("<td class=\"words\">rolled back</td>"))
  }

  @Test func missingSensitivityAndDataAreHandled() throws {
    var run = run
    run.profile.sensitivity = nil
    run.profile.probeExpense = nil
    run.plan.data = nil
    run.plan.final.accuracy = .unavailable("no weights")
    run.plan.target.annualEnergy = nil
    run.plan.target.compressionEnergy = nil
    let html = try report(run).html()
    let fault = MarkupChecker.fault(in: html)
    #expect(fault == nil)
    #expect(html.contains("no sensitivity probes"))
    #expect(html.contains("The target is met."))
  }
}
