import Artifacts
import Foundation
import Kernels
import Testing

@Suite struct NormsTests {
  private static let epsilon: Float = 1e-5

  /// One row, in double precision.
  static func reference(
    _ x: [Double], _ gain: [Double], _ bias: [Double]
  ) -> (y: [Double], mean: Double, reciprocal: Double) {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let reciprocal = 1 / (variance + Double(epsilon)).squareRoot()
    let y = x.indices.map { (x[$0] - mean) * reciprocal * gain[$0] + bias[$0] }
    return (y, mean, reciprocal)
  }

  @Test func forwardMatchesDoublePrecision() {
    var generator = SeededGenerator(seed: 10)
    for _ in 0..<250 {
      let rows = 1 + generator.integer(below: 9)
      let width = awkwardSize(&generator, upTo: 300)
      let x = Guarded(random: rows * width, &generator, scale: 3)
      let gain = Guarded(random: width, &generator)
      let bias = Guarded(random: width, &generator)
      let y = Guarded(count: rows * width)
      let mean = Guarded(count: rows)
      let reciprocal = Guarded(count: rows)
      layerNormForward(
        x: x.constant, gain: gain.constant, bias: bias.constant, epsilon: Self.epsilon,
        y: y.pointer, mean: mean.pointer, reciprocalDeviation: reciprocal.pointer, rows: rows,
        width: width)
      let expected = (0..<rows).map {
        Self.reference(Array(x.values[$0 * width..<($0 + 1) * width]), gain.values, bias.values)
      }
      // A single column has variance 0: its deviation magnifies the rounding of the mean.
      let tolerance = width < 3 ? 1e-3 : 1e-5
      #expect(deviation(y.values, from: expected.flatMap(\.y)) < tolerance, "width \(width)")
      #expect(deviation(mean.values, from: expected.map(\.mean)) < 1e-5)
      #expect(deviation(reciprocal.values, from: expected.map(\.reciprocal)) < tolerance)
      #expect(y.intact && mean.intact && reciprocal.intact)
    }
  }

  @Test func backwardMatchesCentralDifferences() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<200 {
      let rows = 1 + generator.integer(below: 4)
      let width = 2 + awkwardSize(&generator, upTo: 100)
      let x = Guarded(random: rows * width, &generator)
      let gain = Guarded(random: width, &generator)
      let bias = Guarded(random: width, &generator)
      let above = Guarded(random: rows * width, &generator)
      let scratch = Guarded(count: rows * width)
      let mean = Guarded(count: rows)
      let reciprocal = Guarded(count: rows)
      let gradientX = Guarded(random: rows * width, &generator)
      let gradientGain = Guarded(random: width, &generator)
      let gradientBias = Guarded(random: width, &generator)
      let before = (gradientX.values, gradientGain.values, gradientBias.values)
      layerNormForward(
        x: x.constant, gain: gain.constant, bias: bias.constant, epsilon: Self.epsilon,
        y: scratch.pointer, mean: mean.pointer, reciprocalDeviation: reciprocal.pointer,
        rows: rows, width: width)
      layerNormBackward(
        x: x.constant, gain: gain.constant, mean: mean.constant,
        reciprocalDeviation: reciprocal.constant, gradientY: above.constant,
        gradientX: gradientX.pointer, gradientGain: gradientGain.pointer,
        gradientBias: gradientBias.pointer, rows: rows, width: width)

      func loss(_ x: [Double], _ gain: [Double], _ bias: [Double]) -> Double {
        let y = (0..<rows).flatMap {
          Self.reference(Array(x[$0 * width..<($0 + 1) * width]), gain, bias).y
        }
        return zip(y, above.values).reduce(0) { $0 + $1.0 * $1.1 }
      }
      for _ in 0..<4 {
        let i = generator.integer(below: rows * width)
        let column = i % width
        let measured = [
          gradientX.values[i] - before.0[i], gradientGain.values[column] - before.1[column],
          gradientBias.values[column] - before.2[column],
        ]
        let expected = [
          centralDifference(x.values, i) { loss($0, gain.values, bias.values) },
          centralDifference(gain.values, column) { loss(x.values, $0, bias.values) },
          centralDifference(bias.values, column) { loss(x.values, gain.values, $0) },
        ]
        #expect(deviation(measured, from: expected) < 2e-4, "\(rows) × \(width)")
      }
      #expect(gradientX.intact && gradientGain.intact && gradientBias.intact)
    }
  }
}
