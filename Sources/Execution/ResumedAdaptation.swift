import Artifacts

extension Adaptation {
  /// As the journal keeps it.
  var kind: JournalEntry.Started.Adaptation {
    switch self {
    case .asPlanned: .asPlanned
    case .following: .replay
    case .measuring: .measured
    }
  }
}

extension PlanExecution {
  /// What was asked for, as far as it goes with how the journal's execution began and what it decided:
  /// one that began as planned goes on as planned.
  ///
  /// - Throws: `ExecutionError` where the two do not go together.
  func adaptation(resuming journal: ExecutionJournal) throws -> Adaptation {
    let began = journal.started?.adaptation
    switch adaptation {
    case .measuring, .asPlanned:
      if began == .replay { throw ExecutionError.followedAnother(journal: journalPath) }
      if began == .asPlanned { return .asPlanned }
      if case .asPlanned = adaptation,
        journal.entries.adjustments.contains(where: {
          // The shape that came nearest to a target out of reach may be distilled all the same.
          $0.revision != nil && $0.isOutOfReach != true
        })
      {
        throw ExecutionError.revised(journal: journalPath)
      }
    case .following(let entries, let path):
      try check(entries, path: path, against: journal)
    }
    return adaptation
  }

  /// Refuses a journal that cannot be followed from where the own one has come to.
  private func check(
    _ followed: [JournalEntry], path: String, against own: ExecutionJournal
  ) throws {
    let plans = followed.compactMap {
      if case .started(let entry) = $0 { entry.plan } else { nil }
    }
    guard !plans.isEmpty else { throw ExecutionError.noRun(journal: path) }
    guard plans.allSatisfy({ $0.sha256 == planReference.sha256 }) else {
      throw ExecutionError.otherPlan(journal: path)
    }
    for cause in [PlanAdjustment.Cause.rehearsal, .finalMeasurement] {
      func decision(_ entries: [JournalEntry]) -> PlanAdjustment? {
        entries.adjustments.first { $0.cause == cause }
      }
      let mine = decision(own.entries)
      // Steps without a rehearsal were a decision, too.
      guard mine != nil || (cause == .rehearsal && own.lastCommitted != nil) else { continue }
      guard mine?.revision?.schedule == decision(followed)?.revision?.schedule else {
        throw ExecutionError.otherHistory(journal: path)
      }
    }
  }
}
