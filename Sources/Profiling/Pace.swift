import Artifacts

/// How fast the machine is right now, from runs of one small model between all others.
///
/// A shared or throttled machine changes its pace within minutes. Every time is divided by the
/// baseline's time around it over the baseline's median, so that drift cancels and noise does not add
/// up: the pace at one moment is the median of five neighbouring runs.
struct Pace {
  private var times: [Double] = []

  /// Index of the run, to ask for its pace once all runs are known.
  mutating func add(_ time: Double) -> Int {
    times.append(time)
    return times.count - 1
  }

  var median: Double { SampleSummary(times).median }
  var count: Int { times.count }

  /// Slowness around a run: 1 at the median pace.
  func slowness(at index: Int) -> Double {
    let around = times[max(0, index - 2)...min(times.count - 1, index + 2)]
    let whole = median
    return whole > 0 ? SampleSummary(Array(around)).median / whole : 1
  }

  /// Spread between the 10th and the 90th percentile of the pace, as a share of its median.
  var drift: Double {
    let paces = SampleSummary(times.indices.map { slowness(at: $0) })
    return paces.quantile(0.9) - paces.quantile(0.1)
  }
}

/// 80 % interval of the median of `samples`, from 200 resamples. Source: Efron, 1979.
func bootstrapMedian(
  _ samples: [Double], generator: inout SeededGenerator
) -> (low: Double, high: Double) {
  guard samples.count > 1 else { return (samples.first ?? 0, samples.first ?? 0) }
  let medians = SampleSummary(
    (0..<200).map { _ in
      SampleSummary(samples.indices.map { _ in samples[generator.integer(below: samples.count)] })
        .median
    })
  return (medians.quantile(0.1), medians.quantile(0.9))
}
