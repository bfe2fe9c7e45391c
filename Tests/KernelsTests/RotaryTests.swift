import Artifacts
import Foundation
import Kernels
import Testing

@Suite struct RotaryTests {
  /// Pair (i, i + pairs) turns by position · frequency, dimension by dimension.
  @Test func turnsPairsByTheirAngles() {
    var generator = SeededGenerator(seed: 14)
    for _ in 0..<100 {
      let pairs = awkwardSize(&generator, upTo: 40)
      let (heads, rows) = (1 + generator.integer(below: 4), 1 + generator.integer(below: 6))
      let stride = heads * 2 * pairs + generator.integer(below: 5)
      let positions = (0..<rows).map { _ in Int32(generator.integer(below: 60)) }
      let frequencies = (0..<pairs).map { Float(pow(10_000, -Double($0) / Double(pairs))) }
      let scale: Float = 1.25
      let table = Guarded(count: rows * 2 * pairs)
      rotaryTable(
        positions: positions, frequencies: frequencies, scale: scale, into: table.pointer)
      let x = Guarded(random: rows * stride, &generator)
      let before = x.values
      rotate(
        x.pointer, stride: stride, table: table.constant, rows: rows, heads: heads,
        headSize: 2 * pairs, pairs: pairs)
      var expected = before
      for row in 0..<rows {
        for head in 0..<heads {
          for i in 0..<pairs {
            let first = row * stride + head * 2 * pairs + i
            let angle = Double(positions[row]) * Double(frequencies[i])
            let (a, b) = (before[first], before[first + pairs])
            expected[first] = Double(scale) * (a * cos(angle) - b * sin(angle))
            expected[first + pairs] = Double(scale) * (b * cos(angle) + a * sin(angle))
          }
        }
      }
      #expect(deviation(x.values, from: expected) < 1e-5)
      #expect(x.intact && table.intact)
    }
  }

  /// The inverse turn is the transpose, hence the gradient: ⟨R x, y⟩ = ⟨x, Rᵀ y⟩.
  @Test func inverseIsTheGradient() {
    var generator = SeededGenerator(seed: 15)
    let (rows, heads, pairs) = (5, 3, 11)
    let width = heads * 2 * pairs
    let table = Guarded(count: rows * 2 * pairs)
    rotaryTable(
      positions: (0..<Int32(rows)).map { $0 * 3 },
      frequencies: (0..<pairs).map { 1 / Float($0 + 1) }, scale: 0.5, into: table.pointer)
    let x = Guarded(random: rows * width, &generator)
    let y = Guarded(random: rows * width, &generator)
    let (x0, y0) = (x.values, y.values)
    for (buffer, inverse) in [(x, false), (y, true)] {
      rotate(
        buffer.pointer, stride: width, table: table.constant, rows: rows, heads: heads,
        headSize: 2 * pairs, pairs: pairs, inverse: inverse)
    }
    let forward = zip(x.values, y0).reduce(0) { $0 + $1.0 * $1.1 }
    let backward = zip(x0, y.values).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(forward - backward) < 1e-4)
  }
}
