import Artifacts

/// How fast the machine was, from probes of one small model among all other runs.
///
/// A shared or throttled machine changes its pace within a second. Models are timed in probes
/// (`LanguageTimer.compare`), and a probe counts its median time, so that drift cancels.
struct Pace {
  private var computing: [Double] = []
  private var walls: [Double] = []

  /// Index of the comparison, to ask for its pace once all are known.
  @discardableResult
  mutating func add(_ found: LanguageTimer.Comparison) -> Int {
    computing.append(found.probe.total)
    walls.append(found.probe.wall)
    return computing.count - 1
  }

  /// Computing seconds of a probe.
  var median: Double { SampleSummary(computing).median }

  /// Wall time over computing time, at the median: above 1 where other work takes the cores.
  var load: Double {
    let time = median
    return time > 0 ? max(1, SampleSummary(walls).median / time) : 1
  }

  /// Slowness by the wall clock around a probe, median of five: 1 at the median pace.
  func wallSlowness(at index: Int) -> Double {
    let around = walls[max(0, index - 2)...min(walls.count - 1, index + 2)]
    let whole = SampleSummary(walls).median
    return whole > 0 ? SampleSummary(Array(around)).median / whole : 1
  }

  /// Spread between the 10th and the 90th percentile of the wall clock's pace, over its median.
  var drift: Double {
    let paces = SampleSummary(walls.indices.map { wallSlowness(at: $0) })
    return paces.quantile(0.9) - paces.quantile(0.1)
  }
}
