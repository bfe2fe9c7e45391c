/// Times of single kernels, by roofline with tiles, waves and launch time.
struct GPUKernels {
  let constants: GPUConstants

  private static let tiles: [(rows: Double, columns: Double, efficiency: GPUParameter)] = [
    (256, 128, .tileEfficiency256x128), (128, 128, .tileEfficiency128x128),
    (128, 64, .tileEfficiency128x64), (64, 64, .tileEfficiency64x64),
  ]

  /// C[m, n] = A[m, k] · W[k, n].
  ///
  /// Compute: waves · tile operations / share of the peak, the best of four tiles and split-K 1 … 4
  /// (at least 256 deep). Waves: the mean of whole and fractional waves, since CTAs of a last wave
  /// partly overlap. Compute and memory combine as (t_c³ + t_m³)^⅓.
  func gemm(_ m: Int, _ n: Int, _ k: Int) -> GPUWork {
    guard m > 0, n > 0, k > 0 else { return GPUWork() }
    let (rows, columns, depth) = (Double(m), Double(n), Double(k))
    let perProcessor = constants.peak / constants.multiprocessors * constants.gemmEfficiency
    var best = Double.infinity
    for tile in Self.tiles {
      let grid = (rows / tile.rows).rounded(.up) * (columns / tile.columns).rounded(.up)
      let rate = perProcessor * constants[tile.efficiency]
      for split in 1...4 where split == 1 || depth / Double(split) >= 256 {
        let waves = grid * Double(split) / constants.multiprocessors
        let effective = 0.5 * waves.rounded(.up) + 0.5 * max(1, waves)
        best = min(best, effective * 2 * tile.rows * tile.columns * depth / Double(split) / rate)
      }
    }
    let bytes = (rows * depth + depth * columns + rows * columns) * constants.precision.bytes
    let memory = bytes / (constants.bandwidth * constants[.gemmMemoryEfficiency])
    let ratio = min(best, memory) / max(best, memory)
    return GPUWork(
      seconds: constants[.kernelTime] + max(best, memory) * cubeRoot(1 + ratio * ratio * ratio),
      kernels: 1, operations: 2 * rows * columns * depth, bytes: bytes)
  }

  /// A kernel that reads and writes `values` numbers in all: norms, activations, additions, gathers.
  func elementwise(_ values: Int) -> GPUWork {
    let bytes = Double(values) * constants.precision.bytes
    return GPUWork(
      seconds: constants[.kernelTime]
        + bytes / (constants.bandwidth * constants[.elementwiseMemoryEfficiency]),
      kernels: 1, operations: Double(values), bytes: bytes)
  }

  /// Fused attention of `sequences` sequences over all heads; widths are heads · head size.
  func attention(
    sequences: Int, queries: Int, keys: Int, queryWidth: Int, valueWidth: Int
  ) -> GPUWork {
    let scores = Double(sequences) * Double(queries) * Double(keys)
    let operations = 2 * scores * Double(queryWidth + valueWidth)
    let values = Double(sequences * (queries + keys)) * Double(queryWidth + valueWidth)
    let bytes = values * constants.precision.bytes
    return GPUWork(
      seconds: constants[.kernelTime]
        + operations / (constants.peak * constants[.attentionEfficiency])
        + bytes / (constants.bandwidth * constants[.elementwiseMemoryEfficiency]),
      kernels: 1, operations: operations, bytes: bytes)
  }

  /// Attention of one new token of every sequence: reads the cached keys and values.
  func cachedAttention(
    sequences: Int, context: Double, keyWidth: Int, valueWidth: Int
  ) -> GPUWork {
    let values = Double(sequences) * context * Double(keyWidth + valueWidth)
    let bytes = values * constants.precision.bytes
    return GPUWork(
      seconds: constants[.kernelTime]
        + bytes / (constants.bandwidth * constants[.cacheMemoryEfficiency]),
      kernels: 1, operations: 2 * values, bytes: bytes)
  }

  /// Cube root of 1 … 2 by Newton's steps: the same bits on every platform's mathematics library.
  private func cubeRoot(_ x: Double) -> Double {
    var root = 1 + (x - 1) * 0.26
    for _ in 0..<5 { root -= (root * root * root - x) / (3 * root * root) }
    return root
  }
}
