import Artifacts

/// A profile with known costs: time and energy linear in widths, each with its own coefficients.
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

  func seconds(_ shape: UniformShape) -> Double {
    0.004 + 2e-5 * Double(shape.hiddenSize)
      + Double(shape.blocks)
      * blockSeconds(
        hidden: shape.hiddenSize, attention: shape.attentionWidth, width: shape.feedForwardWidth)
  }

  func joules(_ shape: UniformShape) -> Double {
    seconds(shape) * joulesPerSecond + Double(shape.blocks) * joulesPerFeedForwardUnit
      * Double(shape.feedForwardWidth)
  }

  private func blockSeconds(hidden: Int, attention: Int, width: Int) -> Double {
    secondsPerWeight * Double(4 * hidden * attention + 2 * hidden * width)
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
    var stem: [StemCostSample] = []
    for hidden in [128, 96, 64, 32] {
      func sample(heads: Int, width: Int) -> BlockCostSample {
        let time = blockSeconds(hidden: hidden, attention: heads * hidden / 4, width: width)
        let extra = joulesPerFeedForwardUnit * Double(width)
        return BlockCostSample(
          hiddenSize: hidden, heads: heads, headSize: hidden / 4, feedForwardWidth: width,
          prefill: expense(time * 0.7, extraJoules: extra * 0.7),
          decode: expense(time * 0.3, extraJoules: extra * 0.3))
      }
      for width in [512, 384, 256, 128, 64] { blocks.append(sample(heads: 4, width: width)) }
      blocks.append(sample(heads: 2, width: 256))
      stem.append(
        StemCostSample(
          hiddenSize: hidden, prefill: expense(1e-5 * Double(hidden)),
          decode: expense(1e-5 * Double(hidden))))
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
      ], blocks: blocks, stem: stem, activePower: .modelled(Watts(10), source: "simulated"),
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
