import Artifacts
import Foundation
import Kernels
import Testing

@Suite struct RMSNormTests {
  private static let epsilon: Float = 1e-5

  static func reference(_ x: [Double], _ gain: [Double]) -> [Double] {
    let square = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
    let reciprocal = 1 / (square + Double(epsilon)).squareRoot()
    return x.indices.map { x[$0] * reciprocal * gain[$0] }
  }

  @Test func forwardAndBackwardMatchTheDefinition() {
    var generator = SeededGenerator(seed: 12)
    for _ in 0..<200 {
      let rows = 1 + generator.integer(below: 5)
      let width = awkwardSize(&generator, upTo: 120)
      let x = Guarded(random: rows * width, &generator, scale: 2)
      let gain = Guarded(random: width, &generator)
      let y = Guarded(count: rows * width)
      let reciprocal = Guarded(count: rows)
      rmsNormForward(
        x: x.constant, gain: gain.constant, epsilon: Self.epsilon, y: y.pointer,
        reciprocal: reciprocal.pointer, rows: rows, width: width)
      func all(_ x: [Double], _ gain: [Double]) -> [Double] {
        (0..<rows).flatMap { Self.reference(Array(x[$0 * width..<($0 + 1) * width]), gain) }
      }
      #expect(deviation(y.values, from: all(x.values, gain.values)) < 3e-6, "width \(width)")
      #expect(y.intact && reciprocal.intact)

      let above = Guarded(random: rows * width, &generator)
      let gradientX = Guarded(random: rows * width, &generator)
      let gradientGain = Guarded(random: width, &generator)
      let before = (gradientX.values, gradientGain.values)
      rmsNormBackward(
        x: x.constant, gain: gain.constant, reciprocal: reciprocal.constant,
        gradientY: above.constant, gradientX: gradientX.pointer,
        gradientGain: gradientGain.pointer, rows: rows, width: width)
      func loss(_ x: [Double], _ gain: [Double]) -> Double {
        zip(all(x, gain), above.values).reduce(0) { $0 + $1.0 * $1.1 }
      }
      for _ in 0..<4 {
        let i = generator.integer(below: rows * width)
        let measured = [
          gradientX.values[i] - before.0[i], gradientGain.values[i % width] - before.1[i % width],
        ]
        let expected = [
          centralDifference(x.values, i) { loss($0, gain.values) },
          centralDifference(gain.values, i % width) { loss(x.values, $0) },
        ]
        #expect(deviation(measured, from: expected) < 2e-4, "\(rows) × \(width)")
      }
      #expect(gradientX.intact && gradientGain.intact)
    }
  }
}
