package import Artifacts

/// One verb of the command line. Each has a file of its own and a line in `Command.all`.
package protocol Command: Sendable {
  /// The word typed after `planner`.
  var name: String { get }
  /// One sentence for the list of commands.
  var summary: String { get }
  /// What help says below the options.
  var discussion: String { get }
  /// In the order of the help text.
  var options: [any ArgumentDeclaration] { get }
  /// Does the work. Throws: any error; it is printed as one line and ends the process with the exit
  /// code of a `CommandFailure`, else 1.
  func run(_ context: CommandContext) throws
}

/// What a command is given to work with.
package struct CommandContext: Sendable {
  package let arguments: ParsedArguments
  package let console: Console
  package let environment: [String: String]

  /// The run folder that `--run` names.
  package var runFolder: RunFolder { RunFolder(path: arguments[CommonOptions.run]) }

  /// The precision that `--precision` names.
  package var precision: Precision {
    Precision(rawValue: arguments[CommonOptions.precision]) ?? .f32
  }

  /// Makes way in the run folder for a new profile or plan, and says what was moved aside.
  func makeWay(for what: String) throws {
    if let aside = try runFolder.makeWay(for: what) {
      console.note("the journal of measurements before this \(what) is now \(aside)")
    }
  }

  /// A result as JSON where `--json` is given, else as text for a person.
  package func present(
    json value: @autoclosure () -> some Encodable, text: @autoclosure () -> String
  )
    throws
  {
    if arguments[CommonOptions.json] {
      try console.print(
        json: String(decoding: try ArtifactCoding.document(value()), as: UTF8.self))
    } else {
      try console.print(text())
    }
  }
}

/// Options that mean the same in every command that has them.
package enum CommonOptions {
  package static let run = Option(
    "--run", .text("DIR", "a folder"), default: "reports/demo", help: "Run folder.")
  package static let json = Flag("--json", help: "Print the result as JSON.")
  package static let model = Option(
    "--model", .text("DIR", "a folder or a name"),
    help: "Hugging Face checkpoint to compress; the embedded model where absent.")
  package static let data = Option(
    "--data", .text("DIR", "a folder"),
    help: "Data as JSONL and images; the embedded data where absent.")
  package static let precision = Option(
    "--precision", .choice("NAME", of: Precision.names), default: Precision.f32.rawValue,
    help:
      "Operands of products, in training and serving: \(Precision.names.joined(separator: ", ")).")
}
