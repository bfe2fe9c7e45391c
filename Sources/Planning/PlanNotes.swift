import Artifacts
import HardwareModels

/// Sentences that tell the reader of a plan what binds, what is implied and what is assumed.
struct PlanNotes {
  let request: PlanRequest
  let problem: PlanningProblem
  let final: ShapeForecast
  let result: SearchResult
  /// The optimum under the latency limit alone; nil where no energy limit was given.
  let withoutEnergyLimit: UniformShape?
  let hardware: [HardwareCosts]
  let budget: DistillationBudget
  let compression: Expense
  /// Accuracy of the original; nil where it was not profiled.
  let original: Accuracy?
  /// Of the profile.
  let warnings: [String]

  var sentences: [String] {
    let own = [
      failingOriginal, optimality, margin, crossing, binding, implication, accuracy, floor,
      budgetNote, infrastructure,
    ]
    return warnings.map { "The profile warns: \($0)." } + own.compactMap { $0 }
  }

  private var expense: Expense? {
    final.costs.first { $0.hardware == request.hardware }?.request
  }

  private var annual: Figure<KilowattHours>? {
    expense?.energy.map {
      annualEnergy(
        perRequest: $0, requestsPerYear: request.requestsPerYear,
        powerUsageEffectiveness: request.powerUsageEffectiveness)
    }
  }

  private var optimality: String? {
    result.provenOptimal
      ? "All \(result.compared) uniform shapes of the space were compared; the final shape is the "
        + "optimum of the forecast." : nil
  }

  private var margin: String? {
    "Shapes are chosen at \(rounded(PlanningConstants.latencyMargin * 100)) % of the latency "
      + "target, \(rounded(problem.latencyLimit.milliseconds)) ms."
  }

  private var crossing: String? {
    var crossed: [String] = []
    if let high = expense?.time.high, high > request.latency {
      crossed.append("latency (up to \(rounded(high.milliseconds)) ms)")
    }
    if let limit = request.annualEnergy, let high = annual?.high, high > limit {
      crossed.append("annual energy (up to \(rounded(high.value)) kWh)")
    }
    return crossed.isEmpty
      ? nil
      : "The 80 % interval of the forecast crosses the target: \(crossed.joined(separator: ", "))."
  }

  private var binding: String? {
    BindingNote(
      problem: problem, final: final.shape, withoutEnergyLimit: withoutEnergyLimit
    ).sentence
  }

  private var implication: String? {
    guard problem.cost.predictsEnergy,
      let costs = hardware.first(where: { $0.name == request.hardware }),
      costs.request.energy.provenance == .modelled
    else { return nil }
    if costs.name == buildMachine {
      return "Energy here is modelled from CPU time, so energy and latency are nearly one "
        + "constraint: a shape that meets one target meets the other in proportion."
    }
    return "Latency and energy on \(costs.name) are modelled, not measured "
      + "(\(costs.request.energy.source))."
  }

  private var accuracy: String? {
    switch problem.objective {
    case .accuracy:
      "The accuracy forecast is fitted to short probes; what lies between them and the "
        + "recovery by a longer distillation are assumptions, and execution measures them."
    case .leastCompression:
      "No accuracy was profiled, so the plan is the least compression (most parameters left) that "
        + "meets the constraints."
    }
  }

  /// What the compressed model may lose, and how near the forecast comes to it.
  private var floor: String? {
    guard let original, let forecast = final.accuracy.value else { return nil }
    let floor = original - request.maximumAccuracyDrop
    guard floor > .zero else {
      return
        "No loss of accuracy can break the floor: the original's \(rounded(original.value)) is "
        + "not above the drop of \(rounded(request.maximumAccuracyDrop.value)) that is allowed."
    }
    let sentence =
      "Accuracy on validation entries must not fall below \(rounded(floor.value)), which is "
      + "\(rounded(request.maximumAccuracyDrop.value)) less than the original's "
      + "\(rounded(original.value))"
    return forecast < floor
      ? "\(sentence): the forecast is below it, its interval is not, and the execution decides."
      : "\(sentence)."
  }

  private var failingOriginal: String? {
    guard request.allowsFailingOriginal else { return nil }
    return "The original was accepted whatever it answers (--allow-failing-original): what this "
      + "compression loses may not show."
  }

  private var budgetNote: String? {
    guard budget.rates != nil else { return nil }
    let origin =
      request.compressionEnergy.map { "--compression-kwh \(rounded($0.value))" }
      ?? "the default compression time, no --compression-kwh was given"
    return "The schedule fits \(rounded(budget.time.value)) s of compression (\(origin))."
  }

  private var infrastructure: String? {
    guard let annual, let value = annual.value else { return nil }
    return "Serving is forecast at \(rounded(value.value)) kWh a year for "
      + "\(rounded(request.requestsPerYear)) requests at PUE "
      + "\(rounded(request.powerUsageEffectiveness)) (1.56 is the survey mean of 2024)."
  }
}
