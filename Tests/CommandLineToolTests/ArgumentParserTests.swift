import CommandLineTool
import Testing

@Suite struct ArgumentParserTests {
  private static let latency = Option(
    "--target-ms", .positive("milliseconds"), default: 90, help: "Latency.")
  private static let run = Option("--run", .text("DIR", "a folder"), help: "Folder.")
  private static let threads = Option("--threads", .count("threads"), help: "Threads.")
  private static let seed = Option("--seed", .seed, default: 1, help: "Seed.")
  private static let format = Option(
    "--format", .choice("NAME", of: ["hf", "onnx"]), help: "Format.")
  private static let json = Flag("--json", help: "JSON.")

  private let parser = ArgumentParser(
    command: "plan",
    declarations: [Self.latency, Self.run, Self.threads, Self.seed, Self.format, Self.json])

  private func refusal(_ words: String...) -> String? {
    do {
      _ = try parser.parse(words)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func valuesAndFlags() throws {
    let parsed = try parser.parse(["--run", "a=b", "--target-ms=45.5", "--json", "--threads", "2"])
    #expect(parsed[Self.latency] == 45.5)
    #expect(parsed[Self.run] == "a=b")
    #expect(parsed[Self.threads] == 2)
    #expect(parsed[Self.json])
    #expect(parsed.isGiven(Self.run))
  }

  @Test func defaults() throws {
    let parsed = try parser.parse([])
    #expect(parsed[Self.latency] == 90)
    #expect(parsed[Self.run] == nil)
    #expect(parsed[Self.seed] == 1)
    #expect(!parsed[Self.json])
    #expect(!parsed.isGiven(Self.latency))
  }

  @Test(arguments: ["-5", "0", "nan", "inf", "0x10", "ninety", "", "90ms", "1e999"])
  func refusedLatency(text: String) {
    let expected = "--target-ms must be a positive number of milliseconds, got \"\(text)\""
    #expect(refusal("--target-ms", text) == expected)
    #expect(refusal("--target-ms=\(text)") == expected)
  }

  @Test(arguments: ["90", "1e2", "+3", ".5"])
  func acceptedLatency(text: String) throws {
    #expect(try parser.parse(["--target-ms", text])[Self.latency] == Double(text))
  }

  @Test(arguments: [
    (["--threads", "0"], "--threads must be a positive whole number of threads, got \"0\""),
    (["--threads", "1.5"], "--threads must be a positive whole number of threads, got \"1.5\""),
    (["--seed", "-1"], "--seed must be a whole number from 0 to 2⁶⁴ − 1, got \"-1\""),
    (["--format", "gguf"], "--format must be one of hf, onnx, got \"gguf\""),
    (["--run="], "--run must be a folder, got \"\""),
    (["--json=yes"], "--json takes no value, got \"yes\""),
    (["--run"], "--run needs a value: --run DIR"),
    (["--run", "--json"], "--run needs a value: --run DIR"),
    (["--json", "--json"], "--json is given twice"),
    (
      ["--target-mss", "3"], "`planner plan` has no option --target-mss; did you mean --target-ms?"
    ),
    (["--target"], "`planner plan` has no option --target; did you mean --target-ms?"),
    (["-json"], "`planner plan` has no option -json; did you mean --json?"),
    (["--verbose"], "`planner plan` has no option --verbose; see `planner plan --help`"),
    (["here"], "unexpected argument \"here\"; see `planner plan --help`"),
    (["--"], "unexpected argument \"--\"; see `planner plan --help`"),
    ([""], "unexpected argument \"\"; see `planner plan --help`"),
  ])
  func refusals(words: [String], message: String) {
    do {
      _ = try parser.parse(words)
      Issue.record("\(words) was accepted")
    } catch {
      #expect(error.description == message)
    }
  }

  @Test(arguments: [
    ("plan", "plan", 0), ("plna", "plan", 1), ("pln", "plan", 1), ("", "plan", 4),
    ("report", "export", 2), ("kitten", "sitting", 3),
  ])
  func distances(a: String, b: String, distance: Int) {
    #expect(editDistance(a, b) == distance)
    #expect(editDistance(b, a) == distance)
  }
}
