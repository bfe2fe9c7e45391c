import Artifacts
import HardwareModels

/// What every search for a shape needs, made from a profile and a request: costs, budget, forecast of
/// accuracy. Throws where one of them is not usable.
struct PlanSetting {
  let request: PlanRequest
  let profile: ProfileRecord
  let languageModel: LanguageModelShape
  let original: UniformShape
  /// Query heads that share a key/value head.
  let headMultiple: Int
  let strategy: any PlanningStrategy
  /// Of the hardware that the targets are for.
  let cost: any CostModel
  let tables: [any CostModel]
  let budget: DistillationBudget
  /// Nil where no accuracy was profiled.
  let accuracy: AccuracyForecast?

  init(_ profile: ProfileRecord, _ request: PlanRequest) throws(PlanningError) {
    try check(request)
    self.request = request
    self.profile = profile
    languageModel = profile.model.shape.languageModel
    guard let original = languageModel.uniform else {
      throw .unplannableModel(
        reason: "its blocks differ in shape; uniform widths need equal blocks")
    }
    try checkSizes(original)
    self.original = original
    headMultiple = languageModel.blocks.first?.attention.queryHeadMultiple ?? 1
    guard let strategy = Strategies.named(request.strategy) else {
      throw .unknownStrategy(name: request.strategy, known: Strategies.names)
    }
    self.strategy = strategy
    let tables = try costTables(profile, original, request)
    self.tables = tables
    guard let cost = tables.first(where: { $0.name == request.hardware }) else {
      throw .unknownHardware(name: request.hardware, known: tables.map(\.name))
    }
    self.cost = cost
    let budget = try distillationBudget(profile, request)
    self.budget = budget
    accuracy = profile.sensitivity.flatMap {
      AccuracyForecast(sensitivity: $0, original: original, budget: budget)
    }
  }

  /// Power of the distillation.
  var power: Figure<Watts> {
    profile.sensitivity?.distillation.power ?? .unavailable("distillation was not profiled")
  }

  func problem(_ space: SearchSpace) throws(PlanningError) -> PlanningProblem {
    PlanningProblem(
      space: space, languageModel: languageModel, cost: cost,
      latencyLimit: request.latency * PlanningConstants.latencyMargin,
      energyLimit: try energyLimit(request, cost, profile),
      objective: accuracy.map { .accuracy($0) } ?? .leastCompression)
  }

  func forecast(_ label: String, _ shape: UniformShape) -> ShapeForecast {
    var figure = Figure<Accuracy>.unavailable("no accuracy was profiled: no weights or no data")
    if shape == original, let record = profile.sensitivity?.original {
      figure = .measured(record.overall, source: "\(record.split) entries, in profiling")
    } else if let accuracy {
      figure = accuracy.accuracy(shape)
    }
    return ShapeForecast(
      label: label, shape: shape,
      languageModelParameters: languageModel.parameterCount(at: shape),
      costs: tables.map {
        HardwareForecast(hardware: $0.name, request: $0.request(shape: shape))
      },
      accuracy: figure)
  }
}

private func check(_ request: PlanRequest) throws(PlanningError) {
  func positive(_ value: Double?, _ flag: String) throws(PlanningError) {
    guard let value else { return }
    guard value.isFinite, value > 0 else {
      throw .invalidValue(flag: flag, value: "\(value)", remedy: "give a number above 0")
    }
    // Beyond any machine; what is computed from it stays in the range of numbers.
    guard value <= PlanningConstants.largestRequest else {
      throw .invalidValue(
        flag: flag, value: "\(value)",
        remedy: "give a number up to \(rounded(PlanningConstants.largestRequest))")
    }
  }
  try positive(request.latency.milliseconds, "--target-ms")
  try positive(request.annualEnergy?.value, "--annual-kwh")
  try positive(request.compressionEnergy?.value, "--compression-kwh")
  try positive(request.compressionTime.value, "the compression time")
  try positive(request.requestsPerYear, "--requests-per-year")
  guard request.powerUsageEffectiveness.isFinite, request.powerUsageEffectiveness >= 1 else {
    throw .invalidValue(
      flag: "--pue", value: "\(request.powerUsageEffectiveness)",
      remedy: "power usage effectiveness is at least 1")
  }
}

private func checkSizes(_ original: UniformShape) throws(PlanningError) {
  let sizes = [
    original.blocks, original.feedForwardWidth, original.heads, original.headSize,
    original.hiddenSize,
  ]
  // Beyond a million the products of sizes leave the range of integers.
  guard sizes.allSatisfy({ (1...1_000_000).contains($0) }) else {
    throw .unplannableModel(reason: "one of its sizes is not in 1 … 1000000: \(original)")
  }
}

/// Shapes that are no larger than `original` in any dimension.
func searchSpace(
  _ original: UniformShape, headMultiple: Int, allows: (UniformShape) -> Bool
) throws(PlanningError) -> SearchSpace {
  let space = SearchSpace(original: original, headMultiple: headMultiple, allows: allows)
  guard !space.attentions.isEmpty else {
    throw .unplannableModel(reason: "no smaller number of heads or head size exists: \(original)")
  }
  return space
}

/// Of every hardware of the profile; the one asked for as a revision corrected it.
private func costTables(
  _ profile: ProfileRecord, _ original: UniformShape, _ request: PlanRequest
) throws(PlanningError) -> [any CostModel] {
  var tables: [any CostModel] = []
  for costs in profile.hardware {
    do {
      let table = try MeasuredCostTable(costs: costs, original: original)
      // Probes are served on the machine that was measured, not on a modelled one.
      let isMeasured = costs.request.time.provenance == .measured
      let checked = CheckedCostModel(
        table, original: original, probes: isMeasured ? profile.sensitivity?.probes ?? [] : [])
      let model: any CostModel = checked ?? table
      let isCorrected = costs.name == request.hardware && request.correction != .none
      tables.append(
        isCorrected ? CorrectedCostModel(model, correction: request.correction) : model)
    } catch {
      throw .brokenProfile(reason: error.description)
    }
  }
  return tables
}

private func distillationBudget(
  _ profile: ProfileRecord, _ request: PlanRequest
) throws(PlanningError) -> DistillationBudget {
  var time = request.compressionTime
  if let energy = request.compressionEnergy {
    guard let power = profile.sensitivity?.distillation.power.value, power.value > 0 else {
      throw .energyUnavailable(
        flag: PlanningError.Constraint.compression.flag,
        reason: profile.sensitivity?.distillation.power.source ?? "distillation was not profiled")
    }
    time = Seconds(Joules(energy).value / power.value)
    guard time.value.isFinite else {
      throw .brokenProfile(
        reason: "the profile's power of the distillation, \(power.value) W, is not usable; "
          + "run `planner profile` again")
    }
  }
  return DistillationBudget(
    time: time, cost: profile.sensitivity?.distillation, data: profile.data,
    batchCreatives: request.settings.batchCreatives,
    // Only images can be altered.
    views: profile.model.shape.vision == nil ? 0 : request.settings.teacherViews)
}

/// Energy of one request that the annual limit leaves.
private func energyLimit(
  _ request: PlanRequest, _ cost: any CostModel, _ profile: ProfileRecord
) throws(PlanningError) -> Joules? {
  guard let annual = request.annualEnergy else { return nil }
  guard cost.predictsEnergy else {
    let source = profile.hardware.first { $0.name == cost.name }?.request.energy.source
    throw .energyUnavailable(
      flag: PlanningError.Constraint.annualEnergy.flag, reason: source ?? "no meter")
  }
  return Joules(annual) / (request.requestsPerYear * request.powerUsageEffectiveness)
}
