import Artifacts

/// An invented but plausible run: 12 blocks × 256 down to 3 × 192, 700 ms down to 88 ms.
struct FixtureRun {
  var profile: ProfileRecord
  var plan: PlanRecord
  var journal: [JournalEntry]

  static let originalShape = UniformShape(
    blocks: 12, feedForwardWidth: 1_024, heads: 4, headSize: 64, hiddenSize: 256)
  static let finalShape = UniformShape(
    blocks: 3, feedForwardWidth: 768, heads: 4, headSize: 48, hiddenSize: 192)
  static let powerModel = "power model: AMD Genoa, 2 vCPU, SPECpower medians"
  static let clock = "monotonic clock, build machine"

  init() {
    let model = ModelReference(
      content: ContentReference(name: "embedded", sha256: String(repeating: "a1", count: 32)),
      shape: ModelShape(
        languageModel: LanguageModelShape(
          vocabularySize: 512, maximumPositions: 128, hiddenSize: 256, blocks: [])),
      precision: "f32", parameterCount: 10_720_000)
    let data = DataReference(
      content: ContentReference(name: "embedded", sha256: String(repeating: "b2", count: 32)),
      trainEntries: 12_000, validationEntries: 1_000, testEntries: 1_000, tasks: Self.tasks)
    let workload = Workload(
      name: "audit", creatives: 32, questionsPerCreative: 5, promptTokens: 9, newTokens: 4,
      threads: 2)
    profile = ProfileRecord(
      model: model, data: data, workload: workload, machine: Self.machine,
      hardware: [Self.buildMachine(), Self.a10()],
      sensitivity: SensitivityRecord(
        original: Self.accuracy("validation", 980), probes: Self.probes,
        distillation: DistillationCost(
          fixed: Self.time(0.001), perMegaparameter: Self.time(0.002), teacher: Self.time(0.004),
          evaluation: Self.time(0.005), power: .modelled(Watts(4), source: Self.powerModel))),
      costExpense: Self.expense(120, 400), probeExpense: Self.expense(300, 1_100),
      warnings: ["No hardware counters: energies are modelled."])
    let steps = Self.schedule
    plan = PlanRecord(
      model: model, data: data,
      profile: ContentReference(
        name: "profile.json", sha256: String(repeating: "c3", count: 32)), workload: workload,
      target: PlanTarget(
        latency: Seconds(milliseconds: 90), annualEnergy: KilowattHours(500),
        compressionEnergy: KilowattHours(0.01), requestsPerYear: 1e9,
        powerUsageEffectiveness: 1.2, hardware: "build"),
      strategy: "enumeration", provenOptimal: true, candidatesCompared: 18_432,
      original: Self.forecast("original", Self.originalShape, 700, 41, 0.98),
      final: Self.forecast("plan", Self.finalShape, 86, 13, 0.955),
      alternatives: [
        Self.forecast(
          "second best",
          UniformShape(
            blocks: 4, feedForwardWidth: 512, heads: 4, headSize: 32, hiddenSize: 192), 89, 15,
          0.949),
        Self.forecast(
          "uniform baseline",
          UniformShape(
            blocks: 5, feedForwardWidth: 448, heads: 4, headSize: 28, hiddenSize: 112), 88, 18,
          0.911),
        Self.forecast(
          "random baseline",
          UniformShape(
            blocks: 2, feedForwardWidth: 896, heads: 4, headSize: 56, hiddenSize: 240), 87, 11,
          0.902),
      ],
      schedule: steps, compression: Self.expense(1_500, 5_600),
      settings: CompressionSettings(
        seed: 7, batchCreatives: 16, importanceMiniBatchCreatives: 8, criterion: "taylor",
        pairwiseWeight: 0.5, pairwiseReading: "teacher-confidence", weightDecay: 0.01,
        tolerance: 0.05, precision: "f32"),
      notes: [
        "Latency binds; under the power model the energy target is implied by it.",
        "Depth is cheaper than width here: blocks first.",
      ])
    journal = Self.journal(steps)
  }

  static let machine = MachineReference(
    processor: "AMD EPYC 9R14", logicalCores: 2, memoryBytes: 16_000_000_000,
    operatingSystem: "Debian 12")
  static let tasks = ["color", "manifestations", "content", "logo", "style"]

  static let schedule: [PlanStep] = {
    func shape(_ blocks: Int, _ width: Int, _ headSize: Int, _ hidden: Int) -> UniformShape {
      UniformShape(
        blocks: blocks, feedForwardWidth: width, heads: 4, headSize: headSize, hiddenSize: hidden)
    }
    let shapes = [
      originalShape, shape(8, 1_024, 64, 256), shape(5, 1_024, 64, 256), shape(3, 1_024, 64, 256),
      shape(3, 768, 48, 256), finalShape,
    ]
    let stages: [PruningStage] = [.blocks, .blocks, .blocks, .interModule, .inputOutput]
    return stages.indices.map {
      PlanStep(
        index: $0 + 1, stage: stages[$0], from: shapes[$0], to: shapes[$0 + 1],
        epochs: $0 == 4 ? 6 : 2, learningRate: $0 == 4 ? 3e-4 : 1e-3)
    }
  }()

  /// `correct` of 1,000 answers, spread over the five tasks.
  static func accuracy(_ split: String, _ correct: Int) -> AccuracyRecord {
    AccuracyRecord(
      split: split,
      tasks: tasks.enumerated().map { index, name in
        AccuracyRecord.Task(
          name: name, correct: correct / 5 + [4, -8, 2, 3, -1][index], total: 200 + 10)
      })
  }

  static func time(_ seconds: Double, spread: Double = 0.03) -> Figure<Seconds> {
    .measured(
      Seconds(seconds), low: Seconds(seconds * (1 - spread)), high: Seconds(seconds * (1 + spread)),
      source: clock)
  }

  static func energy(_ joules: Double, spread: Double = 0.12) -> Figure<Joules> {
    .modelled(
      Joules(joules), low: Joules(joules * (1 - spread)), high: Joules(joules * (1 + spread)),
      source: powerModel)
  }

  static func expense(_ seconds: Double, _ joules: Double) -> Expense {
    Expense(time: time(seconds), energy: energy(joules))
  }

  static func forecast(
    _ label: String, _ shape: UniformShape, _ build: Double, _ a10: Double, _ accuracy: Double
  ) -> ShapeForecast {
    func modelled(_ milliseconds: Double, _ watts: Double, _ source: String) -> Expense {
      let seconds = milliseconds / 1_000
      return Expense(
        time: .modelled(
          Seconds(seconds), low: Seconds(seconds * 0.95), high: Seconds(seconds * 1.06),
          source: source),
        energy: .modelled(Joules(seconds * watts), source: source))
    }
    return ShapeForecast(
      label: label, shape: shape,
      languageModelParameters: shape.blocks * shape.parametersPerBlock + 640 * shape.hiddenSize,
      costs: [
        .init(hardware: "build", request: modelled(build, 3.7, "cost table of the build machine")),
        .init(hardware: "a10", request: modelled(a10, 118, "analytical A10 model")),
      ],
      accuracy: .modelled(
        Accuracy(accuracy), low: Accuracy(accuracy - 0.02), high: Accuracy(accuracy + 0.01),
        source: "accuracy model fitted to sensitivity probes"))
  }

  static func side(_ milliseconds: Double, _ joules: Double) -> RequestComparison.Side {
    RequestComparison.Side(
      median: time(milliseconds / 1_000, spread: 0.01),
      percentile95: time(milliseconds / 1_000 * 1.04), energy: energy(joules),
      samples: Array(repeating: Seconds(milliseconds: milliseconds), count: 24))
  }
}
