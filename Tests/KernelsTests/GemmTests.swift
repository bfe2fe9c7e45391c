import Artifacts
import Kernels
import Testing

@Suite struct GemmTests {
  enum Way { case gemm, packed, openBLAS }

  /// The product in double precision, and everything around C's columns left as it was.
  static func expectProduct(
    _ generator: inout SeededGenerator, m: Int, n: Int, k: Int, transposeA: Bool,
    transposeB: Bool, accumulate: Bool, by way: Way = .gemm
  ) {
    let lda = (transposeA ? m : k) + generator.integer(below: 5)
    let ldb = (transposeB ? k : n) + generator.integer(below: 5)
    let ldc = n + generator.integer(below: 5)
    let a = Guarded(random: (transposeA ? k : m) * lda, &generator)
    let b = Guarded(random: (transposeB ? n : k) * ldb, &generator)
    let c = Guarded(random: m * ldc, &generator)
    var expected = c.values
    for i in 0..<m {
      for j in 0..<n {
        var sum = accumulate ? expected[i * ldc + j] : 0
        for p in 0..<k {
          let left = a.pointer[transposeA ? p * lda + i : i * lda + p]
          let right = b.pointer[transposeB ? j * ldb + p : p * ldb + j]
          sum += Double(left) * Double(right)
        }
        expected[i * ldc + j] = sum
      }
    }
    switch way {
    case .packed:
      let weights = PackedMatrix(weights: b.constant, rows: n, columns: k, stride: ldb)
      weights.multiply(
        m: m, x: a.constant, ldx: lda, y: c.pointer, ldy: ldc, accumulate: accumulate)
    case .gemm:
      gemm(
        m: m, n: n, k: k, a: a.constant, lda: lda, transposeA: transposeA, b: b.constant,
        ldb: ldb, transposeB: transposeB, c: c.pointer, ldc: ldc, accumulate: accumulate)
    case .openBLAS:
      openBLASGemm(
        m: m, n: n, k: k, a: a.constant, lda: lda, transposeA: transposeA, b: b.constant,
        ldb: ldb, transposeB: transposeB, c: c.pointer, ldc: ldc, accumulate: accumulate)
    }
    let error = deviation(c.values, from: expected)
    #expect(
      error < 2e-6 * Double(k).squareRoot() + 1e-6 && c.intact,
      "m \(m) n \(n) k \(k), transposed \(transposeA) \(transposeB), \(way): \(error)")
  }

  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
  func matchesDoublePrecision(_ transposeA: Bool, _ transposeB: Bool) {
    var generator = SeededGenerator(seed: 1, stream: "gemm \(transposeA) \(transposeB)")
    for round in 0..<200 {
      Self.expectProduct(
        &generator, m: awkwardSize(&generator, upTo: 120), n: awkwardSize(&generator, upTo: 120),
        k: awkwardSize(&generator, upTo: 200), transposeA: transposeA, transposeB: transposeB,
        accumulate: round % 2 == 0)
    }
    // The fallback of other CPUs, which `gemm` does not take here.
    for round in 0..<50 {
      Self.expectProduct(
        &generator, m: awkwardSize(&generator, upTo: 40), n: awkwardSize(&generator, upTo: 40),
        k: awkwardSize(&generator, upTo: 90), transposeA: transposeA, transposeB: transposeB,
        accumulate: round % 2 == 0, by: .openBLAS)
    }
  }

  /// Sizes past every blocking limit of the packed product.
  @Test(arguments: [(301, 70, 1100), (30, 1100, 515), (700, 33, 300), (1, 700, 900), (5, 1, 2100)])
  func largeProductsMatchDoublePrecision(_ m: Int, _ n: Int, _ k: Int) {
    var generator = SeededGenerator(seed: 2, stream: "large \(m) \(n) \(k)")
    for choice in 0..<4 {
      Self.expectProduct(
        &generator, m: m, n: n, k: k, transposeA: choice & 1 != 0, transposeB: choice & 2 != 0,
        accumulate: choice == 1 || choice == 2)
    }
    Self.expectProduct(
      &generator, m: m, n: n, k: k, transposeA: false, transposeB: true, accumulate: true,
      by: .packed)
  }

  @Test func packedWeightsMatchDoublePrecision() {
    var generator = SeededGenerator(seed: 3)
    for round in 0..<200 {
      Self.expectProduct(
        &generator, m: awkwardSize(&generator, upTo: 70), n: awkwardSize(&generator, upTo: 130),
        k: awkwardSize(&generator, upTo: 200), transposeA: false, transposeB: true,
        accumulate: round % 2 == 0, by: .packed)
    }
  }

  @Test func emptyDepthClearsOrKeeps() {
    let a = Guarded(count: 4)
    let c = Guarded([1, 2, 3, 4])
    gemm(
      m: 2, n: 2, k: 0, a: a.constant, lda: 0, b: a.constant, ldb: 2, c: c.pointer, ldc: 2,
      accumulate: true)
    #expect(c.values == [1, 2, 3, 4])
    gemm(m: 2, n: 1, k: 0, a: a.constant, lda: 0, b: a.constant, ldb: 2, c: c.pointer, ldc: 2)
    #expect(c.values == [0, 2, 0, 4] && c.intact)
  }

  @Test func overwritesWhatIsNotANumber() {
    let ones = Guarded([1, 1, 1, 1])
    let c = Guarded([.nan, .nan, .nan, .nan])
    gemm(m: 2, n: 2, k: 2, a: ones.constant, lda: 2, b: ones.constant, ldb: 2, c: c.pointer, ldc: 2)
    #expect(c.values == [2, 2, 2, 2])
  }

  @Test func sameInputGivesSameBytes() {
    var generator = SeededGenerator(seed: 4)
    let a = Guarded(random: 45 * 77, &generator)
    let b = Guarded(random: 77 * 50, &generator)
    let runs = (0..<3).map { _ in
      let c = Guarded(count: 45 * 50)
      gemm(
        m: 45, n: 50, k: 77, a: a.constant, lda: 77, b: b.constant, ldb: 50, c: c.pointer,
        ldc: 50)
      return c.bits
    }
    #expect(runs[0] == runs[1] && runs[1] == runs[2])
  }
}
