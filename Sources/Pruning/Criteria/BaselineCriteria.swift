package import Artifacts
package import Transformers

/// |w|: the classic baseline that looks at no data (Han et al., arXiv 1506.02626).
package final class MagnitudeCriterion: ImportanceCriterion {
  package static let name = "magnitude"
  package let needsGradients = false

  package init(parameterCount: Int, generator: SeededGenerator) {}

  package func add(gradients: UnsafePointer<Float>, of model: Parameters) {}

  package func scores(of model: Parameters) -> [Float] {
    (0..<model.count).map { abs(model.pointer[$0]) }
  }
}

/// A seeded uniform number per weight: the baseline that every criterion must beat.
package final class RandomCriterion: ImportanceCriterion {
  package static let name = "random"
  package let needsGradients = false
  private var generator: SeededGenerator

  package init(parameterCount: Int, generator: SeededGenerator) {
    self.generator = generator
  }

  package func add(gradients: UnsafePointer<Float>, of model: Parameters) {}

  package func scores(of model: Parameters) -> [Float] {
    (0..<model.count).map { _ in Float(generator.uniform()) }
  }
}
