import Artifacts

extension Report {
  /// One self-contained HTML file: no script, no request, light and dark, ready to print.
  package func html() -> String {
    let index = FigureIndex(self)
    let renderer = HTMLRenderer(index: index)
    let name = Escaping.html(title)
    let sections = ReportSections.all(index)
    let links = sections.map { "<a href=\"#\($0.anchor)\">\(Escaping.html($0.title))</a>" }
    let body = sections.map {
      renderer.section($0.title, anchor: $0.anchor, $0.content(self))
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" \
      content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
      <link rel="icon" href="data:,">
      <title>Compression report: \(name)</title>
      <style>
      \(Stylesheet.text)
      </style>
      </head>
      <body>
      <header>
      <p class="kicker">Compression report</p>
      <h1>\(name)</h1>
      <p class="summary">\(renderer.prose(summary))</p>
      <nav aria-label="Sections">\(links.joined(separator: "\n"))</nav>
      </header>
      <main>
      \(body.joined(separator: "\n"))
      </main>
      <footer><p>Every number carries its provenance: \
      M measured, ~ modelled, ÷ attributed, – unavailable. Brackets hold 80 % intervals \
      unless the source says otherwise.</p></footer>
      </body>
      </html>

      """
  }

  /// The same report in Markdown with tables; badges read (letter source-number).
  package func markdown() -> String {
    let index = FigureIndex(self)
    let renderer = MarkdownRenderer(index: index)
    let head = """
      # Compression report: \(Escaping.markdown(title))

      \(renderer.prose(summary))

      Numbers read: value \\[interval\\] (provenance source). \
      M measured, ~ modelled, ÷ attributed, – unavailable.
      """
    let body = ReportSections.all(index).map { renderer.section($0.title, $0.content(self)) }
    return ([head] + body).joined(separator: "\n\n") + "\n"
  }

  /// The model's name as a heading.
  private var title: String {
    model.content.name == "embedded" ? "The embedded model" : model.content.name
  }

  private var summary: Prose {
    let first = stages.rows.first?.shape
    let last = stages.rows.last?.shape
    var text: Prose = ""
    if let first, let last {
      text = """
        From \(first) to \(last): \
        \(NumberFormat.parameters(stages.rows[0].languageModelParameters)) to \
        \(NumberFormat.parameters(stages.rows[stages.rows.count - 1].languageModelParameters)) \
        parameters in the language model.\u{0020}
        """
    }
    let work: Prose = """
      One request: \(count: workload.creatives) images × \
      \(count: workload.questionsPerCreative) questions, \(count: workload.newTokens) new tokens \
      each, \(count: workload.threads) threads, \(model.precision).
      """
    return "\(text)\(work)"
  }
}
