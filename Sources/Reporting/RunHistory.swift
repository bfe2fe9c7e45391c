import Artifacts

/// A journal, sorted by kind, of a run that has finished.
struct RunHistory {
  /// One per start or resumption, at least one.
  var starts: [JournalEntry.Started] = []
  var committed: [JournalEntry.StepCommitted] = []
  var rolledBack: [JournalEntry.StepRolledBack] = []
  var adjustments: [PlanAdjustment] = []
  var finished: JournalEntry.Finished

  /// Throws `ReportError.notExecuted` where the run never finished or never started.
  init(_ journal: [JournalEntry]) throws(ReportError) {
    var last: JournalEntry.Finished?
    for entry in journal {
      if case .started(let value) = entry { starts.append(value) }
      if case .stepCommitted(let value) = entry { committed.append(value) }
      if case .stepRolledBack(let value) = entry { rolledBack.append(value) }
      if case .finished(let value) = entry { last = value }
    }
    guard let last, !starts.isEmpty else { throw .notExecuted }
    finished = last
    adjustments = journal.adjustments
  }
}
