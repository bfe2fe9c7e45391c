import Artifacts

/// How fast the machine is right now, from runs of one small model between all others.
///
/// A shared or throttled machine changes its pace within minutes. Every time is divided by the
/// baseline's time around it over the baseline's median, so that drift cancels and noise does not add
/// up: the pace at one moment is the median of five neighbouring runs.
struct Pace {
  private var computing: [Double] = []
  private var walls: [Double] = []

  /// Index of the run, to ask for its pace once all runs are known.
  mutating func add(_ timing: LanguageTimer.Timing) -> Int {
    computing.append(timing.total)
    walls.append(timing.wall)
    return computing.count - 1
  }

  /// Computing seconds of the baseline.
  var median: Double { SampleSummary(computing).median }

  /// Wall time over computing time, at the median: above 1 where other work takes the cores.
  var load: Double {
    let time = median
    return time > 0 ? max(1, SampleSummary(walls).median / time) : 1
  }

  /// Slowness of computing around a run: 1 at the median pace.
  func slowness(at index: Int) -> Double { Self.slowness(computing, at: index) }

  /// The same by the wall clock.
  func wallSlowness(at index: Int) -> Double { Self.slowness(walls, at: index) }

  private static func slowness(_ times: [Double], at index: Int) -> Double {
    let around = times[max(0, index - 2)...min(times.count - 1, index + 2)]
    let whole = SampleSummary(times).median
    return whole > 0 ? SampleSummary(Array(around)).median / whole : 1
  }

  /// Spread between the 10th and the 90th percentile of the wall clock's pace, over its median.
  var drift: Double {
    let paces = SampleSummary(walls.indices.map { wallSlowness(at: $0) })
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
