import Artifacts
import Datasets
import Execution
import Foundation
import Metering
import Storage
import TestSupport
import Testing
import Transformers

/// A whole execution on a tiny model: what it writes, that it repeats to the byte, that it survives
/// an interruption, that it refuses changed inputs.
@Suite struct PlanExecutionTests {
  let folder: TemporaryFolder
  let model: LoadedModel
  let data = tinyDataset()
  let workload = Workload(
    name: "tiny", creatives: 4, questionsPerCreative: 5, promptTokens: 10, newTokens: 7, threads: 2)

  init() throws {
    folder = try TemporaryFolder()
    let parameters = TinyModel.make()
    try Checkpoint.save(parameters, to: folder.path + "/teacher", storedType: .f32, imageToken: 3)
    try EmbeddedData.tokenizer.write(to: folder.path + "/teacher")
    model = try Checkpoint.load(folder: folder.path + "/teacher")
  }

  let original = UniformShape(
    blocks: 2, feedForwardWidth: 48, heads: 2, headSize: 16, hiddenSize: 32)

  func plan(tolerance: Double = 1, precision: String = "f32") -> PlanRecord {
    func shape(_ change: (inout UniformShape) -> Void, of start: UniformShape) -> UniformShape {
      var result = start
      change(&result)
      return result
    }
    let one = shape({ $0.blocks = 1 }, of: original)
    let two = shape(
      {
        $0.feedForwardWidth = 32
        $0.headSize = 12
      }, of: one)
    let three = shape({ $0.hiddenSize = 24 }, of: two)
    func step(_ index: Int, _ stage: PruningStage, _ from: UniformShape, _ to: UniformShape)
      -> PlanStep
    {
      PlanStep(index: index, stage: stage, from: from, to: to, epochs: 1, learningRate: 1e-3)
    }
    let unknown = Expense(time: .unavailable("test"), energy: .unavailable("test"))
    func forecast(_ label: String, _ shape: UniformShape) -> ShapeForecast {
      ShapeForecast(
        label: label, shape: shape, languageModelParameters: 0, costs: [],
        accuracy: .unavailable("test"))
    }
    return PlanRecord(
      model: ModelReference(
        content: model.content, shape: model.parameters.layout.shape, precision: "f32",
        parameterCount: model.parameters.count), data: data.reference,
      profile: ContentReference(name: "profile.json", sha256: "p"), workload: workload,
      target: PlanTarget(
        latency: Seconds(1), annualEnergy: nil, compressionEnergy: nil, requestsPerYear: 1,
        powerUsageEffectiveness: 1, hardware: "build"), strategy: "uniform", provenOptimal: true,
      candidatesCompared: 1, original: forecast("original", original),
      final: forecast("plan", three), alternatives: [],
      schedule: [
        step(1, .blocks, original, one), step(2, .interModule, one, two),
        step(3, .inputOutput, two, three),
      ], compression: unknown,
      settings: CompressionSettings(
        seed: 4, batchCreatives: 8, importanceMiniBatchCreatives: 8, criterion: "taylor",
        pairwiseWeight: 1, pairwiseReading: "teacher-confidence", weightDecay: 0.01,
        tolerance: tolerance, precision: precision), notes: [])
  }

  func execution(_ plan: PlanRecord, run: String) -> PlanExecution {
    let base = folder.path + "/" + run
    try? FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
    var execution = PlanExecution(
      plan: plan, planReference: ContentReference(name: "plan.json", sha256: "q"), model: model,
      data: data, tokenizer: EmbeddedData.tokenizer, machine: .current(), monitor: .best(),
      journalPath: base + "/journal.jsonl", checkpointFolder: base + "/checkpoints",
      modelFolder: base + "/model", progress: nil)
    execution.comparisonRepetitions = 2
    return execution
  }

  @Test func runsInThePlansPrecision() throws {
    let single = try execution(plan(), run: "single").run(resume: false)
    let plan = plan(precision: "bf16")
    let first = try execution(plan, run: "half").run(resume: false)
    let second = try execution(plan, run: "half again").run(resume: false)
    #expect(first.model.sha256 == second.model.sha256 && first.model.sha256 != single.model.sha256)
    let journal = try ExecutionJournal(path: folder.path + "/half/journal.jsonl")
    #expect(journal.started?.precision == "bf16")
    #expect(
      throws: ExecutionError.self, "an unknown precision is refused",
      performing: { try execution(self.plan(precision: "fp4"), run: "unknown").run(resume: false) })
  }

  @Test func reachesTheFinalShapeAndRepeatsToTheByte() throws {
    let plan = plan()
    let first = try execution(plan, run: "a").run(resume: false)
    let second = try execution(plan, run: "b").run(resume: false)
    #expect(first.shape.languageModel.uniform == plan.final.shape)
    #expect(first.model.sha256 == second.model.sha256)
    #expect(first.compressedTest.total == 40)
    let written = try Checkpoint.load(folder: folder.path + "/a/model")
    #expect(written.parameters.layout.shape == first.shape)
    #expect(written.parameters.layout.shape.languageModel.stockClassObstacle == nil)
    #expect(FileManager.default.fileExists(atPath: folder.path + "/a/model/vocab.json"))
    let journal = try ExecutionJournal(path: folder.path + "/a/journal.jsonl")
    #expect(journal.entries.count == 5)
  }

  @Test func resumesAfterAnyCommittedStepWithTheSameBytes() throws {
    let plan = plan()
    let whole = try execution(plan, run: "whole").run(resume: false)
    let path = folder.path + "/whole/journal.jsonl"
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    // Killed after `kept` lines, the next one half written.
    for kept in 1...3 {
      let torn = lines[kept].prefix(lines[kept].count / 2)
      let text = lines.prefix(kept).joined(separator: "\n") + "\n" + torn
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let resumed = try execution(plan, run: "whole").run(resume: true)
      #expect(resumed.model.sha256 == whole.model.sha256)
    }
  }

  @Test func refusesToStartOverAJournal() throws {
    let plan = plan()
    _ = try execution(plan, run: "c").run(resume: false)
    #expect(throws: ExecutionError.self) { try execution(plan, run: "c").run(resume: false) }
    #expect(throws: ExecutionError.self) { try execution(plan, run: "c").run(resume: true) }
  }

  @Test func rollsBackAStepThatBreaksTheTolerance() throws {
    // A tolerance below zero cannot be met by any step.
    let plan = plan(tolerance: -2)
    #expect(throws: ExecutionError.self) { try execution(plan, run: "d").run(resume: false) }
    let journal = try ExecutionJournal(path: folder.path + "/d/journal.jsonl")
    #expect(journal.lastCommitted == nil)
    #expect(
      journal.entries.contains { if case .stepRolledBack = $0 { true } else { false } })
  }

  @Test func namesEverythingThatChanged() throws {
    var plan = plan()
    try verify(plan, model: model, data: data, profileHash: "p")
    plan.model.content.sha256 = "other"
    plan.data?.content.sha256 = "other"
    do {
      try verify(plan, model: model, data: data, profileHash: "changed")
      Issue.record("nothing was refused")
    } catch {
      let text = error.description
      #expect(text.contains("the model"))
      #expect(text.contains("the data"))
      #expect(text.contains("the profile"))
    }
  }
}
