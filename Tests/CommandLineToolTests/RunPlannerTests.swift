import CommandLineTool
import Foundation
import TestSupport
import Testing

/// What one command line did.
struct Outcome {
  let code: Int32
  let output: String
  let error: String

  init(_ arguments: String...) { self.init(arguments: arguments) }

  init(arguments: [String]) {
    let output = MemoryStream()
    let error = MemoryStream()
    code = runPlanner(
      arguments: arguments, environment: [:], standardOutput: output, standardError: error)
    self.output = output.text
    self.error = error.text
  }

  /// True where standard error has exactly one line, with the tool's prefix.
  var hasOneErrorLine: Bool {
    error.hasPrefix("planner: ") && error.hasSuffix("\n") && error.filter(\.isNewline).count == 1
  }
}

@Suite struct RunPlannerTests {
  @Test func version() {
    let outcome = Outcome("--version")
    #expect(outcome.code == 0)
    #expect(outcome.output == "planner \(plannerVersion)\n")
  }

  @Test(arguments: ["-h", "--help"])
  func help(flag: String) {
    let outcome = Outcome(flag)
    #expect(outcome.code == 0)
    #expect(outcome.error.isEmpty)
    for command in allCommands {
      #expect(outcome.output.contains("\n  \(command.name) "))
    }
    #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func bareInvocationShowsHelpAsWrongUsage() {
    let outcome = Outcome()
    #expect(outcome.code == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.error.contains("COMMANDS"))
    #expect(outcome.error.hasSuffix("planner: no command given\n"))
  }

  @Test(arguments: allCommands.map(\.name))
  func helpOfEachCommand(name: String) throws {
    let command = try #require(allCommands.first { $0.name == name })
    let outcome = Outcome(name, "--no-such-option", "--help")
    #expect(outcome.code == 0)
    for option in command.options { #expect(outcome.output.contains("  \(option.name)")) }
    #expect(outcome.output.contains("-h, --help"))
    #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test(arguments: allCommands.map(\.name))
  func unknownOptionOfEachCommand(name: String) {
    let outcome = Outcome(name, "--no-such-option")
    #expect(outcome.code == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.hasOneErrorLine)
  }

  @Test(arguments: [
    ("statsu", "unknown command \"statsu\"; did you mean status?"),
    ("help", "unknown command \"help\"; did you mean --help?"),
    ("--verison", "unknown option \"--verison\"; did you mean --version?"),
    ("frobnicate", "unknown command \"frobnicate\"; see `planner --help`"),
  ])
  func unknownCommand(word: String, message: String) {
    let outcome = Outcome(word)
    #expect(outcome.code == 64)
    #expect(outcome.error == "planner: \(message)\n")
  }

  @Test func readerThatGoesAwayIsNoFailure() {
    struct GoneStream: ConsoleStream {
      let isTerminal = false
      let width = 80
      func write(_ text: String) throws(StreamError) { throw .readerGone }
    }
    let error = MemoryStream()
    let code = runPlanner(
      arguments: ["--help"], environment: [:], standardOutput: GoneStream(), standardError: error)
    #expect(code == 0)
    #expect(error.text.isEmpty)
  }

  @Test func fullDiskIsAFailure() throws {
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    let error = MemoryStream()
    let code = runPlanner(
      arguments: ["--help"], environment: [:],
      standardOutput: FileDescriptorStream(full, "standard output"), standardError: error)
    #expect(code == 1)
    #expect(error.text == "planner: cannot write to standard output: No space left on device\n")
  }

  @Test func closedPipeIsNoticed() throws {
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    let stream = FileDescriptorStream(ends[1], "pipe")
    do {
      try stream.write("text")
      Issue.record("a write into a closed pipe succeeded")
    } catch .readerGone {
    } catch {
      Issue.record("\(error)")
    }
  }
}
