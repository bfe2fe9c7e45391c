import Artifacts

extension FixtureRun {
  static func buildMachine() -> HardwareCosts {
    HardwareCosts(
      name: "build", description: "2 vCPU of an AMD EPYC 9R14, single precision",
      request: expense(0.7, 2.6),
      phases: phases([0.017, 0.006, 0.428, 0.249], total: 0.7, energy: 2.6, measured: true),
      blocks: [
        sample(256, 64, 1_024, 0.0345, 0.0197), sample(256, 64, 768, 0.0292, 0.0168),
        sample(256, 64, 512, 0.024, 0.014), sample(256, 48, 1_024, 0.0312, 0.0181),
        sample(192, 64, 1_024, 0.0268, 0.0155), sample(192, 48, 768, 0.0201, 0.0118),
      ],
      activePower: .modelled(Watts(3.72), source: powerModel),
      idlePower: .modelled(Watts(0.66), low: Watts(0.62), high: Watts(0.76), source: powerModel))
  }

  static func a10() -> HardwareCosts {
    HardwareCosts(
      name: "a10", description: "One NVIDIA A10, half precision, modelled: no card was at hand",
      request: Expense(
        time: .modelled(Seconds(0.041), source: "analytical A10 model"),
        energy: .modelled(Joules(4.8), source: "analytical A10 model")),
      phases: phases([0.004, 0.003, 0.012, 0.022], total: 0.041, energy: 4.8, measured: false),
      blocks: [sample(256, 64, 1_024, 0.001, 0.0018)],
      activePower: .modelled(Watts(118), source: "analytical A10 model"),
      idlePower: .modelled(Watts(15), low: Watts(9), high: Watts(23), source: "A10 idle readings"))
  }

  private static func phases(
    _ seconds: [Double], total: Double, energy: Double, measured: Bool
  ) -> [RequestPhaseCost] {
    zip(RequestPhase.allCases, seconds).map { phase, seconds in
      let clocked: Figure<Seconds> =
        measured ? time(seconds) : .modelled(Seconds(seconds), source: "analytical A10 model")
      return RequestPhaseCost(
        phase: phase,
        cost: Expense(
          time: clocked,
          energy: .attributed(
            Joules(seconds / total * energy), source: "divided by phase time")))
    }
  }

  /// One dimension of the original changed per probe.
  static var probes: [SensitivityRecord.Probe] {
    func probe(_ correct: Int, _ change: (inout UniformShape) -> Void) -> SensitivityRecord.Probe {
      var shape = originalShape
      change(&shape)
      return SensitivityRecord.Probe(
        shape: shape, accuracy: accuracy("validation", correct), steps: 60,
        expense: expense(70, 260))
    }
    return [
      probe(965) { $0.blocks = 9 }, probe(970) { $0.feedForwardWidth = 768 },
      probe(955) { $0.headSize = 48 }, probe(940) { $0.hiddenSize = 208 },
    ]
  }

  private static func sample(
    _ hidden: Int, _ headSize: Int, _ width: Int, _ prefill: Double, _ decode: Double
  ) -> BlockCostSample {
    BlockCostSample(
      hiddenSize: hidden, heads: 4, headSize: headSize, feedForwardWidth: width,
      prefill: expense(prefill, prefill * 3.7), decode: expense(decode, decode * 3.7),
      firstPrefill: expense(prefill * 0.8, prefill * 3), firstDecode: expense(decode * 1.5, decode))
  }

  /// Started, two steps, interrupted, resumed, one attempt rolled back, three steps, finished.
  static func journal(_ steps: [PlanStep]) -> [JournalEntry] {
    let started = JournalEntry.started(
      .init(
        plan: ContentReference(name: "plan.json", sha256: String(repeating: "d4", count: 32)),
        machine: machine, accuracy: accuracy("validation", 980), expense: expense(60, 220)))
    let afterPruning = [610, 540, 420, 705, 380]
    let afterwards = [965, 950, 925, 935, 955]
    let latencies = [0.47, 0.295, 0.179, 0.132, 0.088]
    let parameters = [6_480_000, 4_111_000, 2_532_000, 2_020_000, 1_230_000]
    func committed(_ index: Int) -> JournalEntry {
      .stepCommitted(
        .init(
          step: steps[index],
          checkpoint: ContentReference(
            name: "checkpoints/step-\(index + 1)", sha256: String(repeating: "e5", count: 32)),
          languageModelParameters: parameters[index],
          accuracyAfterPruning: accuracy("validation", afterPruning[index]),
          accuracy: accuracy("validation", afterwards[index]), losses: [0.41, 0.22],
          request: expense(latencies[index], latencies[index] * 3.72),
          expense: expense(240, 890)))
    }
    var retry = steps[3]
    retry.to.feedForwardWidth = 512
    return [
      started, committed(0), committed(1), started, committed(2),
      .stepRolledBack(
        .init(
          step: retry, accuracy: accuracy("validation", 880),
          reason: "lost 0.100, more than τ = 0.050; retried smaller", expense: expense(240, 890))),
      committed(3), committed(4),
      .finished(
        .init(
          model: ContentReference(
            name: "model/model.safetensors", sha256: String(repeating: "f6", count: 32)),
          shape: ModelShape(
            languageModel: LanguageModelShape(
              vocabularySize: 512, maximumPositions: 128, hiddenSize: 192, blocks: [])),
          originalTest: accuracy("test", 985), compressedTest: accuracy("test", 955),
          comparison: RequestComparison(
            workload: Workload(
              name: "audit", creatives: 32, questionsPerCreative: 5, promptTokens: 9, newTokens: 4,
              threads: 2),
            original: side(700, 2.6), compressed: side(88, 0.325), speedUp: 7.95,
            speedUpLow: 7.82, speedUpHigh: 8.09),
          expense: expense(90, 330))),
    ]
  }
}
