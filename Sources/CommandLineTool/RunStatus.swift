package import Artifacts

/// Where a run stands, as a value.
package struct RunStatus: Codable, Sendable {
  package enum State: String, Codable, Sendable {
    case empty, profiled, planned, executing, finished
  }

  package struct Step: Codable, Sendable {
    package var index: Int
    package var stage: PruningStage
    package var committed: Bool
    /// True where the step was committed for a repair that was rolled back.
    package var undone: Bool
    package var shape: UniformShape
    /// On validation entries.
    package var accuracy: Accuracy
    /// One request at this shape; nil where the step was rolled back.
    package var latency: Seconds?
  }

  /// A measurement against the target, and what the plan became.
  package struct Adjustment: Codable, Sendable {
    package var cause: PlanAdjustment.Cause
    package var conclusion: String
    /// The final shape from here on; nil where the plan stayed as it was.
    package var revisedShape: UniformShape?
  }

  package var state: State
  /// The process that works in the folder now, in words; nil where none does.
  package var worker: String?
  /// One request of the original on the machine that profiled. scripts/run.sh reads this field.
  package var originalMilliseconds: Double?
  /// Steps of the plan as it stands; nil without a plan.
  package var plannedSteps: Int?
  /// Steps, of those, that were committed, a step in two halves as one.
  package var committedSteps: Int
  package var adjustments: [Adjustment]
  /// True where the rehearsal ended the execution: every shape missed the target by far.
  package var isOutOfReach: Bool
  package var steps: [Step]
  /// The unpruned model on validation entries.
  package var originalAccuracy: Accuracy?
  /// On test entries, once finished.
  package var originalTestAccuracy: Accuracy?
  package var compressedTestAccuracy: Accuracy?
  package var speedUp: Double?

  package init(profile: ProfileRecord?, plan: PlanRecord?, journal: [JournalEntry]) {
    state = plan != nil ? .planned : profile != nil ? .profiled : .empty
    originalMilliseconds = profile?.hardware.first?.request.time.value?.milliseconds
    let inForce = plan.map { PlanInForce($0, journal: journal) }
    plannedSteps = inForce?.schedule.count
    let kept = inForce.map { Set($0.committed.map(\.checkpoint.name)) }
    adjustments = []
    isOutOfReach = false
    steps = []
    committedSteps = 0
    for entry in journal {
      switch entry {
      case .started(let start):
        state = .executing
        if start.adaptation == .asPlanned { isOutOfReach = false }
        originalAccuracy = start.accuracy.overall
      case .adjusted(let adjustment):
        isOutOfReach = adjustment.isOutOfReach ?? false
        adjustments.append(
          Adjustment(
            cause: adjustment.cause, conclusion: adjustment.conclusion,
            revisedShape: adjustment.revision?.final.shape))
      case .stepCommitted(let step):
        steps.append(
          Step(
            index: step.step.index, stage: step.step.stage, committed: true,
            undone: kept.map { !$0.contains(step.checkpoint.name) } ?? false, shape: step.step.to,
            accuracy: step.accuracy.overall, latency: step.request.time.value))
      case .stepRolledBack(let step):
        steps.append(
          Step(
            index: step.step.index, stage: step.step.stage, committed: false, undone: false,
            shape: step.step.to,
            accuracy: step.accuracy.overall, latency: nil))
      case .finished(let end):
        state = .finished
        originalTestAccuracy = end.originalTest.overall
        compressedTestAccuracy = end.compressedTest.overall
        speedUp = end.comparison.speedUp
      }
    }
    committedSteps = Set(steps.filter { $0.committed && !$0.undone }.map(\.index)).count
  }
}

extension RunStatus {
  /// Lines for a person.
  package func text(folder: String) -> String {
    var lines = ["\(folder): \(headline)"]
    if let worker { lines.append("at work there now: \(worker)") }
    lines += adjustments.map { "\($0.cause.title): \($0.conclusion)" }
    if !steps.isEmpty {
      var table = Table("step", "stage", "result", "accuracy", "request", words: 3)
      for step in steps {
        table.add(
          "\(step.index)", step.stage.rawValue,
          step.undone ? "undone" : step.committed ? "committed" : "rolled back",
          fixed(step.accuracy.value, 3),
          step.latency.map { "\(fixed($0.milliseconds, 1)) ms" } ?? "–")
      }
      lines.append(table.text)
    }
    if let originalTestAccuracy, let compressedTestAccuracy, let speedUp {
      lines.append(
        "test accuracy \(fixed(originalTestAccuracy.value, 3)) → "
          + "\(fixed(compressedTestAccuracy.value, 3)), requests \(fixed(speedUp, 2)) times as fast"
      )
    }
    return lines.joined(separator: "\n")
  }

  private var headline: String {
    // Who is at work is said in a line of its own, and nobody else is asked to begin.
    func next(_ words: String) -> String { worker == nil ? words : "" }
    switch state {
    case .empty: return "nothing here yet" + next("; start with `planner profile`")
    case .profiled: return "profiled" + next("; next is `planner plan`")
    case .planned:
      return "planned, steps: \(plannedSteps ?? 0)" + next("; next is `planner execute`")
    case .executing where isOutOfReach:
      return "no shape that was rehearsed comes near the target" + next("; next is another plan")
    case .executing:
      let planned = plannedSteps.map { " of \($0)" } ?? ""
      return "steps committed: \(committedSteps)\(planned)"
        + next("; if nothing runs, `planner execute --resume` goes on")
    case .finished:
      return "finished, steps committed: \(committedSteps); `planner report` publishes it"
    }
  }
}

extension PlanAdjustment.Cause {
  /// For a person.
  var title: String {
    switch self {
    case .rehearsal: "rehearsal"
    case .finalMeasurement: "final measurement"
    case .repairRolledBack: "repair rolled back"
    }
  }
}
