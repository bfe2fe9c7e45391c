import Reporting

/// Rows of text in aligned columns: words to the left, then figures to the right. A cell is one line,
/// whatever a name from a file holds.
struct Table {
  private let header: [String]
  /// Leading columns that hold words.
  private let words: Int
  var rows: [[String]] = []

  init(_ header: String..., words: Int = 1) { self.init(header, words: words) }

  init(_ header: [String], words: Int = 1) {
    self.header = header
    self.words = words
  }

  mutating func add(_ cells: String...) { rows.append(cells) }

  /// Lines without trailing spaces, joined by newlines.
  var text: String {
    let all = ([header] + rows).map { $0.map { $0.visible() } }
    let widths = header.indices.map { column in
      all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return all.map { row in
      let cells = row.enumerated().map { column, cell in
        column < words ? cell.padding(to: widths[column]) : cell.leftPadding(to: widths[column])
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}
