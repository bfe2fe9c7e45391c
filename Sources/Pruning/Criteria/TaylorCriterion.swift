package import Artifacts
import Kernels
package import Transformers

/// First-order Taylor importance, equation 1 of the paper: |L(N) − L(N with w = 0)| ≈ |w · ∂L/∂w|.
///
/// The result depends on where the absolute value is taken: here |w · Σ over one mini-batch of
/// ∂L/∂w|, summed over mini-batches. The mini-batch size is recorded in the plan.
package final class TaylorCriterion: ImportanceCriterion {
  package static let name = "taylor"
  package let needsGradients = true
  private let sums: AlignedBuffer

  package init(parameterCount: Int, generator: SeededGenerator) {
    sums = AlignedBuffer(count: parameterCount)
  }

  package func add(gradients: UnsafePointer<Float>, of model: Parameters) {
    let range = model.layout.languageRange
    accumulateTaylor(
      weights: model.pointer + range.lowerBound, gradients: gradients + range.lowerBound,
      into: sums.pointer + range.lowerBound, count: range.count)
  }

  package func scores(of model: Parameters) -> [Float] {
    Array(UnsafeBufferPointer(start: sums.pointer, count: sums.count))
  }
}
