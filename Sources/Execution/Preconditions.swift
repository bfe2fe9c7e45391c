import Artifacts
import Storage
import Transformers

/// What must hold before an execution computes anything.
extension PlanExecution {
  /// Refuses to go on with a journal whose steps are not those of the plan.
  func checkOrder(_ journal: ExecutionJournal) throws {
    do {
      try journal.entries.checkOrder(of: plan)
    } catch {
      throw StorageError.malformed(
        path: journalPath, field: "line \(error.line)", reason: error.reason)
    }
  }

  /// Refuses a request that has more tokens than the model has positions.
  func checkPositions(_ request: [ServingItem]) throws(ExecutionError) {
    let shape = model.parameters.layout.shape
    let longest = request.flatMap(\.prompts).map(\.count).max() ?? 0
    let newTokens = plan.workload.newTokens
    guard
      GreedyGenerator.fits(
        shape.languageModel, imageRows: shape.queryFormer?.queryCount ?? 0, promptTokens: longest,
        newTokens: newTokens)
    else {
      throw .requestTooLong(
        prompt: longest, newTokens: newTokens, positions: shape.languageModel.maximumPositions)
    }
  }
}
