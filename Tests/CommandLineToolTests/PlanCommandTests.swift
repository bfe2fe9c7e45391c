import Artifacts
import CommandLineTool
import Foundation
import TestSupport
import Testing

@Suite struct PlanCommandTests {
  private let temporary: TemporaryFolder
  private let folder: RunFolder

  init() throws {
    temporary = try TemporaryFolder()
    folder = RunFolder(path: temporary.path)
    try SampleRun.write(SampleRun.profile(), to: folder)
  }

  private func plan(_ options: String...) -> Outcome {
    Outcome(arguments: ["plan", "--run", folder.path] + options)
  }

  @Test func writesAPlanThatMeetsItsTarget() throws {
    let outcome = plan("--target-ms", "500")
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.contains("target: 500 ms a request on build"))
    #expect(outcome.output.hasSuffix("plan: \(folder.plan)\n"))
    let record = try folder.readPlan().record
    #expect(record.target.latency == Seconds(milliseconds: 500))
    #expect(try #require(record.final.costs[0].request.time.value) <= Seconds(0.5))
  }

  @Test func pinsTheProfileByItsBytes() throws {
    #expect(plan("--target-ms", "500").code == 0)
    let first = try folder.readPlan().record.profile
    #expect(first.sha256.count == 64)
    var profile = SampleRun.profile()
    profile.warnings = ["noisy"]
    try SampleRun.write(profile, to: folder)
    #expect(plan("--target-ms", "500").code == 0)
    #expect(try folder.readPlan().record.profile != first)
  }

  @Test func equalProfilesGiveEqualBytes() throws {
    #expect(plan("--target-ms", "500").code == 0)
    let first = try folder.readPlan().bytes
    let outcome = plan("--target-ms", "500", "--json")
    #expect(try folder.readPlan().bytes == first)
    #expect(Data(outcome.output.utf8) == first)
  }

  /// A revision of the plan has to keep to it.
  @Test func recordsTheFormatOfTheShape() throws {
    #expect(plan("--target-ms", "500").code == 0)
    #expect(try folder.readPlan().record.loadableBy == "hf")
    #expect(plan("--target-ms", "500", "--loadable-by", "onnx").code == 0)
    var record = try folder.readPlan().record
    #expect(record.loadableBy == "onnx")
    // As older plans are.
    record.loadableBy = nil
    try SampleRun.write(record, to: folder)
    #expect(try !String(contentsOfFile: folder.plan, encoding: .utf8).contains("loadableBy"))
    #expect(try folder.readPlan().record.loadableBy == nil)
  }

  @Test func ratioIsOfTheOriginal() throws {
    #expect(plan("--target-ratio", "1.4").code == 0)
    let target = try folder.readPlan().record.target
    #expect(target.latency == Seconds(milliseconds: 500))
    #expect(target.speedUp == 1.4)
    #expect(plan("--target-ms", "500").code == 0)
    #expect(try folder.readPlan().record.target.speedUp == nil)
  }

  @Test func infeasibleTargetIsExitTwoAndWritesNothing() {
    let outcome = plan("--target-ms", "0.001")
    #expect(outcome.code == 2)
    #expect(outcome.hasOneErrorLine)
    #expect(outcome.error.contains("nearest"))
    #expect(!folder.exists(folder.plan))
  }

  @Test(arguments: [
    (["--target-ms", "-5"], "--target-ms must be a positive number of milliseconds, got \"-5\""),
    (["--annual-kwh", "0"], "--annual-kwh must be a positive number of kilowatt-hours, got \"0\""),
    (["--target-ratio", "1"], "--target-ratio must be a number above 1, got \"1\""),
    (["--strategy", "guess"], "--strategy must be one of uniform, got \"guess\""),
    (
      ["--target-ms", "90", "--target-ratio", "2"],
      "--target-ms and --target-ratio are two ways to say one thing; give one"
    ),
  ])
  func wrongUsage(options: [String], message: String) {
    let outcome = Outcome(arguments: ["plan", "--run", folder.path] + options)
    #expect(outcome.code == 64)
    #expect(outcome.error == "planner: \(message)\n")
    #expect(!folder.exists(folder.plan))
  }

  @Test func unknownHardwareNamesTheKnown() {
    let outcome = plan("--hardware", "abacus")
    #expect(outcome.code == 1)
    #expect(outcome.hasOneErrorLine)
    #expect(outcome.error.contains("build"))
  }

  @Test func missingProfileNamesTheCommand() throws {
    try FileManager.default.removeItem(atPath: folder.profile)
    let outcome = plan()
    #expect(outcome.code == 1)
    #expect(
      outcome.error == "planner: no profile in \(folder.path): run `planner profile` first\n")
  }
}
