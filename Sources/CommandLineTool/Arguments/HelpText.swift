/// Help texts, laid out for 80 columns.
enum HelpText {
  /// What `planner --help` prints.
  static func tool(commands: [any Command]) -> String {
    """
    planner \(plannerVersion): compress a transformer until it meets a latency and an
    electricity target, and publish what it cost and what it saves.

    USAGE
      planner COMMAND [OPTIONS]

    COMMANDS
    \(table(commands.map { ($0.name, $0.summary) }))

    OPTIONS
    \(table([helpRow, ("--version", "Print the version.")]))

    Bare commands work on the embedded model and data, in the run folder
    reports/demo.

    EXIT CODES  0 done · 1 failed · 2 target infeasible · 3 a target was missed or
    accuracy broke its limit · 64 wrong usage

    """
  }

  /// What `planner COMMAND --help` prints.
  static func command(_ command: any Command) -> String {
    let rows = command.options.map { option in
      let left = [option.name, option.placeholder].compactMap(\.self).joined(separator: " ")
      let suffix = option.defaultDescription.map { " (default: \($0))" } ?? ""
      return (left, option.help + suffix)
    }
    return """
      \(command.summary)

      USAGE
        planner \(command.name)\(command.options.isEmpty ? "" : " [OPTIONS]")

      OPTIONS
      \(table(rows + [helpRow]))

      \(command.discussion)

      """
  }

  private static let helpRow = ("-h, --help", "Print this help.")

  /// Two columns; the right one wraps at 80 columns.
  private static func table(_ rows: [(String, String)]) -> String {
    let left = rows.map(\.0.count).max() ?? 0
    return rows.map { name, help in
      let lines = wrapped(help, width: 80 - left - 4)
      let first = "  " + name.padding(to: left) + "  " + (lines.first ?? "")
      let rest = lines.dropFirst().map { String(repeating: " ", count: left + 4) + $0 }
      return ([first] + rest).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
