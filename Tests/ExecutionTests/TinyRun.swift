import Artifacts
import Datasets
import Execution
import Foundation
import Metering
import Storage
import TestSupport
import Transformers

/// A tiny model, a plan of three steps for it, and a folder to execute it in.
struct TinyRun {
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
  let oneBlock = UniformShape(
    blocks: 1, feedForwardWidth: 48, heads: 2, headSize: 16, hiddenSize: 32)
  let narrow = UniformShape(
    blocks: 1, feedForwardWidth: 32, heads: 2, headSize: 12, hiddenSize: 32)
  let planned = UniformShape(
    blocks: 1, feedForwardWidth: 32, heads: 2, headSize: 12, hiddenSize: 24)

  /// 1 block × hidden 24, FFN 32, 2 heads of 12; forecast at 93 ms where the target asks for 100.
  func plan(tolerance: Double = 1, precision: String = "f32") -> PlanRecord {
    let unknown = Expense(time: .unavailable("test"), energy: .unavailable("test"))
    return PlanRecord(
      model: ModelReference(
        content: model.content, shape: model.parameters.layout.shape, precision: "f32",
        parameterCount: model.parameters.count), data: data.reference,
      profile: ContentReference(name: "profile.json", sha256: "p"), workload: workload,
      target: PlanTarget(
        latency: Seconds(0.1), annualEnergy: nil, compressionEnergy: nil, requestsPerYear: 1,
        powerUsageEffectiveness: 1, hardware: "build", allowsFailingOriginal: true),
      strategy: "uniform", provenOptimal: true,
      candidatesCompared: 1, original: forecast("original", original, 1),
      final: forecast("plan", planned, 0.093), alternatives: [],
      schedule: [
        step(1, .blocks, original, oneBlock), step(2, .interModule, oneBlock, narrow),
        step(3, .inputOutput, narrow, planned),
      ], compression: unknown,
      settings: CompressionSettings(
        seed: 4, batchCreatives: 8, importanceMiniBatchCreatives: 8, criterion: "taylor",
        pairwiseWeight: 1, pairwiseReading: "teacher-confidence", weightDecay: 0.01,
        tolerance: tolerance, precision: precision), notes: [])
  }

  func step(_ index: Int, _ stage: PruningStage, _ from: UniformShape, _ to: UniformShape)
    -> PlanStep
  {
    PlanStep(index: index, stage: stage, from: from, to: to, epochs: 1, learningRate: 1e-3)
  }

  func forecast(
    _ label: String, _ shape: UniformShape, _ seconds: Double, accuracy: Double = 0.9
  ) -> ShapeForecast {
    ShapeForecast(
      label: label, shape: shape,
      languageModelParameters: shape.blocks * shape.parametersPerBlock,
      costs: [
        HardwareForecast(
          hardware: "build",
          request: Expense(
            time: .modelled(Seconds(seconds), source: "test"),
            energy: .modelled(Joules(4 * seconds), source: "test")))
      ], accuracy: .modelled(Accuracy(accuracy), source: "test"))
  }

  func journal(_ run: String) -> String { folder.path + "/" + run + "/journal.jsonl" }

  /// As if the run had been killed after `count` lines of its journal.
  func cut(_ run: String, to count: Int) throws {
    let lines = try String(contentsOfFile: journal(run), encoding: .utf8).split(separator: "\n")
    try (lines.prefix(count).joined(separator: "\n") + "\n")
      .write(toFile: journal(run), atomically: true, encoding: .utf8)
  }

  func execution(_ plan: PlanRecord, run: String) -> PlanExecution {
    let base = folder.path + "/" + run
    try? FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
    var execution = PlanExecution(
      plan: plan, planReference: ContentReference(name: "plan.json", sha256: "q"), model: model,
      data: data, processor: EmbeddedData.processor, machine: .current(),
      monitor: EnergyMonitor(meter: SimulatedMeter(power: Watts(4))),
      journalPath: journal(run), checkpointFolder: base + "/checkpoints",
      modelFolder: base + "/model", progress: nil)
    execution.comparisonRepetitions = 2
    return execution
  }
}
