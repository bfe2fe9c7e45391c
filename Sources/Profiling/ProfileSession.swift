package import Artifacts
package import Datasets
import Dispatch
package import Metering
import Training
package import Transformers

/// One run of `profile`: costs of a model's parts on this machine and on modelled hardware, then the
/// accuracy that each dimension carries.
package struct ProfileSession {
  package var model: LoadedModel
  package var data: Dataset
  package var processor: InputProcessor
  package var workload: Workload
  package var machine: MachineReference
  package var monitor: EnergyMonitor
  /// Hardware models to add beside the build machine.
  package var modelled: [HardwareCosts]
  package var seed: UInt64
  package var requestRepetitions = 9
  package var sampling = SamplingSettings.standard
  private static let requestSeconds = 12.0
  /// Distillation steps of one probe, and the creatives that they draw from.
  package var probeSteps = 160
  package var probeCreatives = 1_200
  /// Wall seconds of all probes, about: a slow machine probes fewer shapes.
  package var probeSeconds = 120.0
  /// Creatives that the probes' importance is measured on.
  package var importanceCreatives = 320
  package private(set) var isQuick = false
  package var progress: ProgressHandler?
  /// Where hardware counters are opened.
  package var counters: any SystemCalls = LinuxSystem()

  package init(
    model: LoadedModel, data: Dataset, processor: InputProcessor, workload: Workload,
    machine: MachineReference, monitor: EnergyMonitor, modelled: [HardwareCosts], seed: UInt64,
    progress: ProgressHandler?
  ) {
    self.model = model
    self.data = data
    self.processor = processor
    self.workload = workload
    self.machine = machine
    self.monitor = monitor
    self.modelled = modelled
    self.seed = seed
    self.progress = progress
  }

  /// Spends seconds where minutes are usual. Costs and probes are rough: good enough to follow a path to
  /// its end, not to plan by.
  package mutating func makeQuick() {
    requestRepetitions = 3
    sampling = SamplingSettings(seconds: 3, leastRepetitions: 1, mostRepetitions: 2)
    probeSteps = 10
    probeCreatives = 64
    importanceCreatives = 32
    isQuick = true
  }

  package func run() throws -> ProfileRecord {
    let shape = model.parameters.layout.shape
    guard shape.languageModel.uniform != nil else { throw ProfilingError.notUniform }
    guard !data.train.isEmpty else { throw ProfilingError.emptySplit("train") }
    guard !data.validation.isEmpty else { throw ProfilingError.emptySplit("validation") }
    let request = makeRequest(
      workload: workload, creatives: data.validation, processor: processor, model: shape)
    try checkPositions(request, imageRows: shape.queryFormer?.queryCount ?? 0)

    // The answers first: where there are none, nothing that follows is worth its time.
    let rest = monitor.idlePower()
    let ((asked, measured), costExpense) = try monitor.measure {
      (ask(), try measureCosts(rest: rest))
    }
    var costs = measured.costs
    var warnings = measured.warnings
    if isQuick {
      warnings.append("profiled with --quick: costs and probes are rough; do not plan by them")
    }
    let threads = workload.threads
    let probesStart = DispatchTime.now().uptimeNanoseconds
    let (sensitivity, probeExpense) = try monitor.measure { () -> SensitivityRecord in
      report("encoding images", 0, 1, 0.5)
      let prober = SensitivityProber(
        teacher: model.parameters, train: split("train", data.train.prefix(probeCreatives)),
        importanceSplit: split("train", data.train.prefix(importanceCreatives)),
        validation: asked.split, original: asked.evaluation,
        // The compression keeps the teacher's logits of all entries, and of their views, or of none:
        // the probes do alike, so that their time is the compression's.
        teacherCacheBytes: CompressionSettings.defaultTeacherCacheBytes
          * Double(min(probeCreatives, data.train.count)) / Double(5 * max(1, data.train.count)),
        threads: threads, steps: probeSteps, seed: seed,
        monitor: monitor, power: costs.activePower, request: request, newTokens: workload.newTokens,
        secondsLimit: probeSeconds
          - Double(DispatchTime.now().uptimeNanoseconds - probesStart) * 1e-9)
      return try prober.run { index, count, accuracy in
        self.report(
          "sensitivity probes", index, count, Double(index) / Double(count),
          accuracy: accuracy?.value)
      }
    }
    let wanted = probeShapes(of: shape.languageModel).count
    if sensitivity.probes.count < wanted {
      warnings.append(
        "\(wanted - sensitivity.probes.count) of \(wanted) sensitivity probes were left out after "
          + "\(Int(probeSeconds)) s; use --thorough for all of them")
    }
    costs = measured.atPace(
      ofRequests: sensitivity.probes.compactMap { $0.request?.original.value?.value },
      threads: threads)
    if let obstacle = asked.obstacle {
      warnings.insert("the original cannot answer this data: \(obstacle)", at: 0)
    }
    return ProfileRecord(
      model: ModelReference(
        content: model.content, shape: shape, precision: model.parameters.layout.precision.rawValue,
        parameterCount: model.parameters.count), data: data.reference, workload: workload,
      machine: machine, hardware: [costs] + modelled, sensitivity: sensitivity,
      costExpense: costExpense, probeExpense: probeExpense, warnings: warnings,
      prompt: processor.prompt, answers: asked.first, chance: asked.chance,
      isFinite: asked.evaluation.isFinite)
  }

  func split(_ name: String, _ creatives: some Collection<Creative>) -> PreparedSplit {
    PreparedSplit(
      name: name, creatives: Array(creatives), tasks: data.tasks, processor: processor,
      model: model.parameters, threads: workload.threads)
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

  /// Costs of the model's parts on this machine, and what to say of the machine.
  ///
  /// - Parameter rest: Power before any work; measured here where nil.
  package func measureCosts(rest: Figure<Watts>? = nil) throws -> MachineCosts {
    let shape = model.parameters.layout.shape
    guard let uniform = shape.languageModel.uniform else { throw ProfilingError.notUniform }
    let request = makeRequest(
      workload: workload, creatives: data.validation, processor: processor, model: shape)
    let imageRows = shape.queryFormer?.queryCount ?? 0
    try checkPositions(request, imageRows: imageRows)
    // Before any work, so that it is the machine's rest and not its cooling down.
    let idle = rest ?? monitor.idlePower()
    let timer = LanguageTimer(
      request: request, imageRows: imageRows, workload: workload, base: shape.languageModel,
      precision: model.parameters.layout.precision)
    let grid = SamplingGrid(
      original: uniform,
      headMultiple: shape.languageModel.blocks.first?.attention.queryHeadMultiple ?? 1)
    let baseline = timer.baseline(uniform)
    var pace = Pace()
    _ = timer.run(baseline)

    let server = RequestServer(
      model: InferenceModel(model.parameters), threads: workload.threads)
    for _ in 0..<2 { _ = server.serve(request, newTokens: workload.newTokens) }
    var timings: [ServingTiming] = []
    var runs: [Int] = []
    let start = DispatchTime.now().uptimeNanoseconds
    let (_, window) = monitor.measure {
      for index in 0..<requestRepetitions {
        report(
          "requests", index, requestRepetitions, 0.1 * Double(index) / Double(requestRepetitions))
        // On a slow machine fewer requests must do.
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
        if index >= 3 && seconds > Self.requestSeconds { break }
        runs.append(pace.add(timer.compare([], with: baseline)))
        timings.append(server.serve(request, newTokens: workload.newTokens).1)
      }
    }
    let power = meanPower(window)
    let explainer = BlockExplainer(
      timer: timer, original: uniform, threads: workload.threads, monitor: monitor,
      idlePower: idle, system: counters)
    let sampler = CostSampler(
      timer: timer, grid: grid, settings: sampling, power: power, seed: seed)
    let table = sampler.sample(baseline: baseline, pace: &pace) { fraction, points in
      self.report("block costs", points, max(points, 1), 0.1 + 0.4 * fraction)
    }

    func summary(_ time: (ServingTiming) -> Seconds) -> SampleSummary {
      SampleSummary(
        zip(timings, runs).map { time($0).value / pace.wallSlowness(at: $1) })
    }
    let totals = summary(\.total)
    let latency = totals.measured(
      source:
        "wall clock at the median pace, \(timings.count) requests, \(workload.threads) threads")
    let costs = HardwareCosts(
      name: buildMachine,
      description:
        "\(machine.processor), \(workload.threads) threads, \(model.parameters.layout.precision.rawValue)",
      request: Expense(time: latency, energy: energyOf(latency, power: power)),
      phases: phaseShares(
        of: latency,
        RequestPhase.allCases.map { phase in
          (
            phase,
            summary { $0[phase] }.measured(source: "wall clock, median, mean over threads")
          )
        }, power: power),
      blocks: table.blocks, activePower: power, idlePower: idle,
      reservedMemoryPower: monitor.meter.reservedMemoryPower,
      explanation: explainer.explain())
    let spread = (totals.quantile(0.9) - totals.quantile(0.1)) / totals.median
    return MachineCosts(
      costs: costs, requests: zip(timings, runs).map { $0.total.value / pace.wallSlowness(at: $1) },
      baseline: Seconds(pace.median), load: pace.load,
      warnings: Self.warnings(
        spread: spread, drift: pace.drift, load: pace.load, interpolation: table.interpolationError)
    )
  }

  private static func warnings(
    spread: Double, drift: Double, load: Double, interpolation: Double?
  ) -> [String] {
    func percent(_ share: Double) -> Int { Int((share * 100).rounded()) }
    var warnings: [String] = []
    if drift > 0.1 {
      warnings.append(
        "the machine's pace changed by \(percent(drift)) % while costs were measured; times are "
          + "given at its median pace")
    }
    if spread > 0.1 {
      warnings.append(
        "the machine was too noisy to trust: requests spread by \(percent(spread)) % between the "
          + "10th and 90th percentile, drift apart; stop other work, or use --thorough")
    }
    if load > 1.1 {
      warnings.append(
        "other work took the cores: runs waited \(percent(load - 1)) % of their computing time; latencies "
          + "are those of the loaded machine")
    }
    if let interpolation, interpolation > 0.05 {
      warnings.append(
        "block costs do not fit together: leaving one sample out misses it by "
          + "\(percent(interpolation)) % (median); use --thorough")
    }
    return warnings
  }

  /// Mean power over a window: energy / time, with the energy's provenance.
  private func meanPower(_ window: Expense) -> Figure<Watts> {
    guard let seconds = window.time.value, seconds.value > 0 else {
      return .unavailable("no time passed")
    }
    return window.energy.map { Watts($0.value / seconds.value) }
  }

  func report(
    _ stage: String, _ step: Int, _ steps: Int, _ fraction: Double, accuracy: Double? = nil,
    message: String? = nil
  ) {
    progress?(
      ProgressUpdate(
        stage: stage, step: step, steps: steps, fraction: fraction, loss: nil, accuracy: accuracy,
        message: message, remaining: nil))
  }
}
