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

  func run() -> BenchSection {
    var results: [BenchResult] = []
    let paths = GemmPath.allCases.filter { $0.isSupported && $0 != .roundedBF16 }
    for (m, n, k) in Self.shapes {
      let operations = 2 * Double(m) * Double(n) * Double(k)
      let a = random(m * k, seed: 1)
      let w = random(n * k, seed: 2)
      let c = AlignedBuffer(count: m * n)
      for path in paths {
        let packed = PackedMatrix(weights: w.pointer, rows: n, columns: k, stride: k, path: path)
        var peakOperations = 0.0
        let rounds = Int(operations / 500) + 1
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
          ], rounds: 15, slice: 0.01, clock: .thread)
        for side in path == .openBLAS ? [2] : [1, 2] {
          let rates = alternation.seconds[side].map { operations / $0 * 1e-9 }
          let peaks = alternation.seconds[0].map { peakOperations / $0 * 1e-9 }
          var result = BenchResult(
            work: "\(m)×\(n)×\(k)", side: "\(path)\(side == 1 ? ", packed" : "")", unit: "GFLOP/s",
            rates)
          if peakOperations > 0 {
            result = result.against("peak", zip(rates, peaks).map { $0 / $1 })
          }
          results.append(result)
        }
      }
    }
    return BenchSection(
      title: "Products, one thread",
      note:
        "Share of the multiply-adds that registers alone allow, measured in the same round, in processor time. "
        + "“packed”: weights packed beforehand; else both operands as they lie.",
      results: results)
  }

  private func random(_ count: Int, seed: UInt64) -> AlignedBuffer {
    var generator = SeededGenerator(seed: seed)
    let buffer = AlignedBuffer(count: count)
    for i in 0..<count { buffer.pointer[i] = Float(generator.uniform() - 0.5) }
    return buffer
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
