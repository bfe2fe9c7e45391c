import Artifacts
import Foundation
import Storage

/// The artifacts of one run, each known to belong to the others.
struct RunRecords {
  var profile: ProfileRecord?
  var plan: PlanRecord?
  /// With the hash of the file that `plan` was read from.
  var planReference: ContentReference?
  var journal: [JournalEntry]
}

extension RunFolder {
  /// Reads what is there, and refuses a plan of another profile and a journal of another plan.
  func readRun() throws(CommandFailure) -> RunRecords {
    var records = RunRecords(journal: try readJournal())
    var profileHash: String?
    if exists(profile) {
      let (record, bytes) = try readProfile()
      records.profile = record
      profileHash = sha256(of: bytes)
    }
    if exists(plan) {
      let (record, bytes) = try readPlan()
      records.plan = record
      records.planReference = ContentReference(name: "plan.json", sha256: sha256(of: bytes))
      guard profileHash == nil || record.profile.sha256 == profileHash else {
        throw CommandFailure(
          "\(plan) was not made from \(profile), or that has changed since; "
            + (records.journal.isEmpty
              ? "run `planner plan` again" : "put the profile of this run back"))
      }
    }
    let planned = records.planReference?.sha256
    for case .started(let entry) in records.journal where planned != entry.plan.sha256 {
      guard planned != nil else {
        throw CommandFailure("\(journal): the plan that it tells of is gone; put \(plan) back")
      }
      throw CommandFailure(
        "\(journal) tells of another plan than \(plan); put that plan back, or name another --run")
    }
    if let plan = records.plan { records.journal = try readJournal(of: plan) }
    return records
  }

  /// Throws where a step of the folder's plan has been carried out.
  func requireNoSteps(before what: String) throws(CommandFailure) {
    let hasSteps = try readJournal().contains { entry in
      switch entry {
      case .stepCommitted, .stepRolledBack, .finished: true
      case .started, .adjusted: false
      }
    }
    guard hasSteps else { return }
    throw CommandFailure(
      "\(path) holds an execution of its plan, and a new \(what) would not belong to it: name another "
        + "--run, or remove \(journal)")
  }

  /// Makes way for a new profile or plan: throws where the folder's plan has been carried out, or is
  /// being carried out. A journal of measurements alone, without a step, is moved aside.
  ///
  /// - Returns: Where that journal is now; nil where there was none.
  func makeWay(for what: String) throws -> String? {
    try requireNoSteps(before: what)
    guard exists(journal) else { return nil }
    var number = 1
    while exists(file("journal-\(number).jsonl")) { number += 1 }
    let aside = file("journal-\(number).jsonl")
    guard rename(journal, aside) == 0 else {
      throw CommandFailure("cannot move \(journal) to \(aside): \(systemReason())")
    }
    return aside
  }
}
