import Artifacts

/// Every figure that the sections print, with where it stands, and the numbered list of sources.
struct FigureIndex {
  struct Item {
    var section: String
    var name: String
    var figure: PrintedFigure
  }

  private(set) var items: [Item] = []
  /// In order of first appearance; number n stands at n − 1.
  private(set) var sources: [String] = []
  private var numbers: [String: Int] = [:]

  init(_ report: Report) {
    for section in ReportSections.findings {
      for block in section.content(report) { add(block, section: section.title) }
    }
  }

  /// The number of a source, from 1.
  func number(of source: String) -> Int? { numbers[source] }

  private mutating func add(_ block: Block, section: String) {
    switch block {
    case .paragraph(let prose), .note(let prose): add(prose, section: section)
    case .list(let items): for item in items { add(item, section: section) }
    case .subheading, .chart: break
    case .verdicts(let lines): for line in lines { add(line.text, section: section) }
    case .tiles(let tiles):
      for tile in tiles {
        add(tile.before, section: section, name: "\(tile.title), before")
        add(tile.after, section: section, name: "\(tile.title), after")
        add(tile.change, section: section, name: "\(tile.title), change")
      }
    case .table(let table):
      for row in table.rows {
        let rowName = row.first?.plainText ?? ""
        for (column, cell) in zip(table.columns, row) {
          add(cell, section: section, name: "\(rowName), \(column.title)")
        }
      }
    }
  }

  private mutating func add(_ prose: Prose, section: String, name: String = "") {
    for figure in prose.figures {
      if numbers[figure.source] == nil {
        sources.append(figure.source)
        numbers[figure.source] = sources.count
      }
      let name = figure.name.isEmpty ? name : figure.name
      items.append(Item(section: section, name: name, figure: figure))
    }
  }
}
