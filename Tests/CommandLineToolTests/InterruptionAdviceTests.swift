import CommandLineTool
import Metering
import Testing

@Suite struct InterruptionAdviceTests {
  private static let after = " goes on after the last committed step"

  @Test func anInterruptedExecutionIsResumedWithItsOwnOptions() {
    #expect(interruptionAdvice(arguments: ["execute"]) == "`planner execute --resume`" + Self.after)
    #expect(
      interruptionAdvice(arguments: ["execute", "--run", "runs/x", "--as-planned"])
        == "`planner execute --resume --run runs/x --as-planned`" + Self.after)
    #expect(
      interruptionAdvice(arguments: ["execute", "--run=runs/x", "--resume"])
        == "`planner execute --resume --run=runs/x`" + Self.after)
  }

  @Test(arguments: [
    ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("", "''"), ("$(x)", "'$(x)'"), ("é", "'é'"),
  ]) func wordsAreQuotedForTheShell(_ word: String, _ quoted: String) {
    #expect(
      interruptionAdvice(arguments: ["execute", "--run", word])
        == "`planner execute --resume --run \(quoted)`" + Self.after)
  }

  @Test func otherLongCommandsSayWhatTheyKept() {
    #expect(interruptionAdvice(arguments: ["profile", "--quick"])?.contains("no profile") == true)
    #expect(interruptionAdvice(arguments: ["train"])?.contains("last saved state") == true)
  }

  @Test(arguments: [[], ["status"], ["execute", "--help"], ["--version"], ["no-such"]])
  func shortCommandsEndWithoutAWord(_ arguments: [String]) {
    #expect(interruptionAdvice(arguments: arguments) == nil)
  }

  @Test func memoryIsCountedInOneLine() {
    #expect(
      outOfMemory(
        bytes: 25_900_000_000,
        available: AvailableMemory(bytes: 3_100_000_000, limit: "`ulimit -v`"))
        == "out of memory: 25.9 GB more are needed, and `ulimit -v` leaves 3.1 GB; "
        + "free memory, raise the limit, or use fewer threads")
    #expect(outOfMemory(bytes: 5_000_000, available: nil).hasPrefix("out of memory: 5.0 MB more"))
    #expect(outOfMemory(bytes: .max, available: nil).contains("GB more"))
  }
}
