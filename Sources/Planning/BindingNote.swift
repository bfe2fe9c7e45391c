import Artifacts
import HardwareModels

/// Which limit decides the final shape, and where none does, why it is the best.
struct BindingNote {
  let problem: PlanningProblem
  let final: UniformShape
  /// The optimum under the latency limit alone; nil where no energy limit was given.
  let withoutEnergyLimit: UniformShape?

  /// Nil where there is nothing to say: only a latency limit, and it is used.
  var sentence: String? {
    let point = problem.cost.point(final)
    let latency = point.time / problem.latencyLimit
    guard let limit = problem.energyLimit, limit.value > 0 else {
      guard latency < PlanningConstants.bindingShare, final != problem.space.original else {
        return nil
      }
      return "No limit binds: the plan uses \(percent(latency)) of the latency limit, and of the "
        + "shapes within it \(noneIsBetter)."
    }
    let energy = point.energy / limit
    let usage =
      "the plan uses \(percent(latency)) of the latency limit and \(percent(energy)) of the energy "
      + "limit"
    let usesLatency = latency >= PlanningConstants.bindingShare
    let usesEnergy = energy >= PlanningConstants.bindingShare
    guard let other = withoutEnergyLimit, other != final else {
      return usesLatency
        ? "Annual energy does not bind, latency implies it: \(usage)."
        : usesEnergy
          ? "Annual energy does not bind, without its limit the shape is the same: \(usage)."
          : "No limit binds: \(usage), and of the shapes within both \(noneIsBetter)."
    }
    if usesEnergy {
      return "Annual energy binds, latency alone would allow more (\(other)): \(usage)."
    }
    let beyond = percent(problem.cost.point(other).energy / limit)
    let next = "the next better one (\(other)) would use \(beyond) of the energy limit"
    return usesLatency
      ? "Latency binds among the shapes within the energy limit: \(usage); \(next)."
      : "No limit binds: \(usage), and of the shapes within both \(noneIsBetter); \(next)."
  }

  private var noneIsBetter: String {
    switch problem.objective {
    case .accuracy: "the forecast of accuracy sees none that is better"
    case .leastCompression: "none keeps more parameters"
    }
  }

  private func percent(_ share: Double) -> String { "\(rounded(share * 100)) %" }
}
