import Artifacts

/// A measured shape against the limits of its target, each as the share of the limit that is used.
struct TargetJudgement {
  struct Share {
    var value: Double
    var low: Double
    var high: Double
  }

  let latency: Share
  /// Nil where no annual energy was asked for, or no energy is known.
  let energy: Share?
  private let reviser: PlanReviser
  private let target: PlanTarget
  private let trial: PlanAdjustment.Trial

  /// Nil where nothing was measured.
  init?(_ trial: PlanAdjustment.Trial, target: PlanTarget, reviser: PlanReviser) {
    let comparison = trial.comparison
    guard let median = comparison.compressed.median.value, median.value > 0,
      trial.latencyLimit.value > 0
    else { return nil }
    let (low, high) = Self.interval(comparison.compressed)
    if let speedUp = target.speedUp {
      latency = Share(
        value: speedUp / comparison.speedUp, low: speedUp / comparison.speedUpHigh,
        high: speedUp / comparison.speedUpLow)
    } else {
      let limit = trial.latencyLimit
      latency = Share(value: median / limit, low: low / limit, high: high / limit)
    }
    energy = trial.energyLimit.flatMap { limit in
      comparison.compressed.energy.value.map {
        // A meter's own error is in the forecast, too. What makes two of its readings differ is what
        // makes times differ.
        Share(
          value: $0 / limit, low: $0 / limit * (low / median), high: $0 / limit * (high / median))
      }
    }
    self.reviser = reviser
    self.target = target
    self.trial = trial
  }

  /// The interval of the median, and that of 400 resamples of a few stretches of time: what slows a
  /// machine for seconds slows requests in a row, which single requests take for agreement.
  private static func interval(_ side: RequestComparison.Side) -> (low: Seconds, high: Seconds) {
    let samples = side.samples.map(\.value)
    var low = side.median.low ?? .zero
    var high = side.median.high ?? .zero
    let stretches = min(6, samples.count / 4)
    if stretches > 1 {
      let parts = (0..<stretches).map { index in
        Array(
          samples[(index * samples.count / stretches)..<((index + 1) * samples.count / stretches)])
      }
      let resampled = ratioOfMedians(parts, parts.map { _ in [1] })
      low = min(low, Seconds(resampled.low))
      high = max(high, Seconds(resampled.high))
    }
    return (low, high)
  }

  /// Beyond the limit that plans keep, by more than the measurement's interval.
  var exceedsMargin: Bool {
    latency.low > reviser.latencyMargin || (energy?.low ?? 0) > 1
  }

  /// Within the limits themselves.
  var isWithinLimits: Bool { latency.value <= 1 && (energy?.value ?? 0) <= 1 }

  /// Beyond the limits themselves, by more than the measurement's interval.
  var exceedsLimits: Bool { latency.low > 1 || (energy?.low ?? 0) > 1 }

  /// Options of `plan` that this shape would meet, with the margin that plans keep; nil where there are none.
  var whatWouldFit: String? {
    var options: [String] = []
    if latency.value > reviser.latencyMargin {
      let comparison = trial.comparison
      if target.speedUp != nil {
        let ratio = comparison.speedUpLow * reviser.latencyMargin
        // Less than the original's own speed is no target.
        guard ratio >= 1.01 else { return nil }
        options.append("--target-ratio \((ratio * 100).rounded(.down) / 100)")
      } else {
        // The limit of the trial is the target's at the pace that is taken to last.
        let milliseconds = target.latency.milliseconds * latency.high / reviser.latencyMargin
        options.append("--target-ms \((milliseconds * 10).rounded(.up) / 10)")
      }
    }
    if let energy, energy.value > 1, let annual = target.annualEnergy {
      options.append("--annual-kwh \((annual.value * energy.high * 1_000).rounded(.up) / 1_000)")
    }
    return options.isEmpty ? nil : options.joined(separator: " ")
  }

  /// Far enough below the limits, by more than the measurement's interval.
  var leavesRoom: Bool {
    latency.value < reviser.roomShare && latency.high < reviser.latencyMargin
      && (energy?.value ?? 0) < reviser.roomShare
  }

  /// The share of the limit that is used most.
  var use: Double { max(latency.value, energy?.value ?? 0) }

  /// "2 blocks × hidden 224, … took 95.4 ms a request of at most 90.0 ms".
  var sentence: String {
    let comparison = trial.comparison
    func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
    func milliseconds(_ time: Seconds?) -> String { time.map { tenths($0.milliseconds) } ?? "?" }
    var text =
      "\(trial.forecast.shape) took \(milliseconds(comparison.compressed.median.value)) ms a request "
      + "of at most \(milliseconds(trial.latencyLimit)) ms"
    if let limit = trial.energyLimit, let energy = comparison.compressed.energy.value {
      text += " and \(tenths(energy.value * 1_000)) mJ of at most \(tenths(limit.value * 1_000)) mJ"
    }
    return text
  }
}
