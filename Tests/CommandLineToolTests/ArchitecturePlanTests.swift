import Artifacts
import CommandLineTool
import Foundation
import TestSupport
import Testing

/// Plans of architectures without weights, on modelled cards.
@Suite struct ArchitecturePlanTests {
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  private func result(_ outcome: Outcome) throws -> ArchitecturePlan {
    try ArtifactCoding.decode(ArchitecturePlan.self, from: Data(outcome.output.utf8))
  }

  @Test func antgmmIsPlannedBesideWhatItsPaperSays() throws {
    let outcome = Outcome(
      "plan", "--model", "antgmm", "--hardware", "a10", "--target-ms", "90", "--json")
    #expect(outcome.code == 0, "\(outcome.error)")
    let result = try result(outcome)
    let cost = try #require(result.plan.final.costs.first?.request.time.value)
    #expect(cost.milliseconds <= 90)
    let original = try #require(result.throughput.rows.first)
    #expect(abs(Double(original.languageModelParameters) / 5.4e9 - 1) < 0.03)
    let published = result.throughput.rows.filter { $0.publishedSamplesPerSecond != nil }
    #expect(published.map(\.publishedSamplesPerSecond) == [6.01, 6.70, 7.62])
    #expect(abs(Double(published[0].languageModelParameters) / 0.9e9 - 1) < 0.05)
    #expect(abs(Double(published[2].languageModelParameters) / 0.3e9 - 1) < 0.05)
    for row in published {
      let rate = try #require(row.publishedSamplesPerSecond)
      #expect(abs(row.publishedRatios[0] - rate / 1.38) < 1e-9)
      #expect(abs(row.publishedRatios[1] - rate / 0.99) < 1e-9)
    }
    let claims = try #require(result.saving?.claims)
    #expect(claims.map(\.isPlausible) == [true, false])
    #expect(claims[1].requestsPerDay > 1e9)
  }

  /// The paper states one baseline and implies another: each with the assumptions of its own file.
  @Test(arguments: [
    ("antgmm", "90", 0), ("antgmm-stated", "150", 0), ("antgmm-inferred", "150", 1),
  ])
  func ratiosBetweenStagesAreThePapers(name: String, target: String, reading: Int) throws {
    let result = try result(Outcome("plan", "--model", name, "--target-ms", target, "--json"))
    let deviation = try #require(result.throughput.baselines[reading].largestDeviation)
    #expect(deviation < 0.2)
  }

  /// Not the ratios alone: samples a second of the original and of every stage.
  @Test(arguments: [("antgmm-stated", 1.38), ("antgmm-inferred", 0.99)])
  func ratesAreThePapers(name: String, original: Double) throws {
    let rows = try result(Outcome("plan", "--model", name, "--target-ms", "150", "--json"))
      .throughput.rows
    #expect(abs(try #require(rows.first).samplesPerSecond / original - 1) < 0.15)
    for row in rows {
      guard let published = row.publishedSamplesPerSecond else { continue }
      #expect(abs(row.samplesPerSecond / published - 1) < 0.15, "\(row.label)")
    }
  }

  /// A request of LLM-Perf's: 81 ms of prefill and 63 steps of 38.2 ms on an A10G.
  @Test func aShippedLanguageModelTakesWhatWasMeasured() throws {
    let rows = try result(
      Outcome(
        "plan", "--model", "llama-3-8b", "--hardware", "a10g", "--target-ms", "1500", "--json")
    ).throughput.rows
    let rate = try #require(rows.first).samplesPerSecond
    #expect(abs(rate * (0.081 + 63 * 0.0382) - 1) < 0.08, "\(rate)")
    #expect(abs(Double(rows[0].languageModelParameters) / 8.03e9 - 1) < 0.002)
  }

  @Test func textShowsStagesAndYears() {
    let outcome = Outcome("plan", "--model", "antgmm")
    #expect(outcome.code == 0, "\(outcome.error)")
    for words in [
      "on a10", "after block pruning", "plan, after", "over 1.38", "over 0.99", "kWh a year",
      "not plausible", "assumptions:",
    ] {
      #expect(outcome.output.contains(words), "\(words)")
    }
    #expect(!outcome.output.contains("plan: "))
  }

  @Test func equalInputsGiveEqualBytesInANamedFolder() throws {
    var bytes: [Data] = []
    for name in ["one", "two"] {
      let folder = RunFolder(path: temporary.path + "/" + name)
      let outcome = Outcome("plan", "--model", "antgmm", "--run", folder.path)
      #expect(outcome.code == 0, "\(outcome.error)")
      let plan = try folder.readPlan()
      #expect(plan.record.profile.sha256.count == 64)
      bytes.append(plan.bytes + (try folder.readProfile().bytes))
    }
    #expect(bytes[0] == bytes[1])
  }

  @Test func aLargeArchitectureIsPlannedInSeconds() throws {
    let path = try write(
      language:
        #""blocks": 80, "hiddenSize": 8192, "feedForwardWidth": 28672, "heads": 64, "headSize": 128"#
    )
    let clock = ContinuousClock()
    var outcome: Outcome?
    let elapsed = clock.measure {
      outcome = Outcome(
        "plan", "--model", path, "--hardware", "h100", "--target-ratio", "4", "--json")
    }
    #expect(outcome?.code == 0, "\(outcome?.error ?? "")")
    #expect(elapsed < .seconds(5))
  }

  @Test(arguments: [
    (
      #""blocks": 0, "hiddenSize": 64, "feedForwardWidth": 64, "heads": 4, "headSize": 16"#,
      "blocks"
    ),
    (#""blocks": 4, "feedForwardWidth": 64, "heads": 4, "headSize": 16"#, "hiddenSize"),
    (
      #""blocks": 4, "hiddenSize": 64, "feedForwardWidth": 64, "heads": 9999, "headSize": 9999"#,
      "headSize"
    ),
    (
      #""blocks": 4, "hiddenSize": 9999999, "feedForwardWidth": 64, "heads": 4, "headSize": 16"#,
      "hiddenSize"
    ),
  ])
  func aBrokenArchitectureNamesTheField(language: String, field: String) throws {
    let path = try write(language: language)
    let outcome = Outcome("plan", "--model", path)
    #expect(outcome.code == 1)
    #expect(outcome.hasOneErrorLine)
    #expect(outcome.error.contains("languageModel.\(field)"), "\(outcome.error)")
    #expect(outcome.error.contains(path))
  }

  @Test(arguments: [
    (["--model", "antgmm", "--hardware", "build"], "nothing can be measured without weights"),
    (["--model", "antgmm", "--hardware", "b200"], "neither a known name"),
    (["--model", "unknown"], "antgmm"), (["--model", "none.json"], "none.json"),
  ])
  func wrongNamesAreExplained(options: [String], words: String) {
    let outcome = Outcome(arguments: ["plan"] + options)
    #expect(outcome.code == 1)
    #expect(outcome.hasOneErrorLine)
    #expect(outcome.error.contains(words), "\(outcome.error)")
  }

  /// A block of Llama-3-8B: 218 million weights, where OPT's of the same sizes has 185.
  @Test func anArchitectureSaysWhatItsBlocksAre() throws {
    let sizes =
      #""blocks": 32, "hiddenSize": 4096, "feedForwardWidth": 14336, "heads": 32, "headSize": 128"#
    func parameters(_ language: String) throws -> Int {
      let outcome = Outcome("plan", "--model", try write(language: language), "--json")
      return try #require(try result(outcome).throughput.rows.first).languageModelParameters
    }
    let norms = 2 * 4_096
    let llama = 2 * 4_096 * 4_096 + 2 * 1_024 * 4_096 + 3 * 4_096 * 14_336 + norms
    let tables = 32_000 * 4_096 + 4_096
    let gated =
      #", "gated": true, "keyValueHeads": 8, "norm": "rms", "bias": false, "rotary": true"#
    #expect(try parameters(sizes + gated) == 32 * llama + tables)
    #expect(try parameters(sizes) > 32 * 184_000_000)
  }

  @Test(arguments: [
    (#""keyValueHeads": 3"#, "keyValueHeads"), (#""norm": "batch""#, "norm"),
    (#""gated": 1"#, "gated"),
  ])
  func aBlockThatCannotBeNamesTheField(field: String, name: String) throws {
    let sizes =
      #""blocks": 2, "hiddenSize": 64, "feedForwardWidth": 64, "heads": 4, "headSize": 16"#
    let outcome = Outcome("plan", "--model", try write(language: sizes + ", " + field))
    #expect(outcome.code == 1)
    #expect(outcome.hasOneErrorLine)
    #expect(outcome.error.contains("languageModel.\(name)"), "\(outcome.error)")
  }

  /// A mistyped field would leave its default without a word.
  @Test func aFieldThatNobodyReadsIsRefused() throws {
    let sizes =
      #""blocks": 2, "hiddenSize": 64, "feedForwardWidth": 64, "heads": 4, "headSize": 16"#
    let path = try write(language: sizes + #", "keyvalueHeads": 2"#)
    let outcome = Outcome("plan", "--model", path)
    #expect(outcome.code == 1)
    #expect(outcome.hasOneErrorLine)
    for words in ["languageModel.keyvalueHeads", "did you mean \"keyValueHeads\"?"] {
      #expect(outcome.error.contains(words), "\(outcome.error)")
    }
    let far = Outcome("plan", "--model", try write(language: sizes + #", "experts": 8"#))
    #expect(far.error.contains("known are blocks, "), "\(far.error)")
  }

  private func write(language: String) throws -> String {
    let path = temporary.path + "/model.json"
    let text = """
      {"formatVersion": 1, "name": "test", "description": "a test", "precision": "f16",
       "engine": "fused",
       "workload": {"name": "w", "creatives": 1, "questionsPerCreative": 4, "promptTokens": 64,
                    "newTokens": 16, "threads": 1},
       "languageModel": {\(language), "vocabularySize": 32000, "maximumPositions": 4096}}
      """
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }
}
