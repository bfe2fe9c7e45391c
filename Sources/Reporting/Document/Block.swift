/// A piece of a section, the same for every view.
enum Block {
  case paragraph(Prose)
  /// An aside in smaller type.
  case note(Prose)
  case subheading(String)
  case list([Prose])
  case tiles([Tile])
  case verdicts([VerdictLine])
  case table(Table)
  case chart(Chart)
}

/// One headline number, before and after.
struct Tile {
  var title: String
  var before: Prose
  var after: Prose
  /// The change in a few words.
  var change: Prose
}

/// One constraint and whether it holds.
struct VerdictLine {
  var verdict: Verdict
  var text: Prose
}

/// A table whose first column names the row.
struct Table {
  struct Column {
    var title: String
    var isNumeric = true
  }

  var caption: String
  var columns: [Column]
  /// As many cells as columns.
  var rows: [[Prose]]

  init(_ caption: String, columns: [Column], rows: [[Prose]]) {
    self.caption = caption
    self.columns = columns
    self.rows = rows
  }
}

extension Table.Column: ExpressibleByStringLiteral {
  init(stringLiteral value: String) { title = value }

  static func text(_ title: String) -> Self { Self(title: title, isNumeric: false) }
}
