package import Artifacts
package import Transformers

/// Scores every weight of a model; structures are then ranked by the sum over their weights.
///
/// Add a criterion: one file here, one line in `importanceCriteria`, one test.
package protocol ImportanceCriterion: AnyObject, SendableMetatype {
  /// Name in plans and on the command line.
  static var name: String { get }

  /// Scores a model with `parameterCount` weights.
  init(parameterCount: Int, generator: SeededGenerator)

  /// Whether `add` must be called with the gradients of every mini-batch of the pruning set.
  var needsGradients: Bool { get }

  /// Takes in one mini-batch: the gradients of its mean loss, in the layout of the parameters.
  func add(gradients: UnsafePointer<Float>, of model: Parameters)

  /// One score per weight, never negative; a higher one is worth keeping.
  func scores(of model: Parameters) -> [Float]
}

/// All criteria, the default first.
package let importanceCriteria: [any ImportanceCriterion.Type] = [
  TaylorCriterion.self, MagnitudeCriterion.self, RandomCriterion.self,
]
