import Artifacts
import Foundation
import Kernels
import Testing

@Suite struct AdamWTests {
  /// The recurrences as published, in double precision, over several steps.
  @Test func matchesThePublishedRecurrences() {
    var generator = SeededGenerator(seed: 50)
    for _ in 0..<200 {
      let count = awkwardSize(&generator, upTo: 300)
      let rate = 1e-3
      let beta1 = 0.9
      let beta2 = 0.98
      let epsilon = 1e-8
      let decay = 0.1
      let clip = 0.7
      let parameters = Guarded(random: count, &generator)
      let first = Guarded(count: count)
      let second = Guarded(count: count)
      var theta = parameters.values
      var m = [Double](repeating: 0, count: count)
      var v = m
      for t in 1...5 {
        let gradient = Guarded(random: count, &generator, scale: 0.1)
        let correction1 = 1 - pow(beta1, Double(t))
        let correction2 = 1 - pow(beta2, Double(t))
        for (i, raw) in gradient.values.enumerated() {
          let g = raw * clip
          m[i] = beta1 * m[i] + (1 - beta1) * g
          v[i] = beta2 * v[i] + (1 - beta2) * g * g
          theta[i] -= rate * decay * theta[i]
          theta[i] -= rate * (m[i] / correction1) / ((v[i] / correction2).squareRoot() + epsilon)
        }
        adamW(
          AdamWStep(
            learningRate: Float(rate), beta1: Float(beta1), beta2: Float(beta2),
            epsilon: Float(epsilon), weightDecay: Float(decay), correction1: Float(correction1),
            correction2: Float(correction2), gradientScale: Float(clip)),
          parameters: parameters.pointer, gradients: gradient.constant,
          firstMoments: first.pointer, secondMoments: second.pointer, count: count)
      }
      #expect(deviation(parameters.values, from: theta) < 2e-6)
      #expect(deviation(first.values, from: m) < 1e-6 && deviation(second.values, from: v) < 1e-6)
      #expect(parameters.intact && first.intact && second.intact)
    }
  }
}
