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
    var execution = [
      Item(name: "Teacher outputs, original accuracy", expense: sum(run.starts.map(\.expense)))
    ]
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

/// Times and energies added up.
private func sum(_ expenses: [Expense]) -> Expense {
  guard expenses.count != 1 else { return expenses[0] }
  let time = expenses.first?.time.source ?? ""
  let energy = expenses.first?.energy.source ?? ""
  return Expense(
    time: total(expenses.map(\.time), source: "sum of \(expenses.count) parts; first: \(time)"),
    energy: total(
      expenses.map(\.energy), source: "sum of \(expenses.count) parts; first: \(energy)"))
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
