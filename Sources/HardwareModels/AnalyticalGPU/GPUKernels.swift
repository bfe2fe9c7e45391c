/// Times of single kernels, by roofline with tiles, waves and launch time.
package struct GPUKernels: Sendable {
  package let constants: GPUConstants

  package init(constants: GPUConstants) { self.constants = constants }

  package var precision: GPUPrecision { constants.precision }
  package var engine: GPUEngine { constants.engine }

  private static let tiles: [(rows: Double, columns: Double, efficiency: GPUParameter)] = [
    (256, 128, .tileEfficiency256x128), (128, 128, .tileEfficiency128x128),
    (128, 64, .tileEfficiency128x64), (64, 64, .tileEfficiency64x64),
  ]
  /// Up to this many rows, libraries turn the product around: weights fill the long side of a tile,
  /// and the rows, in eights, its short side.
  private static let skinnyRows = 32.0

  /// C[m, n] = A[m, k] · W[k, n].
  ///
  /// Compute: waves · tile operations / share of the peak, the best of four tiles (and of a skinny one for
  /// few rows) and split-K 1 … 4 (at least 256 deep); waves are the mean of whole and fractional ones, since
  /// CTAs of a last wave partly overlap. Products that split their depth write partial sums in single
  /// precision and read them again. Compute and memory combine as (t_c³ + t_m³)^⅓.
  package func gemm(_ m: Int, _ n: Int, _ k: Int) -> GPUWork {
    guard m > 0, n > 0, k > 0 else { return GPUWork() }
    let (rows, columns, depth) = (Double(m), Double(n), Double(k))
    let perProcessor = constants.peak / constants.multiprocessors * constants.gemmEfficiency
    // Sums of four bytes move as any framework's or engine's do, whatever the operands are.
    let sumBandwidth = constants.bandwidth * constants[.elementwiseMemoryEfficiency]
    var best = Double.infinity
    var sums = 0.0
    var tiles = Self.tiles
    if rows <= Self.skinnyRows {
      tiles.append(((rows / 8).rounded(.up) * 8, 128, .tileEfficiencySkinny))
    }
    for tile in tiles {
      let grid = (rows / tile.rows).rounded(.up) * (columns / tile.columns).rounded(.up)
      let rate = perProcessor * constants[tile.efficiency]
      for split in 1...4 where split == 1 || depth / Double(split) >= 256 {
        let waves = grid * Double(split) / constants.multiprocessors
        let effective = 0.5 * waves.rounded(.up) + 0.5 * max(1, waves)
        let partial = split == 1 ? 0 : 8 * Double(split) * rows * columns
        let time =
          effective * 2 * tile.rows * tile.columns * depth / Double(split) / rate
          + partial / sumBandwidth
        if time < best { (best, sums) = (time, partial) }
      }
    }
    let width = precision.bytes
    let weights = depth * columns * width
    let bytes = (rows * depth + rows * columns) * width + weights
    let memory = bytes / (constants.bandwidth * constants.gemmMemoryEfficiency)
    let ratio = min(best, memory) / max(best, memory)
    return GPUWork(
      seconds: constants[.gemmKernelTime] + max(best, memory) * cubeRoot(1 + ratio * ratio * ratio),
      kernels: 1, operations: 2 * rows * columns * depth, bytes: bytes + sums,
      memoryBytes: weights + constants.memory(rows * depth * width)
        + constants.memory(rows * columns * width) + constants.memory(sums))
  }

  /// A kernel that reads and writes `values` numbers in all: norms, activations, additions, gathers.
  package func elementwise(_ values: Int) -> GPUWork {
    let bytes = Double(values) * precision.bytes
    return GPUWork(
      seconds: constants[.kernelTime] + bytes / constants.elementwiseBandwidth, kernels: 1,
      operations: Double(values), bytes: bytes, memoryBytes: constants.memory(bytes))
  }

  /// Attention of `sequences` sequences over `heads` heads; widths are heads · head size. Scores go
  /// through memory as often as the engine makes them; in eager mode `EagerOverhead` counts all but the
  /// multiplications.
  package func attention(
    sequences: Int, queries: Int, keys: Int, heads: Int, queryWidth: Int, valueWidth: Int
  ) -> GPUWork {
    if engine == .eager {
      return attentionProducts(
        sequences: sequences, queries: queries, keys: keys, width: queryWidth + valueWidth)
    }
    let scores = Double(sequences) * Double(queries) * Double(keys)
    let operations = 2 * scores * Double(queryWidth + valueWidth)
    let values = Double(sequences * (queries + keys)) * Double(queryWidth + valueWidth)
    let operands = values * precision.bytes
    let passes = engine.scorePasses(precision) * scores * Double(heads) * precision.bytes
    let kernels = engine.attentionKernels(precision)
    // Batched products of an unfused attention come in tiles, which short sequences do not fill.
    let filled = kernels > 1 ? tileShare(queries) * tileShare(keys) : 1
    return GPUWork(
      seconds: constants[.kernelTime] * kernels
        + operations / filled / constants.attentionRate(keys: keys)
        + (operands + passes) / constants.elementwiseBandwidth,
      kernels: kernels, operations: operations, bytes: operands + passes,
      memoryBytes: constants.memory(operands) + constants.memory(passes))
  }

  /// The part of whole tiles of 64 that `size` fills.
  private func tileShare(_ size: Int) -> Double {
    Double(size) / ((Double(size) / 64).rounded(.up) * 64)
  }

  /// Attention of one new token of every sequence: reads the cached keys and values.
  package func cachedAttention(
    sequences: Int, context: Double, keyWidth: Int, valueWidth: Int
  ) -> GPUWork {
    let values = Double(sequences) * context * Double(keyWidth + valueWidth)
    if engine == .eager { return GPUWork(operations: 2 * values) }
    let bytes = values * precision.bytes
    return GPUWork(
      seconds: constants[.kernelTime]
        + bytes / (constants.bandwidth * constants[.cacheMemoryEfficiency]),
      kernels: 1, operations: 2 * values, bytes: bytes, memoryBytes: bytes)
  }

  /// Cube root of 1 … 2 by Newton's steps: the same bits on every platform's mathematics library.
  private func cubeRoot(_ x: Double) -> Double {
    var root = 1 + (x - 1) * 0.26
    for _ in 0..<5 { root -= (root * root * root - x) / (3 * root * root) }
    return root
  }
}
