package import Artifacts
import Transformers

/// The shapes at which one block's cost is sampled: a cross design.
///
/// For every hidden size of a grid: feed-forward widths at full attention width, and one narrower
/// attention. Costs between samples are interpolated by the hardware model.
package struct SamplingGrid: Sendable {
  package struct Point: Hashable, Sendable {
    package var hiddenSize: Int
    package var heads: Int
    package var headSize: Int
    package var feedForwardWidth: Int
  }

  package let points: [Point]

  package init(original: UniformShape) {
    var points: [Point] = []
    var seen: Set<Point> = []
    func add(_ point: Point) { if seen.insert(point).inserted { points.append(point) } }
    for eighths in [8, 7, 6, 5, 4, 3] {
      // Head sizes that shrink with the hidden size keep hidden = heads · head size.
      let headSize = max(4, original.headSize * eighths / 8 / 4 * 4)
      let hidden = original.heads * headSize
      for fraction in [16, 10, 6, 3, 1] {
        let width = max(16, original.feedForwardWidth * fraction / 16 / 16 * 16)
        add(
          Point(
            hiddenSize: hidden, heads: original.heads, headSize: headSize,
            feedForwardWidth: width))
      }
      let narrow = max(1, original.heads / 2)
      add(
        Point(
          hiddenSize: hidden, heads: narrow, headSize: headSize,
          feedForwardWidth: max(16, original.feedForwardWidth * 6 / 16 / 16 * 16)))
    }
    self.points = points
  }
}

/// Marginal costs of blocks by pairs of models with N and 2N blocks, measured in turn.
struct CostSampler {
  let timer: LanguageTimer
  let original: UniformShape
  let repetitions: Int
  /// Power that time is turned into energy with.
  let power: Figure<Watts>

  struct Result {
    var blocks: [BlockCostSample] = []
    var stem: [StemCostSample] = []
  }

  func sample(_ grid: SamplingGrid, progress: (Int, Int) throws -> Void) rethrows -> Result {
    var result = Result()
    for (index, point) in grid.points.enumerated() {
      try progress(index, grid.points.count)
      var shape = UniformShape(
        blocks: 1, feedForwardWidth: point.feedForwardWidth, heads: point.heads,
        headSize: point.headSize, hiddenSize: point.hiddenSize)
      let single = timer.model(shape)
      shape.blocks = 2
      let double = timer.model(shape)
      _ = timer.run(double)
      var prefill: [Double] = []
      var decode: [Double] = []
      var stemPrefill: [Double] = []
      var stemDecode: [Double] = []
      for _ in 0..<repetitions {
        let a = timer.run(single)
        let b = timer.run(double)
        let c = timer.run(single)
        // The single model before and after the double one cancels a linear drift.
        let before = (a.prefill + c.prefill) / 2
        let beforeDecode = (a.decode + c.decode) / 2
        prefill.append(b.prefill - before)
        decode.append(b.decode - beforeDecode)
        stemPrefill.append(2 * before - b.prefill)
        stemDecode.append(2 * beforeDecode - b.decode)
      }
      result.blocks.append(
        BlockCostSample(
          hiddenSize: point.hiddenSize, heads: point.heads, headSize: point.headSize,
          feedForwardWidth: point.feedForwardWidth, prefill: expense(prefill),
          decode: expense(decode)))
      if point.heads == original.heads
        && !result.stem.contains(where: { $0.hiddenSize == point.hiddenSize })
      {
        result.stem.append(
          StemCostSample(
            hiddenSize: point.hiddenSize, prefill: expense(stemPrefill),
            decode: expense(stemDecode)))
      }
    }
    return result
  }

  private func expense(_ samples: [Double]) -> Expense {
    let summary = SampleSummary(samples)
    let interval = summary.medianInterval
    let time = Figure<Seconds>.measured(
      Seconds(max(0, summary.median)), low: Seconds(max(0, interval.low)),
      high: Seconds(max(0, interval.high)),
      source: "wall clock, paired marginal of 1 and 2 blocks, \(samples.count) pairs")
    return Expense(time: time, energy: energyOf(time, power: power))
  }
}
