import Artifacts
import CPeak
import Kernels

/// Products on one thread, each round beside the multiply-adds that registers alone allow.
struct KernelBench {
  /// m, n, k of C [m, n] = A [m, k]·Wᵀ: prefill of one sequence, a vision encoder, a training batch,
  /// a pruned width, one token.
  static let shapes = [
    (48, 256, 256), (48, 1024, 256), (48, 250, 198), (197, 576, 192), (197, 768, 192),
    (768, 768, 256), (768, 256, 1024), (1536, 768, 256), (2048, 512, 512), (1, 1024, 256),
  ]

  /// Every product is measured in several visits over the whole time, so that a busy second meets some
  /// rounds of each and not all of one.
  private static let visits = 6

  func run() -> BenchSection {
    let paths = GemmPath.allCases.filter { $0.isSupported && $0 != .roundedBF16 }
    let works = Self.shapes.flatMap { shape in
      paths.map { Work(m: shape.0, n: shape.1, k: shape.2, path: $0) }
    }
    var rates = works.map { _ in Rates() }
    for _ in 0..<Self.visits {
      for (index, work) in works.enumerated() { rates[index] += work.visit() }
    }
    let results = zip(works, rates).flatMap { work, rates in work.results(rates) }
    return BenchSection(
      title: "Products, one thread",
      note:
        "Share of the multiply-adds that registers alone allow, measured in the same round, in processor time. "
        + "“packed”: weights packed beforehand; else both operands as they lie.",
      results: results)
  }

  /// Operations a second, round by round.
  private struct Rates {
    /// Of registers alone; empty where nothing tells.
    var peak: [Double] = []
    var packed: [Double] = []
    var unpacked: [Double] = []

    static func += (left: inout Self, right: Self) {
      left.peak += right.peak
      left.packed += right.packed
      left.unpacked += right.unpacked
    }
  }

  private struct Work {
    var m: Int
    var n: Int
    var k: Int
    var path: GemmPath

    func visit() -> Rates {
      let a = random(m * k, seed: 1)
      let w = random(n * k, seed: 2)
      let c = AlignedBuffer(count: m * n)
      let packed = PackedMatrix(weights: w.pointer, rows: n, columns: k, stride: k, path: path)
      let operations = 2 * Double(m) * Double(n) * Double(k)
      let rounds = Int(operations / 1000) + 1
      var peakOperations = 0.0
      let alternation = Alternation(
        [
          Side(name: "peak") { peakOperations = peak_run(path.peak, rounds) },
          Side(name: "packed") {
            packed.multiply(m: m, x: a.pointer, ldx: k, y: c.pointer, ldy: n)
          },
          Side(name: "unpacked") {
            gemm(
              m: m, n: n, k: k, a: a.pointer, lda: k, b: w.pointer, ldb: k, transposeB: true,
              c: c.pointer, ldc: n, path: path)
          },
        ], rounds: 5, slice: 0.01, clock: .thread)
      return Rates(
        peak: peakOperations > 0 ? alternation.seconds[0].map { peakOperations / $0 } : [],
        packed: alternation.seconds[1].map { operations / $0 },
        unpacked: alternation.seconds[2].map { operations / $0 })
    }

    func results(_ rates: Rates) -> [BenchResult] {
      func result(_ side: String, _ own: [Double]) -> BenchResult {
        let result = BenchResult(
          work: "\(m)×\(n)×\(k)", side: side, unit: "GFLOP/s", own.map { $0 * 1e-9 })
        return rates.peak.isEmpty ? result : result.against("peak", rates: own, of: rates.peak)
      }
      let unpacked = result("\(path)", rates.unpacked)
      return path == .openBLAS
        ? [unpacked] : [result("\(path), packed", rates.packed), unpacked]
    }

    private func random(_ count: Int, seed: UInt64) -> AlignedBuffer {
      var generator = SeededGenerator(seed: seed)
      let buffer = AlignedBuffer(count: count)
      for i in 0..<count { buffer.pointer[i] = Float(generator.uniform() - 0.5) }
      return buffer
    }
  }
}

extension GemmPath {
  /// The instruction that bounds it; OpenBLAS picks its own and is held against AVX-512 where there
  /// is any.
  fileprivate var peak: peak_kind {
    switch self {
    case .avx512: PEAK_AVX512
    case .avx2: PEAK_AVX2
    case .avx512BF16, .roundedBF16: PEAK_BF16
    case .openBLAS: GemmPath.avx512.isSupported ? PEAK_AVX512 : PEAK_AVX2
    }
  }
}
