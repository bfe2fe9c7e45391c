import Artifacts
import Dispatch
import HardwareModels
import Transformers

/// How much effort the sampling of block costs takes.
package struct SamplingSettings: Sendable {
  /// Wall time after which nothing more is measured.
  package var seconds: Double
  /// Steady attempts at every chunk of a point.
  package var leastRepetitions: Int
  /// Attempts in all, steady or not.
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
    seconds: 38, leastRepetitions: 3, mostRepetitions: 16)
  /// Tighter intervals and finer steps, in a few minutes.
  package static let thorough = SamplingSettings(
    seconds: 180, leastRepetitions: 7, mostRepetitions: 40)
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

  /// What predictions from the samples miss beside the samples' noise and what leaving one out shows,
  /// as the end of an 80 % interval: with it, the intervals of twelve profiles of `cost-study`, whose machine
  /// changed its pace by 11 to 40 %, contained 83 % of 768 measurements.
  static let unexplainedError = 0.022

  private var threads: Int { timer.chunkThreads }

  struct Result {
    var blocks: [BlockCostSample] = []
    /// Median relative error of leaving one sample out, of those inside the sampled range.
    var interpolationError: Double?
  }

  /// - Parameter pace: keeps the runs of the baseline, also those of whole requests before.
  func sample(
    baseline: InferenceModel, pace: inout Pace, progress: (Double, Int) -> Void
  ) -> Result {
    let start = DispatchTime.now().uptimeNanoseconds
    func elapsed() -> Double { Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 }
    let reference = timer.run(baseline).total
    var generator = SeededGenerator(seed: seed, stream: "repetitions")
    var series: [BlockWidths: CostSeries] = [:]
    var order: [BlockWidths] = []
    var needs: [BlockWidths: Double] = [:]
    func measure(_ point: BlockWidths) {
      if series[point] == nil { order.append(point) }
      progress(min(1, elapsed() / settings.seconds), order.count)
      var known = series[point] ?? CostSeries()
      visit(point, &known, baseline: baseline, reference: reference, pace: &pace)
      series[point] = known
      needs[point] = known.need(settings, pace, threads: threads, &generator)
    }
    // In random order, so that a slow moment does not meet neighbours.
    var shuffler = SeededGenerator(seed: seed, stream: "order of samples")
    for point in grid.firstPoints.shuffled(using: &shuffler) { measure(point) }
    /// Measures the points that need it most, down to a need.
    func settle(downTo least: Double) {
      while elapsed() < settings.seconds {
        var next: (point: BlockWidths, need: Double)?
        for point in order {
          let need = needs[point] ?? 0
          if need > next?.need ?? least { next = (point, need) }
        }
        guard let next else { break }
        measure(next.point)
      }
    }
    // A gap is looked into once its ends are known: noise would open every gap.
    settle(downTo: 1)
    var gaps = grid.firstGaps
    while !gaps.isEmpty && elapsed() < settings.seconds {
      let gap = gaps.removeFirst()
      guard let middle = grid.middle(of: gap) else { continue }
      let points = grid.points(of: gap, middle: middle)
      let known = order.compactMap { series[$0]?.sample($0, pace, threads: threads) }
      for point in points where series[point] == nil {
        // Until it is settled, or whatever four attempts give.
        for _ in 0..<4 where needs[point] ?? .infinity > 1 { measure(point) }
      }
      guard let expected = interpolatedTimes(known, points[0])?.block.value,
        let found = series[points[0]]?.costs(pace, threads: threads).block.total, expected > 0
      else { continue }
      if abs(found / expected - 1) > settings.tolerance {
        gaps += grid.halves(of: gap, middle: middle)
      }
    }
    settle(downTo: 0)
    return summarised(series, order, pace)
  }

  private func visit(
    _ point: BlockWidths, _ series: inout CostSeries, baseline: InferenceModel, reference: Double,
    pace: inout Pace
  ) {
    var shape = UniformShape(
      blocks: 1, feedForwardWidth: point.feedForwardWidth, heads: point.heads,
      headSize: point.headSize, hiddenSize: point.hiddenSize)
    let single = timer.model(shape)
    let isFirst = series.visits == 0
    if isFirst {
      // A cheap block is repeated, so that its marginal stands out of the noise as others do.
      let time = timer.run(single).total
      let share = reference / max(time, .leastNormalMagnitude)
      series.blocksBetween = Int(max(1, min(4, share.rounded())))
    }
    shape.blocks = 1 + series.blocksBetween
    let deeper = timer.model(shape)
    if isFirst { _ = timer.run(deeper) }
    let found = timer.compare([single, deeper], with: baseline)
    pace.add(found)
    series.add(found)
  }

  private func summarised(
    _ series: [BlockWidths: CostSeries], _ order: [BlockWidths], _ pace: Pace
  ) -> Result {
    var result = Result()
    // Computing time at the machine's load is wall time.
    let load = pace.load
    var generator = SeededGenerator(seed: seed, stream: "bootstrap")
    for point in order {
      guard let series = series[point] else { continue }
      func phases(_ costs: CostSeries.Costs) -> [Double] {
        [costs.block.prefill, costs.block.decode, costs.first.prefill, costs.first.decode]
      }
      let values = phases(series.costs(pace, threads: threads))
      let intervals = series.intervals(pace, threads: threads, generator: &generator, phases)
      let costs = zip(values, intervals).map { value, interval in
        expense(
          value * load, low: interval.low * load, high: interval.high * load, visits: series.visits)
      }
      result.blocks.append(
        BlockCostSample(
          hiddenSize: point.hiddenSize, heads: point.heads, headSize: point.headSize,
          feedForwardWidth: point.feedForwardWidth, prefill: costs[0], decode: costs[1],
          firstPrefill: costs[2], firstDecode: costs[3]))
    }
    if let errors = leaveOneOutErrors(result.blocks) {
      result.interpolationError = SampleSummary(errors.block).median
      // What leaving a sample out shows has that sample's own noise in it, which no prediction has.
      let blockNoise = result.blocks.map { relativeNoise($0.prefill, $0.decode) }
      let firstNoise = result.blocks.map { relativeNoise($0.firstPrefill, $0.firstDecode) }
      let block = combined(
        excess(SampleSummary(errors.block).quantile(0.8), over: blockNoise),
        Self.unexplainedError)
      let first = combined(
        excess(SampleSummary(errors.first).quantile(0.8), over: firstNoise),
        Self.unexplainedError)
      for index in result.blocks.indices {
        result.blocks[index].prefill = widened(result.blocks[index].prefill, by: block)
        result.blocks[index].decode = widened(result.blocks[index].decode, by: block)
        result.blocks[index].firstPrefill = widened(result.blocks[index].firstPrefill, by: first)
        result.blocks[index].firstDecode = widened(result.blocks[index].firstDecode, by: first)
      }
    }
    return result
  }

  private func expense(_ value: Double, low: Double, high: Double, visits: Int) -> Expense {
    let time = Figure<Seconds>.measured(
      Seconds(max(0, value)), low: Seconds(max(0, min(low, value))),
      high: Seconds(max(0, high, value)),
      source:
        "wall clock at the median pace, models of one block and of more, \(visits) pairs, bootstrap"
    )
    return Expense(time: time, energy: energyOf(time, power: power))
  }

  /// Half the width of a sample's interval over its value, both phases together.
  private func relativeNoise(_ prefill: Expense, _ decode: Expense) -> Double {
    let phases = [prefill.time, decode.time].map { Interval($0) }
    let value = phases[0].value + phases[1].value
    guard value > 0 else { return 0 }
    return phases.reduce(0) { $0 + ($1.below + $1.above) / 2 } / value
  }

  /// What of an error the median noise does not explain, both 80 % ends.
  private func excess(_ error: Double, over noise: [Double]) -> Double {
    let typical = SampleSummary(noise).median
    return max(0, error * error - typical * typical).squareRoot()
  }

  /// Two independent errors.
  private func combined(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }

  /// The interval with one more independent relative error.
  private func widened(_ expense: Expense, by error: Double) -> Expense {
    guard let value = expense.time.value?.value, let low = expense.time.low?.value,
      let high = expense.time.high?.value
    else { return expense }
    let time = Figure<Seconds>.measured(
      Seconds(value), low: Seconds(max(0, value - combined(value - low, error * value))),
      high: Seconds(value + combined(high - value, error * value)), source: expense.time.source)
    return Expense(time: time, energy: energyOf(time, power: power))
  }
}
