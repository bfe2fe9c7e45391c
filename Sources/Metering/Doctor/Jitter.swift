package import Artifacts

/// How much the time of one fixed piece of work varies on this machine.
package struct Jitter: Codable, Hashable, Sendable {
  /// Median of one run, with the 10th and the 90th percentile as its interval.
  package var time: Figure<Seconds>
  /// (P90 − P10) / median.
  package var relativeSpread: Double
  /// Slowest run over the median.
  package var worst: Double
  package var samples: Int
}

extension Doctor {
  /// Repeats a fixed arithmetic loop of about a millisecond for `seconds`, at least 5 times.
  package static func jitter(
    seconds: Seconds = Seconds(10), system: any SystemCalls = LinuxSystem(),
    progress: ProgressHandler? = nil
  ) -> Jitter {
    var samples: [Double] = []
    let begin = system.now()
    var last = begin
    var shown = 0
    repeat {
      _ = spin(iterations: 250_000)
      let now = system.now()
      samples.append(Double(now &- last) * 1e-9)
      last = now
      let share = min(1, Double(now &- begin) * 1e-9 / max(seconds.value, 1e-9))
      let tenths = Int(share * 10)
      if tenths > shown {
        shown = tenths
        progress?(
          ProgressUpdate(
            stage: "noise of the machine", step: tenths, steps: 10, fraction: share, loss: nil,
            accuracy: nil, message: nil, remaining: nil))
        last = system.now()
      }
    } while samples.count < 5
      || (Double(last &- begin) * 1e-9 < seconds.value && samples.count < 100_000)
    samples.sort()
    func quantile(_ share: Double) -> Double {
      samples[min(samples.count - 1, Int(share * Double(samples.count - 1) + 0.5))]
    }
    let median = quantile(0.5)
    let scale = median > 0 ? 1 / median : 0
    return Jitter(
      time: .measured(
        Seconds(median), low: Seconds(quantile(0.1)), high: Seconds(quantile(0.9)),
        source: "monotonic clock, \(samples.count) runs of a fixed loop"),
      relativeSpread: (quantile(0.9) - quantile(0.1)) * scale,
      worst: (samples.last ?? 0) * scale, samples: samples.count)
  }
}
