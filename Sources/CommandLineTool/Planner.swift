import Foundation

/// Carries out one command line. The whole program, apart from the process around it.
///
/// `arguments` has the words after the tool's name. Returns the exit code.
package func runPlanner(
  arguments: [String], environment: [String: String], standardOutput: any ConsoleStream,
  standardError: any ConsoleStream
) -> Int32 {
  let console = Console(output: standardOutput, error: standardError, environment: environment)
  defer { console.clearBar() }
  do {
    try dispatch(arguments, environment: environment, console: console)
    return ExitCode.done.rawValue
  } catch StreamError.readerGone {
    // The reader has what it wanted, and the work itself is done.
    return ExitCode.done.rawValue
  } catch {
    console.note(errorLine(error))
    return exitCode(of: error).rawValue
  }
}

private func dispatch(
  _ arguments: [String], environment: [String: String], console: Console
) throws {
  guard let first = arguments.first else {
    console.printToError(HelpText.tool(commands: allCommands))
    throw UsageError("no command given")
  }
  let words = Array(arguments.dropFirst())
  if ["-h", "--help"].contains(first) {
    return try console.print(HelpText.tool(commands: allCommands))
  }
  if first == "--version" { return try console.print("planner \(plannerVersion)") }

  let command = try command(named: first)
  if words.contains(where: ["-h", "--help"].contains) {
    return try console.print(HelpText.command(command))
  }
  let parser = ArgumentParser(command: command.name, declarations: command.options)
  let context = CommandContext(
    arguments: try parser.parse(words), console: console, environment: environment)
  try command.run(context)
}

private func command(named name: String) throws(UsageError) -> any Command {
  if let command = allCommands.first(where: { $0.name == name }) { return command }
  let flags = ["--help", "--version"]
  let meaning =
    flags.first { $0 == "--" + name }
    ?? likelyMeaning(of: name, among: allCommands.map(\.name) + flags)
  let hint = meaning.map { "did you mean \($0)?" }
  let kind = name.hasPrefix("-") ? "option" : "command"
  throw UsageError("unknown \(kind) \"\(name)\"; \(hint ?? "see `planner --help`")")
}

private func exitCode(of error: any Error) -> ExitCode {
  switch error {
  case is UsageError: .usage
  case let failure as CommandFailure: failure.exitCode
  default: .failed
  }
}
