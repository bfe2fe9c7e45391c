import Artifacts
import CommandLineTool
import Foundation
import Storage

/// Small, consistent artifacts of a run: a model of four blocks that loses two in two steps.
enum SampleRun {
  static let original = UniformShape(
    blocks: 4, feedForwardWidth: 64, heads: 2, headSize: 8, hiddenSize: 16)
  static var smaller: UniformShape {
    var shape = original
    shape.blocks = 3
    return shape
  }
  static var smallest: UniformShape {
    var shape = original
    shape.blocks = 2
    return shape
  }

  static let model = ModelReference(
    content: ContentReference(name: "embedded", sha256: "00"),
    shape: ModelShape(
      languageModel: LanguageModelShape(
        vocabularySize: 32, maximumPositions: 16, hiddenSize: 16,
        blocks: Array(
          repeating: BlockShape(
            hiddenSize: 16, attention: AttentionShape(queryHeads: 2, headSize: 8),
            feedForward: FeedForwardShape(width: 64, activation: .relu)), count: 4))),
    precision: "f32", parameterCount: 12_000)

  static let workload = Workload(
    name: "audit", creatives: 2, questionsPerCreative: 5, promptTokens: 8, newTokens: 4, threads: 2)

  static let machine = MachineReference(
    processor: "test", logicalCores: 2, memoryBytes: 1 << 30, operatingSystem: "test")

  static func expense(_ seconds: Double) -> Expense {
    Expense(
      time: .measured(Seconds(seconds), source: "clock"),
      energy: .modelled(Joules(seconds * 20), source: "power model"))
  }

  static func accuracy(_ correct: Int, split: String = "validation") -> AccuracyRecord {
    AccuracyRecord(
      split: split, tasks: [AccuracyRecord.Task(name: "logo", correct: correct, total: 100)])
  }

  /// A profile of a request that takes 700 ms, 100 ms of which every block adds.
  static func profile() -> ProfileRecord {
    let shapes = [original.feedForwardWidth, original.feedForwardWidth / 2]
    let costs = HardwareCosts(
      name: "build", description: "test machine", request: expense(0.7),
      phases: RequestPhase.allCases.map { RequestPhaseCost(phase: $0, cost: expense(0.175)) },
      blocks: shapes.map { width in
        let share = Double(width) / Double(original.feedForwardWidth)
        return BlockCostSample(
          hiddenSize: 16, heads: 2, headSize: 8, feedForwardWidth: width,
          prefill: expense(0.05 * share), decode: expense(0.05 * share),
          firstPrefill: expense(0.1 + 0.05 * share), firstDecode: expense(0.1 + 0.05 * share))
      },
      activePower: .modelled(Watts(20), source: "power model"),
      idlePower: .modelled(Watts(5), source: "power model"))
    return ProfileRecord(
      model: model, data: nil, workload: workload, machine: machine, hardware: [costs],
      sensitivity: nil, costExpense: expense(30), probeExpense: nil, warnings: [])
  }

  static let step = PlanStep(
    index: 1, stage: .blocks, from: original, to: smaller, epochs: 1, learningRate: 1e-3)

  static let secondStep = PlanStep(
    index: 2, stage: .blocks, from: smaller, to: smallest, epochs: 1, learningRate: 1e-3)

  static func forecast(_ label: String, _ shape: UniformShape, _ seconds: Double) -> ShapeForecast {
    ShapeForecast(
      label: label, shape: shape,
      languageModelParameters: shape.blocks * shape.parametersPerBlock,
      costs: [HardwareForecast(hardware: "build", request: expense(seconds))],
      accuracy: .unavailable("no weights"))
  }

  static func plan() -> PlanRecord {
    PlanRecord(
      model: model, data: nil, profile: reference("profile.json", profile()),
      workload: workload,
      target: PlanTarget(
        latency: Seconds(milliseconds: 650), annualEnergy: nil, compressionEnergy: nil,
        requestsPerYear: 1e6, powerUsageEffectiveness: 1.2, hardware: "build"),
      strategy: "uniform", provenOptimal: true, candidatesCompared: 2,
      original: forecast("original", original, 0.7), final: forecast("plan", smallest, 0.6),
      alternatives: [], schedule: [step, secondStep], compression: expense(60),
      settings: CompressionSettings(
        seed: 1, batchCreatives: 8, importanceMiniBatchCreatives: 8, criterion: "taylor",
        pairwiseWeight: 1, pairwiseReading: "margin", weightDecay: 0.01, tolerance: 0.02,
        precision: "f32"),
      notes: [])
  }

  static let started = started(by: reference("plan.json", plan()))

  static func started(of plan: PlanRecord) throws -> JournalEntry {
    started(by: reference("plan.json", plan))
  }

  private static func started(by plan: ContentReference) -> JournalEntry {
    .started(
      .init(plan: plan, machine: machine, accuracy: accuracy(95), expense: expense(5)))
  }

  /// A rehearsal that makes one step of the plan's two.
  static let revised = JournalEntry.adjusted(
    PlanAdjustment(
      cause: .rehearsal, trials: [],
      revision: PlanRevision(
        basis: RevisionBasis(
          correction: ForecastCorrection(latency: 1.1, energy: 1.1),
          latencyLimit: Seconds(milliseconds: 650),
          original: .measured(Seconds(0.7), source: "clock")),
        final: forecast("plan", smaller, 0.6), schedule: [step], compression: expense(60)),
      conclusion: "4 blocks took 700 ms.", expense: expense(5)))

  static let committed = commit(step, to: "checkpoints/1")
  static let secondCommitted = commit(secondStep, to: "checkpoints/2")

  private static func commit(_ step: PlanStep, to checkpoint: String) -> JournalEntry {
    .stepCommitted(
      .init(
        step: step, checkpoint: ContentReference(name: checkpoint, sha256: "00"),
        languageModelParameters: 9_000, accuracyAfterPruning: accuracy(80), accuracy: accuracy(94),
        losses: [0.5], request: expense(0.6), expense: expense(20)))
  }

  static let rolledBack = JournalEntry.stepRolledBack(
    .init(step: step, accuracy: accuracy(70), reason: "below tolerance", expense: expense(20)))

  static let finished = JournalEntry.finished(
    .init(
      model: ContentReference(name: "model", sha256: "00"),
      shape: ModelShape(languageModel: model.shape.languageModel.resized(to: smallest)),
      originalTest: accuracy(94, split: "test"), compressedTest: accuracy(93, split: "test"),
      comparison: RequestComparison(
        workload: workload, original: side(0.7), compressed: side(0.6), speedUp: 0.7 / 0.6,
        speedUpLow: 1.1, speedUpHigh: 1.2),
      expense: expense(10)))

  private static func side(_ seconds: Double) -> RequestComparison.Side {
    .init(
      median: .measured(Seconds(seconds), source: "clock"),
      percentile95: .measured(Seconds(seconds), source: "clock"),
      energy: .modelled(Joules(seconds * 20), source: "power model"), samples: [Seconds(seconds)])
  }

  /// By the bytes that `write` writes.
  private static func reference(_ name: String, _ value: some Encodable) -> ContentReference {
    let bytes = (try? ArtifactCoding.document(value)) ?? Data()
    return ContentReference(name: name, sha256: sha256(of: bytes))
  }

  static func write(_ entries: [JournalEntry], to folder: RunFolder) throws {
    let bytes = try entries.map(ArtifactCoding.line).reduce(Data(), +)
    try bytes.write(to: URL(filePath: folder.journal))
  }

  static func write(_ profile: ProfileRecord, to folder: RunFolder) throws {
    try ArtifactCoding.document(profile).write(to: URL(filePath: folder.profile))
  }

  static func write(_ plan: PlanRecord, to folder: RunFolder) throws {
    try ArtifactCoding.document(plan).write(to: URL(filePath: folder.plan))
  }
}
