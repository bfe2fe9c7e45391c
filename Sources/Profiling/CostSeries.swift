import Artifacts
import HardwareModels

/// Attempts at one sampled block, chunk by chunk: models of one block and of more.
struct CostSeries {
  /// Blocks that the deeper model has more; 0 before the first visit.
  var blocksBetween = 0
  private var single = RequestAttempts()
  private var deeper = RequestAttempts()

  /// Attempts at every chunk.
  var visits: Int { single.count }

  /// - Parameter found: of the model of one block, then of the deeper one.
  mutating func add(_ found: LanguageTimer.Comparison) {
    single.add(found.requests[0])
    deeper.add(found.requests[1])
  }

  /// Seconds at the median pace.
  struct Costs {
    /// Of one more block.
    var block: ChunkTiming
    /// Of a model of one.
    var first: ChunkTiming
  }

  /// - Parameter threads: that the chunks are spread over.
  func costs(_ pace: Pace, threads: Int) -> Costs {
    Chunks(self, pace, threads: threads).costs { $0 }
  }

  /// 80 % interval of each number, from 200 resamples of each chunk's attempts: `read` takes them out
  /// of the costs. Source: Efron, 1979.
  func intervals(
    _ pace: Pace, threads: Int, generator: inout SeededGenerator, _ read: (Costs) -> [Double]
  ) -> [(low: Double, high: Double)] {
    let chunks = Chunks(self, pace, threads: threads)
    var draws: [[Double]] = []
    for _ in 0..<200 {
      draws.append(
        read(
          chunks.costs { attempts in
            attempts.indices.map { _ in attempts[generator.integer(below: attempts.count)] }
          }))
    }
    return draws[0].indices.map { index in
      let summary = SampleSummary(draws.map { $0[index] })
      return (summary.quantile(0.1), summary.quantile(0.9))
    }
  }

  /// The times that count.
  private struct Chunks {
    let single: [[ChunkTiming]]
    let deeper: [[ChunkTiming]]
    let probe: Double
    let blocksBetween: Int
    let threads: Int

    init(_ series: CostSeries, _ pace: Pace, threads: Int) {
      single = series.single.steady
      deeper = series.deeper.steady
      probe = pace.median
      blocksBetween = max(1, series.blocksBetween)
      self.threads = threads
    }

    func costs(_ draw: ([ChunkTiming]) -> [ChunkTiming]) -> Costs {
      let first = typicalRequest(single.map(draw), threads: threads) * probe
      let more = typicalRequest(deeper.map(draw), threads: threads) * probe
      return Costs(
        block: ChunkTiming(
          prefill: more.prefill - first.prefill, decode: more.decode - first.decode)
          * (1 / Double(blocksBetween)), first: first)
    }
  }

  /// Costs without intervals or energies, to interpolate between.
  func sample(_ point: BlockWidths, _ pace: Pace, threads: Int) -> BlockCostSample {
    func expense(_ time: Double) -> Expense {
      Expense(time: .measured(Seconds(max(0, time)), source: ""), energy: .unavailable(""))
    }
    let costs = costs(pace, threads: threads)
    return BlockCostSample(
      hiddenSize: point.hiddenSize, heads: point.heads, headSize: point.headSize,
      feedForwardWidth: point.feedForwardWidth, prefill: expense(costs.block.prefill),
      decode: expense(costs.block.decode), firstPrefill: expense(costs.first.prefill),
      firstDecode: expense(costs.first.decode))
  }

  /// How much the point needs another visit: 0 where it is settled, above 1 where it has too few
  /// steady attempts, in between the relative width of its interval.
  func need(
    _ settings: SamplingSettings, _ pace: Pace, threads: Int, _ generator: inout SeededGenerator
  ) -> Double {
    guard visits < settings.mostRepetitions else { return 0 }
    let steady = min(single.steadyCount, deeper.steadyCount)
    if steady < settings.leastRepetitions {
      // Divided, so that a point that finds no steady moment leaves the others theirs.
      return 1 + Double(settings.leastRepetitions - steady) / Double(1 + visits)
    }
    let median = costs(pace, threads: threads).block.total
    guard median > 0 else { return 1 }
    let interval = intervals(pace, threads: threads, generator: &generator) { [$0.block.total] }[0]
    let width = (interval.high - interval.low) / (2 * median)
    return width > settings.precision ? min(1, width) : 0
  }
}

/// Relative errors of predicting samples from others on both sides: each from all others where there
/// are wider and narrower ones of its hidden size, and all of a hidden size from larger and smaller
/// ones. Nil where there are fewer than three.
func leaveOneOutErrors(_ blocks: [BlockCostSample]) -> (block: [Double], first: [Double])? {
  var errors: (block: [Double], first: [Double]) = ([], [])
  func add(_ sample: BlockCostSample, predictedFrom others: [BlockCostSample]) {
    let widths = BlockWidths(
      hiddenSize: sample.hiddenSize, heads: sample.heads, headSize: sample.headSize,
      feedForwardWidth: sample.feedForwardWidth)
    guard let predicted = interpolatedTimes(others, widths),
      let prefill = sample.prefill.time.value, let decode = sample.decode.time.value,
      let firstPrefill = sample.firstPrefill.time.value,
      let firstDecode = sample.firstDecode.time.value,
      (prefill + decode).value > 0, (firstPrefill + firstDecode).value > 0
    else { return }
    errors.block.append(abs(predicted.block / (prefill + decode) - 1))
    errors.first.append(abs(predicted.first / (firstPrefill + firstDecode) - 1))
  }
  func isBetween(_ value: Int, _ others: [Int]) -> Bool {
    others.contains { $0 < value } && others.contains { $0 > value }
  }
  for (index, sample) in blocks.enumerated() {
    let alike = blocks.filter { $0.hiddenSize == sample.hiddenSize }.map(\.feedForwardWidth)
    guard isBetween(sample.feedForwardWidth, alike) else { continue }
    var others = blocks
    others.remove(at: index)
    add(sample, predictedFrom: others)
  }
  let hiddenSizes = Set(blocks.map(\.hiddenSize))
  for hidden in hiddenSizes.sorted() where isBetween(hidden, Array(hiddenSizes)) {
    let alike = blocks.filter { $0.hiddenSize == hidden }
    // A curve over head sizes has no other like it.
    guard Set(alike.map(\.headSize)).count < 3 else { continue }
    let others = blocks.filter { $0.hiddenSize != hidden }
    for sample in alike { add(sample, predictedFrom: others) }
  }
  return errors.block.count < 3 ? nil : errors
}
