import Artifacts
import Foundation
import Kernels
import Testing

@Suite struct ActivationsTests {
  static func reference(_ kind: ActivationKernel, _ x: Double) -> Double {
    switch kind {
    case .relu: max(x, 0)
    case .gelu: 0.5 * x * erfc(-x / 2.0.squareRoot())
    }
  }

  @Test(arguments: [ActivationKernel.relu, .gelu])
  func forwardMatchesDoublePrecision(_ kind: ActivationKernel) {
    var generator = SeededGenerator(seed: 20)
    for _ in 0..<200 {
      let x = Guarded(random: awkwardSize(&generator, upTo: 400), &generator, scale: 4)
      let y = Guarded(count: x.count)
      activationForward(kind, x: x.constant, y: y.pointer, count: x.count)
      #expect(deviation(y.values, from: x.values.map { Self.reference(kind, $0) }) < 3e-7)
      #expect(y.intact)
      activationForward(kind, x: x.constant, y: x.pointer, count: x.count)
      #expect(x.bits == y.bits, "in place")
    }
  }

  /// A sweep through both tails, where the fit hands over to the limit.
  @Test func geluIsAccurateEverywhere() {
    let x = Guarded((-20_000...20_000).map { Double($0) / 1000 } + [-1e4, 1e4])
    let y = Guarded(count: x.count)
    activationForward(.gelu, x: x.constant, y: y.pointer, count: x.count)
    let expected = x.values.map { Self.reference(.gelu, $0) }
    #expect(deviation(y.values, from: expected) < 2e-7)
    // Relative accuracy of the left tail, where a form 1 + erf would cancel.
    for (value, reference) in zip(y.values, expected) where reference < -1e-4 {
      #expect(abs(value / reference - 1) < 5e-5)
    }
  }

  @Test(arguments: [ActivationKernel.relu, .gelu])
  func backwardMatchesCentralDifferences(_ kind: ActivationKernel) {
    var generator = SeededGenerator(seed: 21)
    for _ in 0..<200 {
      let x = Guarded(random: awkwardSize(&generator, upTo: 400), &generator, scale: 3)
      let gradient = Guarded(random: x.count, &generator)
      let above = gradient.values
      activationBackward(kind, x: x.constant, gradient: gradient.pointer, count: x.count)
      let expected = x.values.indices.map { i in
        above[i] * centralDifference(x.values[i...i].map { $0 }, 0) { Self.reference(kind, $0[0]) }
      }
      #expect(deviation(gradient.values, from: expected) < 2e-6)
      #expect(gradient.intact)
    }
  }
}
