/// What a plan has become by its journal: the shape it ends in, its steps, and how far they went.
package struct PlanInForce: Sendable {
  package private(set) var final: ShapeForecast
  package private(set) var schedule: [PlanStep]
  /// What the schedule is forecast to take.
  package private(set) var compression: Expense
  /// The steps that lead to the model as it is, in order.
  package private(set) var committed: [JournalEntry.StepCommitted] = []
  /// The latest revision that holds; nil where the plan does.
  package private(set) var revision: PlanRevision?
  /// Indices of the steps that repair a model after its final measurement.
  package private(set) var repairIndices: Set<Int> = []
  package private(set) var hasRehearsed = false
  /// The final measurement that was journalled, once there is one.
  package private(set) var finalAdjustment: PlanAdjustment?
  /// True between a repair's revision and its rollback.
  package private(set) var isRepairing = false
  /// At most one: an array, because a value cannot hold its own kind.
  private var beforeRepair: [PlanInForce] = []

  package init(_ plan: PlanRecord, journal: some Sequence<JournalEntry>) {
    final = plan.final
    schedule = plan.schedule
    compression = plan.compression
    for entry in journal { add(entry) }
  }

  /// What the next entry of the journal makes of the plan.
  mutating func add(_ entry: JournalEntry) {
    switch entry {
    case .started, .stepRolledBack, .finished: break
    case .stepCommitted(let step): committed.append(step)
    case .adjusted(let adjustment):
      switch adjustment.cause {
      case .rehearsal:
        hasRehearsed = true
        if let revision = adjustment.revision { replace(by: revision) }
      case .finalMeasurement:
        finalAdjustment = adjustment
        if let revision = adjustment.revision {
          var last = self
          last.beforeRepair = []
          extend(by: revision)
          beforeRepair = [last]
        }
      case .repairRolledBack:
        if let last = beforeRepair.last { self = last }
      }
    }
  }

  private mutating func replace(by revision: PlanRevision) {
    self.revision = revision
    final = revision.final
    schedule = revision.schedule
    compression = revision.compression
  }

  private mutating func extend(by revision: PlanRevision) {
    self.revision = revision
    final = revision.final
    schedule += revision.schedule
    repairIndices = Set(revision.schedule.map(\.index))
    isRepairing = true
    compression = Expense(
      time: sum(compression.time, revision.compression.time),
      energy: sum(compression.energy, revision.compression.energy))
  }

  /// The steps that are left. A step that was split is finished first.
  package var remainingSteps: [PlanStep] {
    guard let last = committed.last else { return schedule }
    var rest = schedule.filter { $0.index > last.step.index }
    if let planned = schedule.first(where: { $0.index == last.step.index }),
      planned.to != last.step.to
    {
      var half = planned
      half.from = last.step.to
      rest.insert(half, at: 0)
    }
    return rest
  }
}

/// The forecast of the plan and of what was added to it.
private func sum<Q: Quantity>(_ first: Figure<Q>, _ second: Figure<Q>) -> Figure<Q> {
  guard let a = first.value, let aLow = first.low, let aHigh = first.high else { return first }
  guard let b = second.value, let bLow = second.low, let bHigh = second.high else { return second }
  return .modelled(a + b, low: aLow + bLow, high: aHigh + bHigh, source: first.source)
}
