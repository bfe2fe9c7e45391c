/// A row of a table that cannot be used.
package struct MeasurementError: Error, CustomStringConvertible {
  package let description: String
}

/// A table in CSV (RFC 4180, no line breaks within fields) whose first line names its columns.
struct CSVTable {
  /// One line; a field by the name of its column.
  struct Record {
    let line: Int
    fileprivate let fields: [String: String]

    subscript(column: String) -> String { fields[column] ?? "" }

    /// The field as `read` understands it. Throws `MeasurementError` where that is nil.
    func value<Value>(
      _ column: String, _ read: (String) -> Value?
    ) throws(MeasurementError) -> Value {
      guard let value = read(self[column]) else {
        throw MeasurementError(description: "line \(line), \(column): \"\(self[column])\"")
      }
      return value
    }

    /// The field as a number from 1 to `limit`, which keeps products of three in the range of integers.
    /// Throws `MeasurementError` where it is none.
    func count(_ column: String, limit: Int = 1_000_000) throws(MeasurementError) -> Int {
      try value(column) { Int($0).flatMap { (1...limit).contains($0) ? $0 : nil } }
    }
  }

  let records: [Record]

  /// Throws where the first line has other columns, or a line has not as many fields.
  init(_ csv: String, columns: [String]) throws(MeasurementError) {
    let lines = csv.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map(String.init)
    guard let header = lines.first, Self.fields(header) == columns else {
      throw MeasurementError(description: "line 1: the columns must be \(columns)")
    }
    var records: [Record] = []
    for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
      let values = Self.fields(line)
      guard values.count == columns.count else {
        throw MeasurementError(description: "line \(index + 1): \(values.count) columns")
      }
      records.append(
        Record(
          line: index + 1, fields: Dictionary(uniqueKeysWithValues: zip(columns, values))))
    }
    self.records = records
  }

  /// A quote within quotes is doubled.
  private static func fields(_ line: String) -> [String] {
    var fields = [""]
    var quoted = false
    var endsQuote = false
    for character in line {
      switch character {
      case "\"":
        if endsQuote { fields[fields.count - 1].append(character) }
        endsQuote = quoted
        quoted.toggle()
        continue
      case "," where !quoted: fields.append("")
      default: fields[fields.count - 1].append(character)
      }
      endsQuote = false
    }
    return fields
  }
}
