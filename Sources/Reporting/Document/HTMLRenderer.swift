import Artifacts

/// Blocks as HTML; badges link to the numbered sources.
struct HTMLRenderer {
  var index: FigureIndex

  func section(_ title: String, anchor: String, _ blocks: [Block]) -> String {
    """
    <section id="\(anchor)" aria-labelledby="\(anchor)-title">
    <h2 id="\(anchor)-title">\(Escaping.html(title))</h2>
    \(blocks.enumerated().map { block($1, id: "\(anchor)-\($0)") }.joined(separator: "\n"))
    </section>
    """
  }

  func prose(_ prose: Prose) -> String {
    prose.parts.map { part in
      switch part {
      case .text(let text): Escaping.html(text)
      case .strong(let text): "<strong>\(Escaping.html(text))</strong>"
      case .code(let text): "<code>\(Escaping.html(text))</code>"
      case .figure(let figure): self.figure(figure)
      case .source(let source): sourceLink(source)
      case .anchor(let number): "<span id=\"source-\(number)\">\(number)</span>"
      }
    }.joined()
  }

  private func sourceLink(_ source: String) -> String {
    guard let number = index.number(of: source) else { return Escaping.html(source) }
    return "<a href=\"#source-\(number)\">\(number)</a>"
  }

  /// Number, interval, badge: the only place where a figure becomes HTML.
  private func figure(_ figure: PrintedFigure) -> String {
    let title = Escaping.html("\(figure.provenance.rawValue): \(figure.source)")
    let target = index.number(of: figure.source).map { "#source-\($0)" } ?? "#legend"
    let kind = figure.provenance.rawValue
    let badge =
      "<a class=\"badge \(kind)\" href=\"\(target)\" title=\"\(title)\" aria-label=\"\(title)\">"
      + "\(figure.badge)</a>"
    guard let text = figure.text else {
      return "<span class=\"figure\"><span class=\"none\">unavailable</span>\(badge)</span>"
    }
    let interval = figure.interval.map { "<span class=\"interval\">[\($0)]</span>" } ?? ""
    return "<span class=\"figure\"><span class=\"value\">\(Escaping.html(text))\(badge)</span>"
      + "\(interval)</span>"
  }

  private func block(_ block: Block, id: String) -> String {
    switch block {
    case .paragraph(let prose): return "<p>\(self.prose(prose))</p>"
    case .note(let prose): return "<p class=\"note\">\(self.prose(prose))</p>"
    case .subheading(let text): return "<h3>\(Escaping.html(text))</h3>"
    case .list(let items):
      return "<ul>\n" + items.map { "<li>\(prose($0))</li>\n" }.joined() + "</ul>"
    case .tiles(let tiles):
      return "<div class=\"tiles\">\n" + tiles.map(tile).joined(separator: "\n") + "\n</div>"
    case .verdicts(let lines):
      return "<ul class=\"verdicts\">\n" + lines.map(verdict).joined(separator: "\n") + "\n</ul>"
    case .table(let table): return self.table(table, id: id)
    case .chart(let chart):
      // One drawing per width: text that scales with the page would be unreadable on a phone.
      return "<figure class=\"chart\">\n<figcaption>\(Escaping.html(chart.caption))</figcaption>\n"
        + chart.svg(width: 720, id: "\(id)-wide", cssClass: "wide") + "\n"
        + chart.svg(width: 340, id: "\(id)-narrow", cssClass: "narrow")
        + "\n</figure>"
    }
  }

  private func tile(_ tile: Tile) -> String {
    """
    <div class="tile"><h3>\(Escaping.html(tile.title))</h3>
    <p class="after">\(prose(tile.after))</p>
    <p class="before">before: \(prose(tile.before))</p>
    <p class="change">\(prose(tile.change))</p></div>
    """
  }

  private func verdict(_ line: VerdictLine) -> String {
    "<li class=\"\(line.verdict.rawValue)\"><strong>\(line.verdict.title)</strong> "
      + "\(prose(line.text))</li>"
  }

  private func table(_ table: Table, id: String) -> String {
    let head = table.columns.map {
      "<th scope=\"col\"\($0.isNumeric ? " class=\"number\"" : "")>\(Escaping.html($0.title))</th>"
    }.joined()
    let rows = table.rows.map { row in
      let cells = zip(table.columns, row).enumerated().map { position, pair in
        let content = prose(pair.1)
        let css = " class=\"\(pair.0.isNumeric ? "number" : "words")\""
        return position == 0
          ? "<th scope=\"row\">\(content)</th>" : "<td\(css)>\(content)</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    let caption = Escaping.html(table.caption)
    return """
      <figure class="table"><figcaption id="\(id)">\(caption)</figcaption>
      <div class="scroll" role="region" tabindex="0" aria-labelledby="\(id)">
      <table aria-labelledby="\(id)">
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div></figure>
      """
  }
}

extension Verdict {
  /// The verdict in plain words.
  var title: String {
    switch self {
    case .met: "Met."
    case .metWithinUncertainty: "Met, but the interval crosses the target."
    case .missedWithinUncertainty: "Not met, but the interval crosses the target."
    case .missed: "Not met."
    case .unknown: "Cannot be judged."
    }
  }
}
