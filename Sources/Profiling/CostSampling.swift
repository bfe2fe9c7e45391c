import Artifacts
import Dispatch
import HardwareModels
import Transformers

/// How much effort the sampling of block costs takes.
package struct SamplingSettings: Sendable {
  /// Wall time after which nothing more is measured.
  package var seconds: Double
  package var leastRepetitions: Int
  package var mostRepetitions: Int
  /// A point is measured again until the 80 % interval of its marginal is this narrow, either side.
  package var precision = 0.01
  /// A gap is split where its middle is further from the line than this.
  package var tolerance = 0.03

  package init(seconds: Double, leastRepetitions: Int, mostRepetitions: Int) {
    self.seconds = seconds
    self.leastRepetitions = leastRepetitions
    self.mostRepetitions = mostRepetitions
  }

  package static let standard = SamplingSettings(
    seconds: 38, leastRepetitions: 4, mostRepetitions: 12)
  /// Tighter intervals and finer steps, in a few minutes.
  package static let thorough = SamplingSettings(
    seconds: 180, leastRepetitions: 9, mostRepetitions: 40)
}

/// Costs of blocks by pairs of models, one block and a few more, measured beside a baseline.
///
/// Every point is measured in several visits spread over the whole time, so that a slow half minute
/// meets a few repetitions of each point and not all of one.
struct CostSampler {
  let timer: LanguageTimer
  let grid: SamplingGrid
  let settings: SamplingSettings
  /// Power that time is turned into energy with.
  let power: Figure<Watts>
  let seed: UInt64

  struct Result {
    var blocks: [BlockCostSample] = []
    /// Median relative error of leaving one sample out, of those inside the sampled range.
    var interpolationError: Double?
  }

  /// Share of the time after which the rest of the first points is measured once.
  private static let hurrying = 0.65

  /// - Parameter pace: keeps the runs of the baseline, also those of whole requests before.
  func sample(
    baseline: InferenceModel, pace: inout Pace, progress: (Double, Int) -> Void
  ) -> Result {
    let start = DispatchTime.now().uptimeNanoseconds
    func elapsed() -> Double { Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 }
    let reference = timer.run(baseline).total
    var series: [BlockWidths: CostSeries] = [:]
    var order: [BlockWidths] = []
    func measure(_ point: BlockWidths, repetitions: Int) {
      if series[point] == nil { order.append(point) }
      progress(min(1, elapsed() / settings.seconds), order.count)
      var known = series[point] ?? CostSeries()
      visit(
        point, &known, repetitions: repetitions, baseline: baseline, reference: reference,
        pace: &pace)
      series[point] = known
    }
    let pairs = min(2, settings.leastRepetitions)
    // In random order, so that a slow moment does not meet neighbours.
    var shuffler = SeededGenerator(seed: seed, stream: "order of samples")
    for point in grid.firstPoints.shuffled(using: &shuffler) {
      measure(point, repetitions: elapsed() < Self.hurrying * settings.seconds ? pairs : 1)
    }
    var generator = SeededGenerator(seed: seed, stream: "repetitions")
    /// Measures the points that need it most, down to a need.
    func settle(downTo least: Double) {
      while elapsed() < settings.seconds {
        var next: (point: BlockWidths, need: Double)?
        for point in order {
          let need = series[point]?.need(settings, pace, &generator) ?? 0
          if need > next?.need ?? least { next = (point, need) }
        }
        guard let next else { break }
        measure(next.point, repetitions: pairs)
      }
    }
    // A gap is looked into once its ends are known: noise would open every gap.
    settle(downTo: 1)
    var gaps = grid.firstGaps
    while !gaps.isEmpty && elapsed() < settings.seconds {
      let gap = gaps.removeFirst()
      guard let middle = grid.middle(of: gap) else { continue }
      let points = grid.points(of: gap, middle: middle)
      let known = order.compactMap { point in series[point]?.sample(point, pace) }
      for point in points where series[point] == nil { measure(point, repetitions: pairs) }
      guard let expected = interpolatedTimes(known, points[0])?.block.value,
        let found = series[points[0]]?.blockTime(pace), expected > 0
      else { continue }
      if abs(found / expected - 1) > settings.tolerance {
        gaps += grid.halves(of: gap, middle: middle)
      }
    }
    settle(downTo: 0)
    return summarised(series, order, pace)
  }

  private func visit(
    _ point: BlockWidths, _ series: inout CostSeries, repetitions: Int, baseline: InferenceModel,
    reference: Double, pace: inout Pace
  ) {
    var shape = UniformShape(
      blocks: 1, feedForwardWidth: point.feedForwardWidth, heads: point.heads,
      headSize: point.headSize, hiddenSize: point.hiddenSize)
    let single = timer.model(shape)
    let isFirst = series.pairs.isEmpty
    if isFirst {
      // A cheap block is repeated, so that its marginal stands out of the noise as others do.
      let time = timer.run(single).total
      let share = reference / max(time, .leastNormalMagnitude)
      series.blocksBetween = Int(max(1, min(4, share.rounded())))
    }
    shape.blocks = 1 + series.blocksBetween
    let deeper = timer.model(shape)
    if isFirst { _ = timer.run(deeper) }
    for _ in 0..<repetitions {
      let found = timer.compare([single, deeper], with: baseline)
      pace.add(found.probe)
      series.pairs.append((found.requests[0], found.requests[1]))
    }
  }

  private func summarised(
    _ series: [BlockWidths: CostSeries], _ order: [BlockWidths], _ pace: Pace
  ) -> Result {
    var result = Result()
    // Computing time at the machine's load is wall time.
    let load = pace.load
    var generator = SeededGenerator(seed: seed, stream: "bootstrap")
    for point in order {
      guard let costs = series[point]?.costs(pace) else { continue }
      func cost(_ times: [Double]) -> Expense {
        expense(times.map { $0 * load }, &generator)
      }
      result.blocks.append(
        BlockCostSample(
          hiddenSize: point.hiddenSize, heads: point.heads, headSize: point.headSize,
          feedForwardWidth: point.feedForwardWidth,
          prefill: cost(costs.block.map(\.prefill)), decode: cost(costs.block.map(\.decode)),
          firstPrefill: cost(costs.first.map(\.prefill)),
          firstDecode: cost(costs.first.map(\.decode))))
    }
    if let errors = leaveOneOutErrors(result.blocks) {
      result.interpolationError = SampleSummary(errors.block).median
      // A sample's own noise and the table's error between samples are both in a prediction.
      let block = SampleSummary(errors.block).quantile(0.8)
      let first = SampleSummary(errors.first).quantile(0.8)
      for index in result.blocks.indices {
        result.blocks[index].prefill = widened(result.blocks[index].prefill, by: block)
        result.blocks[index].decode = widened(result.blocks[index].decode, by: block)
        result.blocks[index].firstPrefill = widened(result.blocks[index].firstPrefill, by: first)
        result.blocks[index].firstDecode = widened(result.blocks[index].firstDecode, by: first)
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
        "wall clock at the median pace, models of one block and of more, \(samples.count) pairs, bootstrap"
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
