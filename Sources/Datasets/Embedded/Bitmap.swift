/// A hand-drawn picture of cells, each cell empty, in ink or in the paper's colour.
struct Bitmap: Sendable {
  enum Cell: UInt8, Sendable { case empty, ink, paper }

  /// Cells of one row and of one column.
  let size: Int
  /// Rows top to bottom, `size` cells each.
  let cells: [Cell]

  /// Reads a drawing in which `#` is ink, `+` is paper and anything else is empty.
  init(_ drawing: String) {
    let rows = drawing.split(separator: "\n")
    size = rows.count
    cells = rows.flatMap { row -> [Cell] in
      precondition(row.utf8.count == rows.count, "a drawing is square: \(row)")
      return row.utf8.map {
        $0 == UInt8(ascii: "#") ? .ink : $0 == UInt8(ascii: "+") ? .paper : .empty
      }
    }
  }
}
