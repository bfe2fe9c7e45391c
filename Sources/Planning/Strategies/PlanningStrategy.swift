package import Artifacts
package import HardwareModels

/// Finds the final shape of a plan.
///
/// The problem: maximise `objective` over the shapes of `space`, subject to
/// latency(shape) ≤ `latencyLimit` and energy(shape) ≤ `energyLimit`; among equals, the lower
/// latency.
package protocol PlanningStrategy: Sendable {
  static var name: String { get }
  func search(_ problem: PlanningProblem) -> SearchResult
}

/// The known strategies; a new one is a file in this folder and a line here.
package enum Strategies {
  package static let all: [any PlanningStrategy] = [UniformEnumeration()]

  package static var names: [String] { all.map { type(of: $0).name } }

  package static func named(_ name: String) -> (any PlanningStrategy)? {
    all.first { type(of: $0).name == name }
  }
}

package struct PlanningProblem: Sendable {
  package var space: SearchSpace
  package var languageModel: LanguageModelShape
  package var cost: any CostModel
  package var latencyLimit: Seconds
  /// Of one request.
  package var energyLimit: Joules?
  package var objective: Objective

  package init(
    space: SearchSpace, languageModel: LanguageModelShape, cost: any CostModel,
    latencyLimit: Seconds, energyLimit: Joules?, objective: Objective
  ) {
    self.space = space
    self.languageModel = languageModel
    self.cost = cost
    self.latencyLimit = latencyLimit
    self.energyLimit = energyLimit
    self.objective = objective
  }

  /// What a search minimises: the forecast logit drop, or minus the parameters that stay.
  package func penalty(_ shape: UniformShape) -> Double {
    switch objective {
    case .accuracy(let forecast): forecast.drop(shape)
    case .leastCompression: -Double(languageModel.parameterCount(at: shape))
    }
  }

  package func isFeasible(_ point: CostPoint) -> Bool {
    point.time <= latencyLimit && point.energy <= (energyLimit ?? point.energy)
  }
}

package enum Objective: Sendable {
  /// The highest accuracy forecast.
  case accuracy(AccuracyForecast)
  /// The most parameters left: where no accuracy is known.
  case leastCompression
}

package struct SearchResult: Sendable {
  /// Nil where no shape meets the constraints.
  package var best: UniformShape?
  /// Best shape below each of several latencies, distinct, fastest first.
  package var frontier: [UniformShape]
  package var compared: Int
  /// True where `best` is the optimum of the whole space.
  package var provenOptimal: Bool
  /// Lowest latency and lowest energy of any shape, and lowest latency of those within the energy.
  package var smallestLatency: Seconds
  package var smallestEnergy: Joules
  package var smallestLatencyWithinEnergy: Seconds?
}
