package import Artifacts
package import Datasets
package import Metering
import Training
package import Transformers

/// One run of `profile`: costs of a model's parts on this machine and on modelled hardware, then the
/// accuracy that each dimension carries.
package struct ProfileSession {
  package var model: LoadedModel
  package var data: Dataset
  package var tokenizer: BytePairTokenizer
  package var workload: Workload
  package var machine: MachineReference
  package var monitor: EnergyMonitor
  /// Hardware models to add beside the build machine.
  package var modelled: [HardwareCosts]
  package var seed: UInt64
  package var requestRepetitions = 9
  package var pairRepetitions = 5
  /// Distillation steps of one probe, and the creatives that they draw from.
  package var probeSteps = 200
  package var probeCreatives = 1_200
  /// Creatives that the probes' importance is measured on.
  package var importanceCreatives = 320
  package var progress: ProgressHandler?
  /// Where hardware counters are opened.
  package var counters: any SystemCalls = LinuxSystem()

  package init(
    model: LoadedModel, data: Dataset, tokenizer: BytePairTokenizer, workload: Workload,
    machine: MachineReference, monitor: EnergyMonitor, modelled: [HardwareCosts], seed: UInt64,
    progress: ProgressHandler?
  ) {
    self.model = model
    self.data = data
    self.tokenizer = tokenizer
    self.workload = workload
    self.machine = machine
    self.monitor = monitor
    self.modelled = modelled
    self.seed = seed
    self.progress = progress
  }

  package func run() throws -> ProfileRecord {
    let shape = model.parameters.layout.shape
    guard let uniform = shape.languageModel.uniform else { throw ProfilingError.notUniform }
    guard !data.train.isEmpty else { throw ProfilingError.emptySplit("train") }
    guard !data.validation.isEmpty else { throw ProfilingError.emptySplit("validation") }
    let request = makeRequest(
      workload: workload, creatives: data.validation, tokenizer: tokenizer, model: shape)
    let imageRows = shape.queryFormer?.queryCount ?? 0
    try checkPositions(request, imageRows: imageRows)

    var warnings: [String] = []
    let (costs, costExpense) = try monitor.measure {
      try buildMachineCosts(
        request: request, uniform: uniform, imageRows: imageRows, warnings: &warnings)
    }
    let threads = workload.threads
    let (sensitivity, probeExpense) = try monitor.measure { () -> SensitivityRecord in
      report("encoding images", 0, 1, 0.5)
      func split(_ name: String, _ creatives: some Collection<Creative>) -> PreparedSplit {
        PreparedSplit(
          name: name, creatives: Array(creatives), tasks: data.tasks, tokenizer: tokenizer,
          model: model.parameters, threads: threads)
      }
      let prober = SensitivityProber(
        teacher: model.parameters, train: split("train", data.train.prefix(probeCreatives)),
        importanceSplit: split("train", data.train.prefix(importanceCreatives)),
        validation: split("validation", data.validation),
        // The compression keeps the teacher's logits of all entries, and of their views, or of none:
        // the probes do alike, so that their time is the compression's.
        teacherCacheBytes: CompressionSettings.defaultTeacherCacheBytes
          * Double(min(probeCreatives, data.train.count)) / Double(5 * max(1, data.train.count)),
        threads: threads, steps: probeSteps, seed: seed,
        monitor: monitor, power: costs.activePower, request: request, newTokens: workload.newTokens)
      return try prober.run { index, count, accuracy in
        self.report(
          "sensitivity probes", index, count, Double(index) / Double(count),
          accuracy: accuracy?.value)
      }
    }
    return ProfileRecord(
      model: ModelReference(
        content: model.content, shape: shape, precision: model.parameters.layout.precision.rawValue,
        parameterCount: model.parameters.count), data: data.reference, workload: workload,
      machine: machine, hardware: [costs] + modelled, sensitivity: sensitivity,
      costExpense: costExpense, probeExpense: probeExpense, warnings: warnings)
  }

  private func checkPositions(_ request: [ServingItem], imageRows: Int) throws {
    let longest = request.flatMap(\.prompts).map(\.count).max() ?? 0
    let positions = model.parameters.layout.languageModel.shape.maximumPositions
    if !GreedyGenerator.fits(
      model.parameters.layout.languageModel.shape, imageRows: imageRows, promptTokens: longest,
      newTokens: workload.newTokens)
    {
      throw ProfilingError.promptsTooLong(
        positions: positions, needed: imageRows + longest + workload.newTokens - 1)
    }
  }

  private func buildMachineCosts(
    request: [ServingItem], uniform: UniformShape, imageRows: Int, warnings: inout [String]
  ) throws -> HardwareCosts {
    // Before any work, so that it is the machine's rest and not its cooling down.
    let idle = monitor.idlePower()
    let server = RequestServer(
      model: InferenceModel(model.parameters), threads: workload.threads)
    var totals: [Double] = []
    var phases: [RequestPhase: [Double]] = [:]
    for _ in 0..<2 { _ = server.serve(request, newTokens: workload.newTokens) }
    let (_, window) = monitor.measure {
      for index in 0..<requestRepetitions {
        report(
          "requests", index, requestRepetitions, 0.1 * Double(index) / Double(requestRepetitions))
        let timing = server.serve(request, newTokens: workload.newTokens).1
        totals.append(timing.total.value)
        for phase in RequestPhase.allCases {
          phases[phase, default: []].append(timing[phase].value)
        }
      }
    }
    let summary = SampleSummary(totals)
    let spread = (summary.quantile(0.9) - summary.quantile(0.1)) / summary.median
    if spread > 0.1 {
      warnings.append(
        "the machine was noisy: requests spread by \(Int((spread * 100).rounded())) % between the 10th and 90th percentile"
      )
    }
    let power = meanPower(window)
    let latency = summary.measured(
      source: "wall clock, \(totals.count) requests, \(workload.threads) threads")
    let timer = LanguageTimer(
      request: request, imageRows: imageRows, workload: workload,
      base: model.parameters.layout.languageModel.shape,
      precision: model.parameters.layout.precision)
    let explainer = BlockExplainer(
      timer: timer, original: uniform, threads: workload.threads, monitor: monitor,
      idlePower: idle, system: counters)
    let sampler = CostSampler(
      timer: timer, original: uniform, repetitions: pairRepetitions, power: power)
    let table = sampler.sample(SamplingGrid(original: uniform)) { index, count in
      self.report("block costs", index, count, 0.1 + 0.4 * Double(index) / Double(count))
    }
    return HardwareCosts(
      name: "build",
      description:
        "\(machine.processor), \(workload.threads) threads, \(model.parameters.layout.precision.rawValue)",
      request: Expense(time: latency, energy: energyOf(latency, power: power)),
      phases: RequestPhase.allCases.map { phase in
        let time = SampleSummary(phases[phase] ?? []).measured(
          source: "wall clock, mean over threads")
        return RequestPhaseCost(
          phase: phase, cost: Expense(time: time, energy: energyOf(time, power: power)))
      }, blocks: table.blocks, stem: table.stem, activePower: power,
      idlePower: idle, reservedMemoryPower: monitor.meter.reservedMemoryPower,
      explanation: explainer.explain())
  }

  /// Mean power over a window: energy / time, with the energy's provenance.
  private func meanPower(_ window: Expense) -> Figure<Watts> {
    guard let seconds = window.time.value, seconds.value > 0 else {
      return .unavailable("no time passed")
    }
    return window.energy.map { Watts($0.value / seconds.value) }
  }

  private func report(
    _ stage: String, _ step: Int, _ steps: Int, _ fraction: Double, accuracy: Double? = nil
  ) {
    progress?(
      ProgressUpdate(
        stage: stage, step: step, steps: steps, fraction: fraction, loss: nil, accuracy: accuracy,
        message: nil, remaining: nil))
  }
}
