import Foundation
package import Kernels
package import Transformers

/// AdamW over a range of a model's parameters, with the batch split among worker threads.
///
/// Every worker computes the gradients of its share in a buffer of its own; the buffers are then
/// added in worker order, slice by slice, so that the sum does not depend on scheduling: same seed,
/// same worker count, same bytes. Sendable because one step runs at a time.
package final class DataParallelOptimizer: @unchecked Sendable {
  package let parameters: Floats
  package let range: Range<Int>
  package let workers: Int
  private let gradients: [AlignedBuffer]
  private let arenas: [Arena]
  private let firstMoments: AlignedBuffer
  private let secondMoments: AlignedBuffer
  private var steps = 0
  package var weightDecay: Float
  package var beta1: Float = 0.9
  package var beta2: Float = 0.98
  package var epsilon: Float = 1e-8
  /// Gradients are scaled so that their Euclidean norm is at most this.
  package var maximumGradientNorm: Float = 1
  /// Updates so far.
  package var stepCount: Int { steps }

  /// Trains `range` of `count` parameters at `parameters`, which the caller keeps alive.
  package init(
    parameters: Floats, count: Int, range: Range<Int>, workers: Int, weightDecay: Float
  ) {
    self.parameters = parameters
    self.range = range
    self.workers = workers
    self.weightDecay = weightDecay
    gradients = (0..<workers).map { _ in AlignedBuffer(count: count) }
    arenas = (0..<workers).map { _ in Arena() }
    firstMoments = AlignedBuffer(count: range.count)
    secondMoments = AlignedBuffer(count: range.count)
  }

  /// The gradient buffers of all parameters, one per worker; after `accumulate` the first holds the sum.
  package var gradientSum: Floats { gradients[0].pointer }

  /// Runs `body(worker, gradients, arena)` on every worker with zeroed gradients, adds the gradients
  /// up in the first buffer, and returns the sum of the bodies' results and of the squared gradients.
  package func accumulate(_ body: @Sendable (Int, Floats, Arena) -> Double)
    -> (result: Double, squaredNorm: Double)
  {
    let results = parallel(workers: workers) { worker in
      let gradient = self.gradients[worker].pointer
      (gradient + self.range.lowerBound).update(repeating: 0, count: self.range.count)
      self.arenas[worker].reset()
      return body(worker, gradient, self.arenas[worker])
    }
    return (results.reduce(0, +), reduce())
  }

  /// Adds the workers' gradients up in the first buffer and returns the sum of their squares.
  package func reduce() -> Double {
    let squares = parallel(workers: workers) { worker in
      let slice = share(of: self.range.count, worker: worker, of: self.workers)
      let start = self.range.lowerBound + slice.lowerBound
      for other in 1..<max(1, self.workers) {
        add(
          self.gradients[other].pointer + start, to: self.gradients[0].pointer + start,
          count: slice.count)
      }
      return sumOfSquares(self.gradients[0].pointer + start, count: slice.count)
    }
    return squares.reduce(0, +)
  }

  /// Zeroes all workers' gradients, for a caller that fills them itself.
  package func zero() {
    for gradient in gradients {
      (gradient.pointer + range.lowerBound).update(repeating: 0, count: range.count)
    }
  }

  /// The gradient buffer of one worker.
  package func gradient(of worker: Int) -> Floats { gradients[worker].pointer }

  /// What a resumed run must restore, by name: parameters and both moments.
  package func state(prefix: String) -> [(name: String, pointer: Floats, count: Int)] {
    [
      (prefix + "parameters", parameters + range.lowerBound, range.count),
      (prefix + "first_moments", firstMoments.pointer, range.count),
      (prefix + "second_moments", secondMoments.pointer, range.count),
    ]
  }

  /// Continues after `step` updates whose state has been restored.
  package func resume(at step: Int) { steps = step }

  /// One update with the accumulated gradients.
  package func update(learningRate: Double, squaredNorm: Double) {
    steps += 1
    let norm = Float(squaredNorm.squareRoot())
    let scale = norm > maximumGradientNorm ? maximumGradientNorm / norm : 1
    let step = AdamWStep(
      learningRate: Float(learningRate), beta1: beta1, beta2: beta2, epsilon: epsilon,
      weightDecay: weightDecay, correction1: 1 - pow(beta1, Float(steps)),
      correction2: 1 - pow(beta2, Float(steps)), gradientScale: scale)
    _ = parallel(workers: workers) { worker in
      let slice = share(of: self.range.count, worker: worker, of: self.workers)
      let start = self.range.lowerBound + slice.lowerBound
      adamW(
        step, parameters: self.parameters + start,
        gradients: self.gradients[0].pointer + start,
        firstMoments: self.firstMoments.pointer + slice.lowerBound,
        secondMoments: self.secondMoments.pointer + slice.lowerBound, count: slice.count)
      return 0
    }
  }
}
