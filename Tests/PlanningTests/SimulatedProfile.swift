import Artifacts

/// A profile with known costs: time and energy linear in widths, each with its own coefficients. Every
/// head costs something whatever its size, and the last block less than the others.
struct SimulatedProfile {
  var original = UniformShape(
    blocks: 6, feedForwardWidth: 512, heads: 4, headSize: 32, hiddenSize: 128)
  /// Seconds per weight of a block.
  var secondsPerWeight = 2e-8
  /// Joules per unit of feed-forward width, hidden size aside: energy that time does not imply.
  var joulesPerFeedForwardUnit = 0.0
  var joulesPerSecond = 10.0
  var energyAvailable = true
  var probes = true

  /// Seconds of one head of a block besides its projections.
  var secondsPerHead = 0.0
  /// What the last block costs of another.
  var lastBlockShare = 1.0

  func seconds(_ shape: UniformShape) -> Double {
    0.004 + stemSeconds(shape.hiddenSize)
      + (Double(shape.blocks - 1) + lastBlockShare) * blockSeconds(shape)
  }

  func joules(_ shape: UniformShape) -> Double {
    seconds(shape) * joulesPerSecond + Double(shape.blocks) * joulesPerFeedForwardUnit
      * Double(shape.feedForwardWidth)
  }

  private func stemSeconds(_ hidden: Int) -> Double { 2e-5 * Double(hidden) }

  private func blockSeconds(_ shape: UniformShape) -> Double {
    secondsPerWeight
      * Double(
        4 * shape.hiddenSize * shape.attentionWidth + 2 * shape.hiddenSize * shape.feedForwardWidth)
      + secondsPerHead * Double(shape.heads)
  }

  func expense(_ seconds: Double, extraJoules: Double = 0) -> Expense {
    let joules = seconds * joulesPerSecond + extraJoules
    return Expense(
      time: .measured(
        Seconds(seconds), low: Seconds(seconds * 0.8), high: Seconds(seconds * 1.2),
        source: "simulated clock"),
      energy: energyAvailable
        ? .modelled(Joules(joules), source: "simulated meter") : .unavailable("no meter"))
  }

  var costs: HardwareCosts {
    var blocks: [BlockCostSample] = []
    func sample(_ hidden: Int, _ heads: Int, _ headSize: Int, _ width: Int) {
      let shape = UniformShape(
        blocks: 1, feedForwardWidth: width, heads: heads, headSize: headSize, hiddenSize: hidden)
      let block = blockSeconds(shape)
      let first = block * lastBlockShare
      let extra = joulesPerFeedForwardUnit * Double(width)
      blocks.append(
        BlockCostSample(
          hiddenSize: hidden, heads: heads, headSize: headSize, feedForwardWidth: width,
          prefill: expense(block * 0.7, extraJoules: extra * 0.7),
          decode: expense(block * 0.3, extraJoules: extra * 0.3),
          firstPrefill: expense(
            stemSeconds(hidden) / 2 + first * 0.7, extraJoules: extra * 0.7),
          firstDecode: expense(stemSeconds(hidden) / 2 + first * 0.3, extraJoules: extra * 0.3)))
    }
    for hidden in [128, 96, 64, 32] {
      for width in [512, 384, 256, 128, 64] { sample(hidden, 4, hidden / 4, width) }
    }
    for hidden in [128, 32] {
      for size in [32, 24, 16, 8] { sample(hidden, 4, size, 48) }
      sample(hidden, 2, 32, 48)
    }
    var request = expense(seconds(original))
    if energyAvailable {
      request.energy = .modelled(Joules(joules(original)), source: "simulated meter")
    }
    return HardwareCosts(
      name: "build", description: "simulated", request: request,
      phases: [
        RequestPhaseCost(phase: .vision, cost: expense(0.003)),
        RequestPhaseCost(phase: .queryFormer, cost: expense(0.001)),
      ], blocks: blocks, activePower: .modelled(Watts(10), source: "simulated"),
      idlePower: .unavailable("simulated"))
  }

  private var sensitivity: SensitivityRecord {
    func record(_ correct: Int) -> AccuracyRecord {
      AccuracyRecord(
        split: "validation", tasks: [.init(name: "all", correct: correct, total: 1_000)])
    }
    func probe(_ correct: Int, _ change: (inout UniformShape) -> Void) -> SensitivityRecord.Probe {
      var shape = original
      change(&shape)
      return .init(shape: shape, accuracy: record(correct), steps: 20, expense: expense(1))
    }
    return SensitivityRecord(
      original: record(970),
      probes: [
        probe(930) { $0.blocks -= 1 }, probe(860) { $0.blocks -= 2 },
        probe(965) { $0.feedForwardWidth = 384 }, probe(955) { $0.feedForwardWidth = 256 },
        probe(950) { $0.headSize = 24 },
        probe(900) {
          $0.headSize = 24
          $0.hiddenSize = 96
        },
      ],
      distillation: DistillationCost(
        fixed: .measured(Seconds(4e-4), low: Seconds(3e-4), high: Seconds(5e-4), source: "clock"),
        perMegaparameter: .measured(Seconds(1e-3), source: "clock"),
        teacher: .measured(Seconds(5e-4), source: "clock"),
        evaluation: .measured(Seconds(1e-3), source: "clock"),
        power: .modelled(Watts(12), source: "simulated power")))
  }

  var profile: ProfileRecord {
    let block = BlockShape(
      hiddenSize: original.hiddenSize,
      attention: AttentionShape(queryHeads: original.heads, headSize: original.headSize),
      feedForward: FeedForwardShape(width: original.feedForwardWidth, activation: .relu))
    let shape = ModelShape(
      languageModel: LanguageModelShape(
        vocabularySize: 500, maximumPositions: 64, hiddenSize: original.hiddenSize,
        blocks: Array(repeating: block, count: original.blocks)))
    return ProfileRecord(
      model: ModelReference(
        content: .init(name: "simulated", sha256: "0"), shape: shape, precision: "f32",
        parameterCount: 1),
      data: probes
        ? DataReference(
          content: .init(name: "simulated", sha256: "1"), trainEntries: 12_000,
          validationEntries: 1_000, testEntries: 3_000, tasks: ["a", "b", "c", "d", "e"]) : nil,
      workload: Workload(
        name: "simulated", creatives: 4, questionsPerCreative: 5, promptTokens: 12, newTokens: 6,
        threads: 2),
      machine: MachineReference(
        processor: "simulated", logicalCores: 2, memoryBytes: 1, operatingSystem: "none"),
      hardware: [costs], sensitivity: probes ? sensitivity : nil, costExpense: expense(1),
      probeExpense: nil, warnings: [])
  }
}

let simulatedReference = ContentReference(name: "profile.json", sha256: "2")
