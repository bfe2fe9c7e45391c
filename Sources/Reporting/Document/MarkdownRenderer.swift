import Artifacts

/// Blocks as Markdown with tables; charts are left out, their numbers stand in the tables.
struct MarkdownRenderer {
  var index: FigureIndex

  func section(_ title: String, _ blocks: [Block]) -> String {
    (["## \(Escaping.markdown(title))"] + blocks.compactMap(block)).joined(separator: "\n\n")
  }

  func prose(_ prose: Prose) -> String {
    prose.parts.map { part in
      switch part {
      case .text(let text): Escaping.markdown(text)
      case .strong(let text): "**\(Escaping.markdown(text))**"
      // Backslashes do not escape inside a code span, so the text is escaped instead.
      case .code(let text): Escaping.markdown(text)
      case .figure(let figure): self.figure(figure)
      case .anchor(let number): "\(number)"
      case .source(let source):
        index.number(of: source).map { "\($0)" } ?? Escaping.markdown(source)
      }
    }.joined()
  }

  /// Number, interval, badge and number of the source.
  private func figure(_ figure: PrintedFigure) -> String {
    let number = index.number(of: figure.source).map { " \($0)" } ?? ""
    let badge = "(\(figure.badge)\(number))"
    guard let text = figure.text else { return "unavailable \(badge)" }
    let interval = figure.interval.map { " \\[\($0)\\]" } ?? ""
    return "\(Escaping.markdown(text))\(interval) \(badge)"
  }

  private func block(_ block: Block) -> String? {
    switch block {
    case .paragraph(let prose), .note(let prose): return self.prose(prose)
    case .subheading(let text): return "### \(Escaping.markdown(text))"
    case .list(let items): return items.map { "- \(prose($0))" }.joined(separator: "\n")
    case .verdicts(let lines):
      return lines.map { "- **\($0.verdict.title)** \(prose($0.text))" }.joined(separator: "\n")
    case .tiles(let tiles):
      return table(
        Table(
          "", columns: ["", "before", "after", "change"],
          rows: tiles.map { [Prose($0.title), $0.before, $0.after, $0.change] }))
    case .table(let table): return "*\(Escaping.markdown(table.caption))*\n\n" + self.table(table)
    case .chart: return nil
    }
  }

  private func table(_ table: Table) -> String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    let head = line(table.columns.map { Escaping.markdown($0.title) })
    let rule = line(table.columns.map { $0.isNumeric ? "---:" : "---" })
    return ([head, rule] + table.rows.map { line($0.map(prose)) }).joined(separator: "\n")
  }
}
