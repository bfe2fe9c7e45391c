/// An entry of a journal that cannot stand where it does.
package struct JournalContradiction: Error, CustomStringConvertible, Hashable, Sendable {
  /// Counted from 1: every entry is a line.
  package var line: Int
  package var reason: String

  package var description: String { "line \(line): \(reason)" }
}

extension Collection where Element == JournalEntry {
  /// Throws where an entry comes before the execution started or after it finished.
  package func checkOrder() throws(JournalContradiction) {
    var hasStarted = false
    var hasFinished = false
    for (index, entry) in enumerated() {
      func fail(_ reason: String) -> JournalContradiction {
        JournalContradiction(line: index + 1, reason: reason)
      }
      guard !hasFinished else { throw fail("the execution had finished before this entry") }
      switch entry {
      case .started: hasStarted = true
      case .finished: hasFinished = true
      default: break
      }
      guard hasStarted else { throw fail("no execution had started before this entry") }
    }
  }

  /// Throws where an entry is not of the plan as it was in force by then.
  package func checkOrder(of plan: PlanRecord) throws(JournalContradiction) {
    try checkOrder()
    var state = PlanInForce(plan, journal: [])
    for (index, entry) in enumerated() {
      if let reason = state.contradiction(of: entry, original: plan.original.shape) {
        throw JournalContradiction(line: index + 1, reason: reason)
      }
      state.add(entry)
    }
  }
}

extension PlanInForce {
  /// Why an entry cannot follow; nil where it can.
  fileprivate func contradiction(of entry: JournalEntry, original: UniformShape) -> String? {
    let shape = committed.last?.step.to ?? original
    switch entry {
    case .started: return nil
    case .stepCommitted(let entry): return contradiction(of: entry.step, at: shape)
    case .stepRolledBack(let entry): return contradiction(of: entry.step, at: shape)
    case .adjusted(let adjustment):
      switch adjustment.cause {
      case .rehearsal:
        if hasRehearsed || !committed.isEmpty { return "a rehearsal comes once, before all steps" }
      case .finalMeasurement:
        if finalAdjustment != nil || !remainingSteps.isEmpty {
          return "a final measurement comes once, after all steps"
        }
      case .repairRolledBack:
        if !isRepairing { return "no repair was under way that could be rolled back" }
      }
      guard let revision = adjustment.revision else { return nil }
      let start = revision.schedule.first?.from ?? revision.final.shape
      return start == shape ? nil : "the revision starts at \(start), the model is \(shape)"
    case .finished(let entry):
      if let step = remainingSteps.first {
        return "the execution finished without step \(step.index) of its plan"
      }
      return entry.shape.languageModel.uniform == final.shape
        ? nil : "the model's shape is not the one that the plan ends in, \(final.shape)"
    }
  }

  private func contradiction(of step: PlanStep, at shape: UniformShape) -> String? {
    guard let next = remainingSteps.first, step.index == next.index else {
      return "step \(step.index) is not the next one of the plan"
    }
    guard step.from == shape else {
      return "step \(step.index) starts at \(step.from), the model is \(shape)"
    }
    // A half of a step ends between the two shapes.
    return step.to == next.to || step.to.contains(next.to)
      ? nil : "step \(step.index) does not lead to \(next.to)"
  }
}

extension UniformShape {
  /// True where no dimension of another shape is larger.
  fileprivate func contains(_ other: UniformShape) -> Bool {
    other.blocks <= blocks && other.feedForwardWidth <= feedForwardWidth && other.heads <= heads
      && other.headSize <= headSize && other.hiddenSize <= hiddenSize
  }
}
