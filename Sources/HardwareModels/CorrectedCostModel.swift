package import Artifacts

/// A cost model whose forecasts were measured at one shape and found to be off: the same factor for
/// every shape, so that requests stay affine in depth.
package struct CorrectedCostModel: CostModel {
  private let base: any CostModel
  private let correction: ForecastCorrection

  package init(_ base: any CostModel, correction: ForecastCorrection) {
    self.base = base
    self.correction = correction
  }

  package var name: String { base.name }
  package var predictsEnergy: Bool { base.predictsEnergy }

  package func block(_ widths: BlockWidths) -> CostPoint { corrected(base.block(widths)) }

  package func first(_ widths: BlockWidths) -> CostPoint { corrected(base.first(widths)) }

  package func point(_ shape: UniformShape) -> CostPoint { corrected(base.point(shape)) }

  package func request(shape: UniformShape) -> Expense { corrected(base.request(shape: shape)) }

  package func phases(shape: UniformShape) -> [RequestPhaseCost] {
    base.phases(shape: shape).map { RequestPhaseCost(phase: $0.phase, cost: corrected($0.cost)) }
  }

  private func corrected(_ point: CostPoint) -> CostPoint {
    CostPoint(time: point.time * correction.latency, energy: point.energy * correction.energy)
  }

  private func corrected(_ expense: Expense) -> Expense {
    Expense(
      time: corrected(expense.time, correction.latency),
      energy: corrected(expense.energy, correction.energy))
  }

  private func corrected<Q: Quantity>(_ figure: Figure<Q>, _ factor: Double) -> Figure<Q> {
    guard figure.value != nil else { return figure }
    // Not the original's own measurement any more, where it was one.
    return figure.map { $0 * factor }.relabelled(
      .modelled, source: "\(figure.source); corrected by a measurement of the execution")
  }
}
