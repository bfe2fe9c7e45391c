/// Why a report could not be made; the description names the file, the field and the remedy.
package enum ReportError: Error, Equatable, CustomStringConvertible {
  /// The journal holds no final evaluation.
  case notExecuted
  /// Two artifacts that must agree do not.
  case mismatch(file: String, field: String, expected: String, found: String)
  case unknownRegion(String, known: [String])
  case invalidOption(name: String, remedy: String)

  package var description: String {
    switch self {
    case .notExecuted:
      "journal.jsonl: no \"finished\" entry; run execute first (execute --resume continues a run)"
    case .mismatch(let file, let field, let expected, let found):
      "\(file): \(field) is \(found), expected \(expected); run the stages again in one run folder"
    case .unknownRegion(let name, let known):
      "grid region \"\(name)\" is not in the table; choose one of \(known.joined(separator: ", "))"
    case .invalidOption(let name, let remedy):
      "report option \(name): \(remedy)"
    }
  }
}
