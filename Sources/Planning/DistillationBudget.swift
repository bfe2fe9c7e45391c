package import Artifacts

/// Seconds of the parts of a distillation, as plain numbers.
struct DistillationRates: Sendable {
  var fixed: Double
  var perMegaparameter: Double
  var teacher: Double
  var evaluation: Double

  /// Nil where one of the figures is unavailable. `end` picks the value or an end of the interval.
  init?(_ cost: DistillationCost, end: (Figure<Seconds>) -> Seconds?) {
    guard let fixed = end(cost.fixed), let marginal = end(cost.perMegaparameter),
      let teacher = end(cost.teacher), let evaluation = end(cost.evaluation)
    else { return nil }
    self.fixed = max(0, fixed.value)
    perMegaparameter = max(0, marginal.value)
    self.teacher = max(0, teacher.value)
    self.evaluation = max(0, evaluation.value)
  }

  /// One entry of a model with this many block parameters, forward, backward and update.
  func entry(blockParameters: Double) -> Double {
    fixed + perMegaparameter * (blockParameters / 1e6)
  }
}

/// How much distillation a compression time buys.
package struct DistillationBudget: Sendable {
  /// Wall time of the whole compression.
  package let time: Seconds
  /// Altered views of every training image that the teacher answers, see `CompressionSettings`.
  package var views: Int
  let trainEntries: Int
  let validationEntries: Int
  let testEntries: Int
  /// Nil where distillation was not profiled, or there is no data.
  let rates: DistillationRates?
  let lowRates: DistillationRates?
  let highRates: DistillationRates?
  private let entriesPerUpdate: Double

  /// `views` is what is wanted; `self.views` is what the time pays for.
  package init(
    time: Seconds, cost: DistillationCost?, data: DataReference?, batchCreatives: Int, views: Int
  ) {
    self.time = time
    trainEntries = data?.trainEntries ?? 0
    validationEntries = data?.validationEntries ?? 0
    testEntries = data?.testEntries ?? 0
    let usable = trainEntries > 0 ? cost : nil
    rates = usable.flatMap { DistillationRates($0) { $0.value } }
    lowRates = usable.flatMap { DistillationRates($0) { $0.low } }
    highRates = usable.flatMap { DistillationRates($0) { $0.high } }
    let view = rates.map { DistillationBudget.view($0, entries: data?.trainEntries ?? 0) } ?? 0
    self.views =
      view > 0
      ? min(views, Int(min(PlanningConstants.viewShare * time.value / view, 1e6))) : 0
    // One creative carries one entry per task.
    entriesPerUpdate = Double(max(1, batchCreatives) * max(1, data?.tasks.count ?? 1))
  }

  /// Seconds in which the teacher answers all views.
  func viewTime(_ rates: DistillationRates) -> Double {
    Double(views) * DistillationBudget.view(rates, entries: trainEntries)
  }

  private static func view(_ rates: DistillationRates, entries: Int) -> Double {
    rates.evaluation * Double(entries)
  }

  /// Optimiser updates at the final shape, if three quarters of the time go there.
  func finalUpdates(blockParameters: Double) -> Double {
    guard let rates else { return 1 }
    let entry = rates.entry(blockParameters: blockParameters)
    return entry > 0 ? 0.75 * time.value / (entry * entriesPerUpdate) : 1
  }
}

extension UniformShape {
  /// Weights and biases of all blocks.
  package var blockParameters: Double { Double(blocks) * Double(parametersPerBlock) }
}
