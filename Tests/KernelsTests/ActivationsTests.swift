import Artifacts
import Foundation
import Kernels
import Testing

@Suite struct ActivationsTests {
  static func reference(_ kind: ActivationKernel, _ x: Double) -> Double {
    switch kind {
    case .relu: max(x, 0)
    case .gelu: 0.5 * x * erfc(-x / 2.0.squareRoot())
    case .geluTanh:
      0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .silu: x / (1 + exp(-x))
    }
  }

  @Test(arguments: [ActivationKernel.relu, .gelu, .geluTanh, .silu])
  func forwardMatchesDoublePrecision(_ kind: ActivationKernel) {
    var generator = SeededGenerator(seed: 20)
    for _ in 0..<200 {
      let x = Guarded(random: awkwardSize(&generator, upTo: 400), &generator, scale: 4)
      let y = Guarded(count: x.count)
      activationForward(kind, x: x.constant, y: y.pointer, count: x.count)
      #expect(deviation(y.values, from: x.values.map { Self.reference(kind, $0) }) < 5e-7)
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

  @Test(arguments: [ActivationKernel.relu, .gelu, .geluTanh, .silu])
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

  /// f(gate) ⊙ value, forward and backward, by the definition and by central differences.
  @Test(arguments: [ActivationKernel.silu, .geluTanh])
  func gatesMatchTheirDefinition(_ kind: ActivationKernel) {
    var generator = SeededGenerator(seed: 22)
    for _ in 0..<60 {
      let rows = 1 + generator.integer(below: 5)
      let width = awkwardSize(&generator, upTo: 90)
      let x = Guarded(random: rows * 2 * width, &generator, scale: 2)
      let y = Guarded(count: rows * width)
      gatedForward(kind, x: x.constant, y: y.pointer, rows: rows, width: width)
      func gated(_ gate: Double, _ value: Double) -> Double { Self.reference(kind, gate) * value }
      func place(_ i: Int) -> (gate: Int, value: Int) {
        let gate = i / width * 2 * width + i % width
        return (gate, gate + width)
      }
      let expected = (0..<(rows * width)).map {
        gated(x.values[place($0).0], x.values[place($0).1])
      }
      #expect(deviation(y.values, from: expected) < 2e-6)
      #expect(y.intact)

      let above = Guarded(random: rows * width, &generator)
      let gradient = Guarded(count: x.count)
      gatedBackward(
        kind, x: x.constant, gradientY: above.constant, gradientX: gradient.pointer, rows: rows,
        width: width)
      var slopes = [Double](repeating: 0, count: x.count)
      for i in 0..<(rows * width) {
        let (gate, value) = place(i)
        let pair = [x.values[gate], x.values[value]]
        slopes[gate] = above.values[i] * centralDifference(pair, 0) { gated($0[0], $0[1]) }
        slopes[value] = above.values[i] * centralDifference(pair, 1) { gated($0[0], $0[1]) }
      }
      #expect(deviation(gradient.values, from: slopes) < 5e-6)
      #expect(gradient.intact)
    }
  }
}
