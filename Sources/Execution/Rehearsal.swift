import Artifacts
import Metering
import Pruning
import Transformers

/// Measures the planned shape before anything is distilled to it.
///
/// What a request takes depends on a model's shape and not on its weights, so a model that was pruned
/// to the final shape without any repair tells it in seconds. Where it contradicts the plan, the
/// planner is asked again with its forecast corrected, and what it answers is rehearsed, too.
struct Rehearsal {
  let execution: PlanExecution
  let context: PlanExecution.Context
  let reviser: PlanReviser

  private struct Candidate {
    let trial: PlanAdjustment.Trial
    let judgement: TargetJudgement
    /// What made it a candidate; nil for the plan's own shape.
    let revision: PlanRevision?
  }

  func run() throws -> PlanAdjustment {
    let window = execution.monitor.begin()
    let original = RequestServer(
      model: InferenceModel(execution.model.parameters), threads: context.threads)
    var forecast = execution.plan.final
    var revision: PlanRevision?
    var candidates: [Candidate] = []
    var note: String?
    while candidates.count < reviser.mostRehearsals {
      let trial = try measure(forecast, beside: original, round: candidates.count)
      guard
        let judgement = TargetJudgement(trial, target: execution.plan.target, reviser: reviser)
      else { break }
      candidates.append(Candidate(trial: trial, judgement: judgement, revision: revision))
      guard judgement.exceedsMargin || judgement.leavesRoom,
        candidates.count < reviser.mostRehearsals
      else { break }
      // A limit on the compression's own electricity pays for all that may follow.
      let rehearsals =
        execution.plan.target.compressionEnergy == nil
        ? candidates.count : reviser.mostRehearsals - 1
      switch execution.revision(
        by: reviser, after: trial, correction: revision?.basis.correction ?? .none,
        rehearsals: rehearsals)
      {
      case .failure(let none): note = "No other shape was planned: \(none.reason)."
      case .success(let next):
        if candidates.contains(where: { $0.trial.forecast.shape == next.final.shape }) {
          note = nil
        } else if !judgement.exceedsMargin
          && !Self.isBetter(next.final, than: forecast, by: reviser.worthwhileGain)
        {
          let points = (reviser.worthwhileGain * 1_000).rounded() / 10
          note =
            "No shape with a better forecast, by \(points) points at least, fits into the room that "
            + "is left."
        } else {
          (forecast, revision, note) = (next.final, next, nil)
          continue
        }
      }
      break
    }
    return conclude(candidates, note: note, expense: execution.monitor.end(window))
  }

  /// The best shape that was measured to meet the limits, else the one nearest to them.
  private func conclude(
    _ candidates: [Candidate], note: String?, expense: Expense
  ) -> PlanAdjustment {
    let meeting = candidates.filter {
      $0.judgement.isWithinLimits && !$0.judgement.exceedsMargin
    }
    let chosen =
      meeting.max { Self.isBetter($1.trial.forecast, than: $0.trial.forecast) }
      ?? candidates.min { $0.judgement.use < $1.judgement.use }
    var sentences: [String] = []
    if let first = candidates.first { sentences.append("\(first.judgement.sentence).") }
    if let pace = candidates.first.flatMap({ changeOfPace($0.trial) }) { sentences.append(pace) }
    if let chosen, chosen.revision != nil {
      sentences.append("The plan now ends in another shape: \(chosen.judgement.sentence).")
    } else {
      sentences.append("The plan stays as it is.")
    }
    if let chosen, meeting.isEmpty {
      sentences.append(
        chosen.judgement.isWithinLimits
          ? "That is within the limit, with less than the margin that plans keep."
          : "No shape that was measured meets the target; this one comes nearest to it.")
    }
    if let note { sentences.append(note) }
    let isOutOfReach = meeting.isEmpty && chosen?.judgement.exceedsLimits == true
    if isOutOfReach, let options = chosen?.judgement.whatWouldFit {
      sentences.append("What it would meet: \(options).")
    }
    return PlanAdjustment(
      cause: .rehearsal, trials: candidates.map(\.trial), revision: chosen?.revision,
      conclusion: sentences.joined(separator: " "), isOutOfReach: isOutOfReach ? true : nil,
      expense: expense)
  }

  /// Why a limit in milliseconds is not the target itself; nil where the two hardly differ.
  private func changeOfPace(_ trial: PlanAdjustment.Trial) -> String? {
    let target = execution.plan.target
    let lasting = trial.latencyLimit / target.latency
    guard target.speedUp == nil, abs(lasting - 1) > 0.01 else { return nil }
    return "The machine is \(lasting > 1 ? "slower" : "faster") than in the profile (the original "
      + "takes \((lasting * lasting * 100).rounded() / 100) times as long), and half of that is taken to "
      + "last: hence this limit for a target of "
      + "\((target.latency.milliseconds * 10).rounded() / 10) ms."
  }

  /// By the forecast of accuracy; by the parameters left where there is none.
  private static func isBetter(
    _ one: ShapeForecast, than other: ShapeForecast, by gain: Double = 0
  ) -> Bool {
    guard let first = one.accuracy.value, let second = other.accuracy.value else {
      return one.languageModelParameters > other.languageModelParameters
    }
    return first.value > second.value + gain
  }

  private func measure(
    _ forecast: ShapeForecast, beside original: RequestServer, round: Int
  ) throws -> PlanAdjustment.Trial {
    let plan = execution.plan
    let first = Double(round) / Double(reviser.mostRehearsals)
    func report(_ share: Double) {
      execution.report(
        "rehearsal", fraction: 0.02 + 0.01 * (first + share / Double(reviser.mostRehearsals)))
    }
    report(0)
    // By magnitude: no gradients are needed for weights that do not matter.
    let model = try prune(
      execution.model.parameters, to: forecast.shape, over: context.train,
      settings: PruneSettings(
        criterion: MagnitudeCriterion.name,
        miniBatchCreatives: plan.settings.importanceMiniBatchCreatives, workers: context.threads),
      generator: SeededGenerator(seed: plan.settings.seed, stream: "rehearsal"))
    let comparison = try execution.measurement(.rehearsal, forecast.shape) {
      compareRequests(
        original: original,
        compressed: RequestServer(model: InferenceModel(model), threads: context.threads),
        request: context.request, workload: plan.workload,
        repetitions: execution.rehearsalRepetitions, perTurn: 1, monitor: execution.monitor,
        progress: report)
    }
    return execution.trial(forecast, comparison, .rehearsal)
  }
}
