package import Artifacts
package import HardwareModels

/// The schedule with its epochs, and what it is forecast to take.
package struct TimedSchedule: Sendable {
  package var steps: [PlanStep]
  package var compression: Expense
  /// Altered views of every image that the teacher answers.
  package var views: Int
}

/// Divides a compression budget among the steps of a path.
///
/// Every step but the last gets a small share, at least one epoch; what is left goes to the final
/// shape, because the computation spent there decides the accuracy. Where the budget does not leave
/// half of itself to the final shape, the path loses intermediate steps first.
package struct EpochAllocation {
  var budget: DistillationBudget
  let cost: any CostModel
  let original: UniformShape
  let power: Figure<Watts>
  let headMultiple: Int
  /// True where the steps follow those of a plan: the teacher's outputs are there already.
  var isRepair = false
  var rehearsals = 1

  package init(
    budget: DistillationBudget, cost: any CostModel, original: UniformShape, power: Figure<Watts>,
    headMultiple: Int = 1
  ) {
    self.headMultiple = headMultiple
    self.budget = budget
    self.cost = cost
    self.original = original
    self.power = power
  }

  /// Step ratios tried in turn, finest first.
  static let ratios = [PlanningConstants.stepRatio, 0.45, 0.3, 0]

  /// Throws `compressionTooShort` where even one step per stage and one epoch each do not fit.
  package func schedule(to final: UniformShape) throws(PlanningError) -> TimedSchedule {
    if final == original {
      return TimedSchedule(
        steps: [],
        compression: Expense(
          time: .modelled(.zero, source: "nothing to compress"),
          energy: .modelled(.zero, source: "nothing to compress")), views: 0)
    }
    guard let rates = budget.rates else { return unprofiled(final) }
    var needed = Double.infinity
    var best: (moves: [Schedule.Move], epochs: [Int])?
    for ratio in Self.ratios {
      let moves = Schedule.moves(
        from: original, to: final, ratio: ratio, headMultiple: headMultiple)
      let overhead = overhead(moves, rates)
      var epochs = moves.map { max(1, Int(min(share / epoch($0.to, rates), 1e6))) }
      epochs[epochs.count - 1] = 1
      if overhead + total(moves, epochs, rates) > budget.time.value {
        epochs = moves.map { _ in 1 }
      }
      let spent = overhead + total(moves, epochs, rates)
      needed = min(needed, spent)
      guard spent <= budget.time.value else { continue }
      let extra = (budget.time.value - spent) / epoch(final, rates)
      epochs[epochs.count - 1] += Int(min(extra, 1e6))
      let last = epochs[epochs.count - 1]
      if last > best?.epochs.last ?? 0 { best = (moves, epochs) }
      if epoch(final, rates) * Double(last) >= PlanningConstants.finalShare * budget.time.value {
        break
      }
    }
    if let best { return timed(best.moves, best.epochs) }
    if budget.views > 0 {
      // Views are worth having, not worth failing for.
      var without = self
      without.budget.views = 0
      return try without.schedule(to: final)
    }
    throw .compressionTooShort(asked: budget.time, needed: Seconds(needed))
  }

  private var share: Double { PlanningConstants.intermediateShare * budget.time.value }

  private func epoch(_ shape: UniformShape, _ rates: DistillationRates) -> Double {
    max(
      1e-9, rates.entry(blockParameters: shape.blockParameters) * Double(budget.trainEntries))
  }

  private func total(
    _ moves: [Schedule.Move], _ epochs: [Int], _ rates: DistillationRates
  ) -> Double {
    zip(moves, epochs).reduce(0) { $0 + epoch($1.0.to, rates) * Double($1.1) }
  }

  /// Teacher outputs and views, rehearsals, importance, evaluations and the final measurement.
  private func overhead(_ moves: [Schedule.Move], _ rates: DistillationRates) -> Double {
    let latency = cost.point(original).time.value
    func share(_ shape: UniformShape) -> Double {
      latency > 0 ? cost.point(shape).time.value / latency : 1
    }
    let validation = rates.evaluation * Double(budget.validationEntries)
    var time =
      isRepair
      ? 0 : rates.teacher * Double(budget.trainEntries) + budget.viewTime(rates) + validation
    for move in moves {
      // Gradients of every training entry take about an epoch; blocks are removed from the end,
      // without any.
      if move.stage != .blocks { time += epoch(move.from, rates) }
      // Right after the prune, and after the distillation.
      time += 2 * validation * share(move.to)
    }
    if let last = moves.last {
      time += rates.evaluation * Double(budget.testEntries) * (1 + share(last.to))
      let requests =
        PlanningConstants.measuredRequests
        + (isRepair ? 0 : rehearsals * PlanningConstants.rehearsedRequests)
      time += latency * Double(requests) * (1 + share(last.to))
    }
    return time
  }

  private func timed(_ moves: [Schedule.Move], _ epochs: [Int]) -> TimedSchedule {
    func time(_ rates: DistillationRates?) -> Double {
      rates.map { overhead(moves, $0) + total(moves, epochs, $0) } ?? 0
    }
    let value = time(budget.rates)
    let low = Seconds(min(value, time(budget.lowRates)))
    let high = Seconds(max(value, time(budget.highRates)))
    let source = "epochs, importance and evaluations at the profiled cost of distillation"
    let figure = Figure<Seconds>.modelled(Seconds(value), low: low, high: high, source: source)
    var energy = Figure<Joules>.unavailable(power.source)
    if let watts = power.value {
      energy = .modelled(
        watts * Seconds(value), low: (power.low ?? watts) * low, high: (power.high ?? watts) * high,
        source: "\(source), times its power (\(power.source))")
    }
    return TimedSchedule(
      steps: steps(moves, epochs), compression: Expense(time: figure, energy: energy),
      views: budget.views)
  }

  private func unprofiled(_ final: UniformShape) -> TimedSchedule {
    let moves = Schedule.moves(
      from: original, to: final, ratio: PlanningConstants.stepRatio,
      headMultiple: headMultiple)
    var epochs = moves.map { _ in 1 }
    epochs[epochs.count - 1] = PlanningConstants.unprofiledFinalEpochs
    let reason = "distillation was not profiled: the model has no weights or no data"
    return TimedSchedule(
      steps: steps(moves, epochs),
      compression: Expense(time: .unavailable(reason), energy: .unavailable(reason)),
      views: budget.views)
  }

  private func steps(_ moves: [Schedule.Move], _ epochs: [Int]) -> [PlanStep] {
    moves.indices.map { index in
      PlanStep(
        index: index + 1, stage: moves[index].stage, from: moves[index].from,
        to: moves[index].to, epochs: epochs[index],
        learningRate: index == moves.count - 1
          ? PlanningConstants.finalLearningRate : PlanningConstants.intermediateLearningRate)
    }
  }
}
