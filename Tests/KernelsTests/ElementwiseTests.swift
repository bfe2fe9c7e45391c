import Artifacts
import Kernels
import Testing

@Suite struct ElementwiseTests {
  @Test func rowKernelsTouchOnlyTheirColumns() {
    var generator = SeededGenerator(seed: 30)
    for _ in 0..<200 {
      let rows = 1 + generator.integer(below: 12)
      let width = awkwardSize(&generator, upTo: 150)
      let stride = width + generator.integer(below: 4)
      let y = Guarded(random: rows * stride, &generator)
      let row = Guarded(random: width, &generator)
      let sums = Guarded(random: width, &generator)

      var expectedSums = sums.values
      var added = y.values
      for r in 0..<rows {
        for i in 0..<width {
          expectedSums[i] += y.values[r * stride + i]
          added[r * stride + i] += row.values[i]
        }
      }
      columnSums(of: y.constant, addingTo: sums.pointer, rows: rows, width: width, stride: stride)
      addRows(y.pointer, row.constant, rows: rows, width: width, stride: stride)
      #expect(deviation(sums.values, from: expectedSums) < 1e-5 && sums.intact)
      #expect(deviation(y.values, from: added) < 1e-6 && y.intact)

      let before = y.bits
      fillRows(y.pointer, with: row.constant, rows: rows, width: width, stride: stride)
      let expected = before.indices.map {
        $0 % stride < width ? row.bits[$0 % stride] : before[$0]
      }
      #expect(y.bits == expected && y.intact)
    }
  }

  @Test func vectorKernelsMatchDoublePrecision() {
    var generator = SeededGenerator(seed: 31)
    for _ in 0..<200 {
      let count = awkwardSize(&generator, upTo: 1000)
      let x = Guarded(random: count, &generator)
      let y = Guarded(random: count, &generator)
      let scores = Guarded(random: count, &generator)
      let (a, b, s) = (x.values, y.values, scores.values)

      #expect(abs(sumOfSquares(x.constant, count: count) - a.reduce(0) { $0 + $1 * $1 }) < 1e-9)
      let expectedDot = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(dot(x.constant, y.constant, count: count) - expectedDot) < 1e-9)
      accumulateTaylor(
        weights: x.constant, gradients: y.constant, into: scores.pointer, count: count)
      let expected = a.indices.map { s[$0] + abs(a[$0] * b[$0]) }
      #expect(deviation(scores.values, from: expected) < 1e-6 && scores.intact)
      add(x.constant, to: y.pointer, count: count)
      #expect(deviation(y.values, from: zip(a, b).map { $0 + $1 }) < 1e-6 && y.intact)
      scale(y.pointer, by: -0.5, count: count)
      #expect(deviation(y.values, from: zip(a, b).map { -0.5 * ($0 + $1) }) < 1e-6 && y.intact)
    }
  }

  @Test func maximumIsTheFirstAmongEquals() {
    var generator = SeededGenerator(seed: 32)
    for _ in 0..<200 {
      let count = awkwardSize(&generator, upTo: 300)
      let x = Guarded((0..<count).map { _ in Double(generator.integer(below: 20)) - 30 })
      let largest = x.values.max() ?? 0
      #expect(indexOfMaximum(x.constant, count: count) == x.values.firstIndex(of: largest))
    }
  }

  @Test func alignedBuffersStartAtZeroOnACacheLine() {
    for count in [0, 1, 63, 1000] {
      let buffer = AlignedBuffer(count: count)
      #expect(UInt(bitPattern: buffer.pointer) % 64 == 0 && buffer.count == count)
      #expect((0..<count).allSatisfy { buffer.pointer[$0] == 0 })
    }
  }
}
