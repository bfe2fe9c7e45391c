package import Artifacts

/// What the whole compression took, part by part: the numerator of the payback.
package struct CompressionExpense: Codable, Sendable {
  /// One kind of work, and how often it was done.
  package struct Item: Codable, Sendable {
    package var name: String
    package var expense: Expense
  }

  package var items: [Item]
  /// Profiling, probes and execution.
  package var total: Expense
  /// `execute` alone: what the constraint on compression energy is judged by.
  package var execution: Expense

  init(profile: ProfileRecord, run: RunHistory) {
    var profiling = [Item(name: "Profiling: cost tables", expense: profile.costExpense)]
    if let probes = profile.probeExpense {
      profiling.append(Item(name: "Profiling: sensitivity probes", expense: probes))
    }
    var execution = run.starts.enumerated().map { count, start in
      Item(
        name: "\(count == 0 ? "Start" : "Resumption \(count)"): teacher outputs, original accuracy",
        expense: start.expense)
    }
    execution += run.adjustments.filter { $0.cause != .repairRolledBack }.map {
      Item(name: $0.title, expense: $0.expense)
    }
    execution += run.committed.map {
      Item(name: "Step \($0.step.index): \($0.step.stage.title)", expense: $0.expense)
    }
    execution += run.rolledBack.map {
      Item(
        name: "Step \($0.step.index): \($0.step.stage.title), rolled back", expense: $0.expense)
    }
    execution.append(Item(name: "Final evaluation", expense: run.finished.expense))
    items = profiling + execution
    total = sum(items.map(\.expense))
    self.execution = sum(execution.map(\.expense))
  }
}

extension PlanAdjustment {
  /// The measurement in a reader's words.
  var title: String {
    switch cause {
    case .rehearsal: "Rehearsal"
    case .finalMeasurement:
      revision == nil ? "Final measurement" : "Final measurement, before a repair"
    case .repairRolledBack: "Repair, rolled back"
    }
  }
}

/// Times and energies added up.
private func sum(_ expenses: [Expense]) -> Expense {
  Expense(
    time: total(expenses.map(\.time), source: sources(expenses.map(\.time.source))),
    energy: total(expenses.map(\.energy), source: sources(expenses.map(\.energy.source))))
}

/// The different sources of the parts of a sum, the first two by name.
private func sources(_ parts: [String]) -> String {
  var different: [String] = []
  for part in parts where !different.contains(part) { different.append(part) }
  let named = different.prefix(2).joined(separator: "; ")
  let rest = different.count > 2 ? "; and \(different.count - 2) more" : ""
  return "sum of \(parts.count) parts, each from: \(named)\(rest)"
}

extension PruningStage {
  /// The stage in a reader's words.
  var title: String {
    switch self {
    case .blocks: "blocks"
    case .interModule: "inter-module"
    case .inputOutput: "input/output"
    }
  }
}
