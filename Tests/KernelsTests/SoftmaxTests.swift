import Artifacts
import Foundation
import Kernels
import Testing

@Suite struct SoftmaxTests {
  static func reference(_ x: [Double]) -> (p: [Double], logNormalizer: Double) {
    let largest = x.max() ?? 0
    let sum = x.reduce(0) { $0 + exp($1 - largest) }
    return (x.map { exp($0 - largest) / sum }, largest + log(sum))
  }

  @Test func rowsMatchDoublePrecision() {
    var generator = SeededGenerator(seed: 40)
    for round in 0..<250 {
      let rows = 1 + generator.integer(below: 8)
      let width = awkwardSize(&generator, upTo: 400)
      let x = Guarded(random: rows * width, &generator, scale: round % 3 == 0 ? 40 : 3)
      let p = Guarded(count: rows * width)
      let normalizers = Guarded(count: rows)
      softmaxRows(
        x.constant, into: p.pointer, logNormalizers: normalizers.pointer, rows: rows, width: width)
      let expected = (0..<rows).map {
        Self.reference(Array(x.values[$0 * width..<($0 + 1) * width]))
      }
      #expect(deviation(p.values, from: expected.flatMap(\.p)) < 1e-6)
      #expect(deviation(normalizers.values, from: expected.map(\.logNormalizer)) < 1e-6)
      #expect(p.intact && normalizers.intact)
      softmaxRows(x.constant, into: x.pointer, logNormalizers: nil, rows: rows, width: width)
      #expect(x.bits == p.bits, "in place")
    }
  }

  @Test func maskedScoresGetNoProbability() {
    let x = Guarded([0, -.infinity, -1e9, 0])
    softmaxRows(x.constant, into: x.pointer, logNormalizers: nil, rows: 1, width: 4)
    #expect(x.values == [0.5, 0, 0, 0.5])
  }

  @Test func crossEntropyMatchesDoublePrecisionAndDifferences() {
    var generator = SeededGenerator(seed: 41)
    for _ in 0..<200 {
      let rows = 1 + generator.integer(below: 6)
      let width = 1 + awkwardSize(&generator, upTo: 200)
      let logits = Guarded(random: rows * width, &generator, scale: 3)
      let targets = (0..<rows).map { _ in
        generator.uniform() < 0.3 ? Int32(-1) : Int32(generator.integer(below: width))
      }
      let gradient = Guarded(random: rows * width, &generator)
      let scale: Float = 0.37
      func loss(_ x: [Double]) -> Double {
        (0..<rows).reduce(0) { sum, r in
          guard targets[r] >= 0 else { return sum }
          let row = Array(x[r * width..<(r + 1) * width])
          return sum + Self.reference(row).logNormalizer - row[Int(targets[r])]
        }
      }
      let value = crossEntropy(
        logits: logits.constant, targets: targets, gradient: gradient.pointer, rows: rows,
        vocabulary: width, scale: scale)
      #expect(abs(value - loss(logits.values)) < 1e-5 * (1 + value))
      for _ in 0..<6 {
        let i = generator.integer(below: rows * width)
        let expected = Double(scale) * centralDifference(logits.values, i, loss)
        #expect(abs(Double(gradient.pointer[i]) - expected) < 2e-6)
      }
      for r in 0..<rows where targets[r] < 0 {
        #expect((0..<width).allSatisfy { gradient.pointer[r * width + $0] == 0 })
      }
      #expect(gradient.intact)
      let again = crossEntropy(
        logits: logits.constant, targets: targets, gradient: logits.pointer, rows: rows,
        vocabulary: width, scale: scale)
      #expect(again == value && logits.bits == gradient.bits, "in place")
    }
  }
}
