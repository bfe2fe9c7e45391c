import Artifacts
import Testing

/// What a journal makes of a plan.
@Suite struct PlanInForceTests {
  private let original = UniformShape(
    blocks: 4, feedForwardWidth: 64, heads: 2, headSize: 8, hiddenSize: 16)

  private func shape(_ blocks: Int) -> UniformShape {
    var shape = original
    shape.blocks = blocks
    return shape
  }

  private let minute = Expense(
    time: .measured(Seconds(60), source: "clock"), energy: .measured(Joules(6), source: "meter"))

  private func forecast(_ label: String, _ shape: UniformShape) -> ShapeForecast {
    ShapeForecast(
      label: label, shape: shape, languageModelParameters: 0, costs: [],
      accuracy: .unavailable("test"))
  }

  private func step(_ index: Int, _ from: Int, _ to: Int) -> PlanStep {
    PlanStep(
      index: index, stage: .blocks, from: shape(from), to: shape(to), epochs: 1, learningRate: 1)
  }

  private var plan: PlanRecord {
    let model = ModelReference(
      content: ContentReference(name: "m", sha256: "0"),
      shape: ModelShape(
        languageModel: LanguageModelShape(
          vocabularySize: 8, maximumPositions: 8, hiddenSize: 16, blocks: [])),
      precision: "f32", parameterCount: 1)
    return PlanRecord(
      model: model, data: nil, profile: ContentReference(name: "p", sha256: "1"),
      workload: workload,
      target: PlanTarget(
        latency: Seconds(1), annualEnergy: nil, compressionEnergy: nil, requestsPerYear: 1,
        powerUsageEffectiveness: 1, hardware: "build"),
      strategy: "uniform", provenOptimal: true, candidatesCompared: 1,
      original: forecast("original", original), final: forecast("plan", shape(3)),
      alternatives: [], schedule: [step(1, 4, 3)], compression: minute,
      settings: CompressionSettings(
        seed: 1, batchCreatives: 1, importanceMiniBatchCreatives: 1, criterion: "taylor",
        pairwiseWeight: 1, pairwiseReading: "margin", weightDecay: 0, tolerance: 1,
        precision: "f32"), notes: [])
  }

  private let workload = Workload(
    name: "w", creatives: 1, questionsPerCreative: 1, promptTokens: 1, newTokens: 1, threads: 1)

  private func adjusted(
    _ cause: PlanAdjustment.Cause, to blocks: Int? = nil, _ schedule: [PlanStep] = []
  ) -> JournalEntry {
    let side = RequestComparison.Side(
      median: .measured(Seconds(1), source: "clock"),
      percentile95: .measured(Seconds(1), source: "clock"), energy: .unavailable("none"),
      samples: [Seconds(1)])
    let trial = PlanAdjustment.Trial(
      forecast: forecast("plan", shape(3)),
      comparison: RequestComparison(
        workload: workload, original: side, compressed: side, speedUp: 1, speedUpLow: 1,
        speedUpHigh: 1), latencyLimit: Seconds(1), energyLimit: nil)
    return .adjusted(
      PlanAdjustment(
        cause: cause, trials: [trial],
        revision: blocks.map {
          PlanRevision(
            basis: RevisionBasis(
              correction: ForecastCorrection(latency: 1.1, energy: 1.05),
              latencyLimit: Seconds(1), original: .measured(Seconds(1), source: "clock")),
            final: forecast("plan", shape($0)), schedule: schedule, compression: minute)
        }, conclusion: "because", expense: minute))
  }

  private func committed(_ step: PlanStep) -> JournalEntry {
    .stepCommitted(
      .init(
        step: step, checkpoint: ContentReference(name: "c", sha256: "2"),
        languageModelParameters: 1,
        accuracyAfterPruning: AccuracyRecord(split: "validation", tasks: []),
        accuracy: AccuracyRecord(split: "validation", tasks: []), losses: [], request: minute,
        expense: minute))
  }

  @Test func aPlanWithoutRevisionsIsItself() {
    let state = PlanInForce(plan, journal: [adjusted(.rehearsal), committed(step(1, 4, 3))])
    #expect(state.hasRehearsed && state.revision == nil && state.finalAdjustment == nil)
    #expect(state.schedule == plan.schedule && state.remainingSteps.isEmpty)
    #expect(PlanInForce(plan, journal: []).remainingSteps == plan.schedule)
  }

  @Test func aRehearsalReplacesTheSchedule() {
    let steps = [step(1, 4, 2)]
    let state = PlanInForce(plan, journal: [adjusted(.rehearsal, to: 2, steps)])
    #expect(state.final.shape == shape(2) && state.remainingSteps == steps)
    #expect(state.compression.time.value == Seconds(60))
  }

  @Test func aRepairFollowsTheSchedule() {
    let repair = step(2, 3, 1)
    let entries = [committed(step(1, 4, 3)), adjusted(.finalMeasurement, to: 1, [repair])]
    let state = PlanInForce(plan, journal: entries)
    #expect(state.isRepairing && state.remainingSteps == [repair] && state.repairIndices == [2])
    #expect(state.schedule.count == 2 && state.compression.time.value == Seconds(120))
  }

  @Test func aRepairThatWasRolledBackLeavesNothing() {
    let entries = [
      committed(step(1, 4, 3)), adjusted(.finalMeasurement, to: 1, [step(2, 3, 2), step(3, 2, 1)]),
      committed(step(2, 3, 2)), adjusted(.repairRolledBack),
    ]
    let state = PlanInForce(plan, journal: entries)
    #expect(state.final.shape == shape(3) && state.committed.count == 1)
    #expect(!state.isRepairing && state.finalAdjustment != nil && state.remainingSteps.isEmpty)
  }

  @Test func anAdjustmentSurvivesItsJournal() throws {
    let line = try ArtifactCoding.line(adjusted(.rehearsal, to: 2, [step(1, 4, 2)]))
    let entry = try ArtifactCoding.decode(JournalEntry.self, from: line)
    #expect(try ArtifactCoding.line(entry) == line)
    #expect(entry.expense == minute)
  }
}
