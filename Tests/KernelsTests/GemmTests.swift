import Artifacts
import Kernels
import Testing

@Suite struct GemmTests {
  /// Every path of this CPU, by a plain product and with packed weights.
  static let ways: [(path: GemmPath, packed: Bool)] = GemmPath.allCases.filter(\.isSupported)
    .flatMap { [($0, false), ($0, true)] }

  /// The product in double precision, of operands as the path's format rounds them, and everything
  /// around C's columns left as it was. A packed product has no transposed A.
  static func expectProduct(
    _ generator: inout SeededGenerator, m: Int, n: Int, k: Int, transposeA: Bool,
    transposeB: Bool, accumulate: Bool, path: GemmPath = .fastest(.f32), packed: Bool = false
  ) {
    let lda = (transposeA ? m : k) + generator.integer(below: 5)
    let ldb = (transposeB ? k : n) + generator.integer(below: 5)
    let ldc = n + generator.integer(below: 5)
    let a = Guarded(random: (transposeA ? k : m) * lda, &generator)
    let b = Guarded(random: (transposeB ? n : k) * ldb, &generator)
    let c = Guarded(random: m * ldc, &generator)
    func operands(_ x: Guarded) -> [Double] {
      path.format == .bf16 ? (0..<x.count).map { Double(nearestBF16(x.pointer[$0])) } : x.values
    }
    let (left, right) = (operands(a), operands(b))
    var expected = c.values
    for i in 0..<m {
      for j in 0..<n {
        var sum = accumulate ? expected[i * ldc + j] : 0
        for p in 0..<k {
          sum +=
            left[transposeA ? p * lda + i : i * lda + p]
            * right[transposeB ? j * ldb + p : p * ldb + j]
        }
        expected[i * ldc + j] = sum
      }
    }
    if packed {
      let weights = PackedMatrix(
        weights: b.constant, rows: n, columns: k, stride: ldb, transposed: !transposeB, path: path)
      weights.multiply(
        m: m, x: a.constant, ldx: lda, y: c.pointer, ldy: ldc, accumulate: accumulate)
    } else {
      gemm(
        m: m, n: n, k: k, a: a.constant, lda: lda, transposeA: transposeA, b: b.constant,
        ldb: ldb, transposeB: transposeB, c: c.pointer, ldc: ldc, accumulate: accumulate,
        path: path)
    }
    let error = deviation(c.values, from: expected)
    #expect(
      error < 2e-6 * Double(k).squareRoot() + 1e-6 && c.intact,
      "m \(m) n \(n) k \(k), transposed \(transposeA) \(transposeB), \(path) \(packed): \(error)")
  }

  @Test(arguments: ways)
  func matchesDoublePrecision(_ path: GemmPath, _ packed: Bool) {
    var generator = SeededGenerator(seed: 1, stream: "gemm \(path) \(packed)")
    for round in 0..<200 {
      Self.expectProduct(
        &generator, m: awkwardSize(&generator, upTo: 120), n: awkwardSize(&generator, upTo: 130),
        k: awkwardSize(&generator, upTo: 200), transposeA: !packed && round & 1 != 0,
        transposeB: round & 2 != 0, accumulate: round & 4 != 0, path: path, packed: packed)
    }
  }

  /// Sizes past every blocking limit of our own products.
  @Test(arguments: [(301, 70, 1100), (30, 1100, 515), (700, 33, 300), (1, 700, 900), (5, 1, 2100)])
  func largeProductsMatchDoublePrecision(_ m: Int, _ n: Int, _ k: Int) {
    var generator = SeededGenerator(seed: 2, stream: "large \(m) \(n) \(k)")
    for (path, packed) in Self.ways where path.kernelsAreOurs {
      for choice in 0..<2 {
        Self.expectProduct(
          &generator, m: m, n: n, k: k, transposeA: !packed && choice == 0,
          transposeB: choice == 0, accumulate: choice == 1, path: path, packed: packed)
      }
    }
  }

  @Test func packingAgainFollowsTheWeights() {
    for path in GemmPath.allCases where path.isSupported {
      let weights = Guarded([1, 2, 3, 4])
      let packed = PackedMatrix(
        weights: weights.constant, rows: 2, columns: 2, stride: 2, path: path)
      for i in 0..<4 { weights.pointer[i] *= 2 }
      packed.repack()
      let x = Guarded([1, 1])
      let y = Guarded(count: 2)
      packed.multiply(m: 1, x: x.constant, ldx: 2, y: y.pointer, ldy: 2)
      #expect(y.values == [6, 14] && y.intact, "\(path)")
    }
  }

  @Test func roundsToTheNearestBF16() {
    let special: [Float] = [
      0, -0.0, 1, -1, 1 + 0x1p-8, 1 + 0x1p-8 + 0x1p-20, 1 + 3 * 0x1p-8, 3.4e38, -3.4e38,
      .infinity, -.infinity, .leastNormalMagnitude, -.leastNormalMagnitude,
      .leastNonzeroMagnitude, 0x1p-127, .greatestFiniteMagnitude,
    ]
    var generator = SeededGenerator(seed: 5)
    let random = (0..<1000).map { _ in
      Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
    }
    let values = special + random.filter { !$0.isNaN }
    let x = Guarded(values.map(Double.init))
    let y = Guarded(count: values.count)
    roundToBF16(x.constant, stride: 0, into: y.pointer, stride: 0, rows: 1, width: values.count)
    for (i, value) in values.enumerated() {
      #expect(y.pointer[i].bitPattern == nearestBF16(value).bitPattern, "\(value)")
    }
    x.pointer[0] = Float(bitPattern: 0x7F80_0001)
    roundToBF16(x.constant, stride: 0, into: y.pointer, stride: 0, rows: 1, width: 1)
    #expect(y.pointer[0].isNaN && y.intact)
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

extension GemmPath {
  fileprivate var kernelsAreOurs: Bool {
    switch self {
    case .avx512, .avx2, .avx512BF16: true
    case .openBLAS, .roundedBF16: false
    }
  }
}

/// The nearest number with 8 bits of significand, ties to even; subnormal numbers are zero.
private func nearestBF16(_ x: Float) -> Float {
  guard x.isNormal else { return x.isSubnormal ? (x.sign == .minus ? -0.0 : 0) : x }
  let unit = Double(x.ulp) * 0x1p16
  let rounded = (Double(x) / unit).rounded(.toNearestOrEven) * unit
  return Float(rounded)
}
