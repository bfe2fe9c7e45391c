import Artifacts
import Dispatch
import HardwareModels
import Transformers

/// How much effort the sampling of block costs takes.
package struct SamplingSettings: Sendable {
  /// Wall time after which no further gap is looked into.
  package var seconds: Double
  package var leastRepetitions: Int
  package var mostRepetitions: Int
  /// A point is measured again until the 80 % interval of its marginal is this narrow, either side.
  package var precision = 0.015
  /// A gap is split where its middle is further from the line than this.
  package var tolerance = 0.02

  package init(seconds: Double, leastRepetitions: Int, mostRepetitions: Int) {
    self.seconds = seconds
    self.leastRepetitions = leastRepetitions
    self.mostRepetitions = mostRepetitions
  }

  package static let standard = SamplingSettings(
    seconds: 38, leastRepetitions: 4, mostRepetitions: 8)
  /// Tighter intervals and finer steps, in a few minutes.
  package static let thorough = SamplingSettings(
    seconds: 180, leastRepetitions: 9, mostRepetitions: 25)
}

/// Marginal costs of blocks by pairs of models with N and 2N blocks, measured in turn, with a baseline
/// between them.
struct CostSampler {
  let timer: LanguageTimer
  let grid: SamplingGrid
  let settings: SamplingSettings
  /// Power that time is turned into energy with.
  let power: Figure<Watts>
  let seed: UInt64

  struct Result {
    var blocks: [BlockCostSample] = []
    var stem: [StemCostSample] = []
    /// Median relative error of leaving one sample out, of those inside the sampled range.
    var interpolationError: Double?
  }

  /// Raw times of one point, with the run of the baseline that each belongs to.
  private struct Series {
    var single: [LanguageTimer.Timing] = []
    var double: [LanguageTimer.Timing] = []
    var runs: [Int] = []

    /// Marginal block and remaining stem at the median pace.
    func costs(_ pace: Pace) -> (block: [LanguageTimer.Timing], stem: [LanguageTimer.Timing]) {
      var block: [LanguageTimer.Timing] = []
      var stem: [LanguageTimer.Timing] = []
      for index in runs.indices {
        let slowness = pace.slowness(at: runs[index])
        let one = single[index]
        let two = double[index]
        block.append(
          .init(
            prefill: (two.prefill - one.prefill) / slowness,
            decode: (two.decode - one.decode) / slowness))
        stem.append(
          .init(
            prefill: (2 * one.prefill - two.prefill) / slowness,
            decode: (2 * one.decode - two.decode) / slowness))
      }
      return (block, stem)
    }
  }

  /// - Parameter pace: keeps the runs of the baseline, also those of whole requests before.
  func sample(
    baseline: InferenceModel, pace: inout Pace, progress: (Double, Int) -> Void
  ) -> Result {
    let start = DispatchTime.now().uptimeNanoseconds
    func elapsed() -> Double { Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 }
    var series: [SamplingGrid.Point: Series] = [:]
    var order: [SamplingGrid.Point] = []
    func measure(_ point: SamplingGrid.Point, within seconds: Double = .infinity) {
      guard series[point] == nil else { return }
      progress(min(1, elapsed() / settings.seconds), order.count)
      series[point] = measured(point, within: seconds, baseline: baseline, pace: &pace)
      order.append(point)
    }
    let first = grid.firstPoints
    for (index, point) in first.enumerated() {
      // The first points must leave time to look between them.
      let left = max(0, 0.6 * settings.seconds - elapsed())
      measure(point, within: left / Double(first.count - index))
    }
    var gaps = grid.firstGaps
    while !gaps.isEmpty && elapsed() < settings.seconds {
      let gap = gaps.removeFirst()
      guard let middle = grid.middle(of: gap) else { continue }
      let points = grid.points(of: gap, middle: middle)
      let expected = estimate(points[0], from: series, order, pace)
      for point in points { measure(point, within: max(0, settings.seconds - elapsed())) }
      guard let expected, let found = series[points[0]] else { continue }
      let total = SampleSummary(found.costs(pace).block.map(\.total)).median
      if abs(total / expected - 1) > settings.tolerance {
        gaps += grid.halves(of: gap, middle: middle)
      }
    }
    return summarised(series, order, pace)
  }

  private func measured(
    _ point: SamplingGrid.Point, within seconds: Double, baseline: InferenceModel,
    pace: inout Pace
  ) -> Series {
    let start = DispatchTime.now().uptimeNanoseconds
    var shape = UniformShape(
      blocks: 1, feedForwardWidth: point.feedForwardWidth, heads: point.heads,
      headSize: point.headSize, hiddenSize: point.hiddenSize)
    let single = timer.model(shape)
    shape.blocks = 2
    let double = timer.model(shape)
    _ = timer.run(double)
    var series = Series()
    var generator = SeededGenerator(seed: seed, stream: "repetitions")
    while series.runs.count < settings.mostRepetitions {
      series.runs.append(pace.add(timer.run(baseline)))
      series.single.append(timer.run(single))
      series.double.append(timer.run(double))
      let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
      if series.runs.count >= 2 && elapsed > seconds { break }
      guard series.runs.count >= settings.leastRepetitions else { continue }
      let totals = series.costs(pace).block.map(\.total)
      let interval = bootstrapMedian(totals, generator: &generator)
      let width = (interval.high - interval.low) / 2
      if width <= settings.precision * SampleSummary(totals).median { break }
    }
    return series
  }

  /// Marginal time at a point by interpolation between the others; nil where it cannot be had.
  private func estimate(
    _ point: SamplingGrid.Point, from series: [SamplingGrid.Point: Series],
    _ order: [SamplingGrid.Point], _ pace: Pace
  ) -> Double? {
    let blocks = order.map { point -> BlockCostSample in
      let costs = series[point]?.costs(pace).block ?? []
      func expense(_ times: [Double]) -> Expense {
        Expense(
          time: .measured(Seconds(SampleSummary(times).median), source: ""),
          energy: .unavailable(""))
      }
      return BlockCostSample(
        hiddenSize: point.hiddenSize, heads: point.heads, headSize: point.headSize,
        feedForwardWidth: point.feedForwardWidth, prefill: expense(costs.map(\.prefill)),
        decode: expense(costs.map(\.decode)))
    }
    return interpolatedBlockTime(
      blocks, hiddenSize: point.hiddenSize, attentionWidth: point.heads * point.headSize,
      feedForwardWidth: point.feedForwardWidth)?.value
  }

  private func summarised(
    _ series: [SamplingGrid.Point: Series], _ order: [SamplingGrid.Point], _ pace: Pace
  ) -> Result {
    var result = Result()
    // Computing time at the machine's load is wall time.
    let load = pace.load
    var generator = SeededGenerator(seed: seed, stream: "bootstrap")
    var stems: [Int: [LanguageTimer.Timing]] = [:]
    for point in order {
      guard let costs = series[point]?.costs(pace) else { continue }
      result.blocks.append(
        BlockCostSample(
          hiddenSize: point.hiddenSize, heads: point.heads, headSize: point.headSize,
          feedForwardWidth: point.feedForwardWidth,
          prefill: expense(costs.block.map { $0.prefill * load }, &generator),
          decode: expense(costs.block.map { $0.decode * load }, &generator)))
      // What is left without blocks is the same at every width of one hidden size.
      stems[point.hiddenSize, default: []] += costs.stem
    }
    for (hidden, costs) in stems.sorted(by: { $0.key < $1.key }) {
      result.stem.append(
        StemCostSample(
          hiddenSize: hidden, prefill: expense(costs.map { $0.prefill * load }, &generator),
          decode: expense(costs.map { $0.decode * load }, &generator)))
    }
    if let errors = leaveOneOutErrors(result.blocks) {
      result.interpolationError = SampleSummary(errors).median
      // A sample's own noise and the table's error between samples are both in a prediction.
      let scatter = SampleSummary(errors).quantile(0.8)
      for index in result.blocks.indices {
        result.blocks[index].prefill = widened(result.blocks[index].prefill, by: scatter)
        result.blocks[index].decode = widened(result.blocks[index].decode, by: scatter)
      }
    }
    return result
  }

  private func expense(_ samples: [Double], _ generator: inout SeededGenerator) -> Expense {
    let median = SampleSummary(samples).median
    let interval = bootstrapMedian(samples, generator: &generator)
    let time = Figure<Seconds>.measured(
      Seconds(max(0, median)), low: Seconds(max(0, min(interval.low, median))),
      high: Seconds(max(0, interval.high, median)),
      source:
        "wall clock at the median pace, marginal of 1 and 2 blocks, \(samples.count) pairs, bootstrap"
    )
    return Expense(time: time, energy: energyOf(time, power: power))
  }

  /// The interval with one more independent relative error.
  private func widened(_ expense: Expense, by error: Double) -> Expense {
    guard let value = expense.time.value?.value, let low = expense.time.low?.value,
      let high = expense.time.high?.value
    else { return expense }
    func combined(_ distance: Double) -> Double {
      (distance * distance + error * error * value * value).squareRoot()
    }
    let time = Figure<Seconds>.measured(
      Seconds(value), low: Seconds(max(0, value - combined(value - low))),
      high: Seconds(value + combined(high - value)), source: expense.time.source)
    return Expense(time: time, energy: energyOf(time, power: power))
  }
}

/// Relative errors of predicting each sample from all others, of samples that have neighbours on
/// both sides; nil where there are fewer than three of those.
func leaveOneOutErrors(_ blocks: [BlockCostSample]) -> [Double]? {
  var errors: [Double] = []
  for (index, sample) in blocks.enumerated() {
    let sameSize = blocks.filter {
      $0.hiddenSize == sample.hiddenSize && $0.headSize == sample.headSize
    }.map(\.feedForwardWidth)
    guard let least = sameSize.min(), let most = sameSize.max(),
      least < sample.feedForwardWidth, sample.feedForwardWidth < most,
      let prefill = sample.prefill.time.value, let decode = sample.decode.time.value
    else { continue }
    var others = blocks
    others.remove(at: index)
    guard
      let predicted = interpolatedBlockTime(
        others, hiddenSize: sample.hiddenSize, attentionWidth: sample.heads * sample.headSize,
        feedForwardWidth: sample.feedForwardWidth), prefill.value + decode.value > 0
    else { continue }
    errors.append(abs(predicted.value / (prefill.value + decode.value) - 1))
  }
  return errors.count < 3 ? nil : errors
}
