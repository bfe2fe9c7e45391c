package import Artifacts
package import Metering
package import Transformers

/// Latency and energy of one request, from repeated ones.
package func measureRequest(
  _ server: RequestServer, request: [ServingItem], newTokens: Int, repetitions: Int,
  monitor: EnergyMonitor
) -> Expense {
  let warm = server.serve(request, newTokens: newTokens).1.total
  let repetitions = max(repetitions, monitor.repetitions(of: warm))
  var samples: [Double] = []
  let (_, window) = monitor.measure {
    for _ in 0..<repetitions {
      samples.append(server.serve(request, newTokens: newTokens).1.total.value)
    }
  }
  return Expense(
    time: SampleSummary(samples).measured(
      source: "wall clock, \(repetitions) requests, \(server.threads) threads"),
    energy: window.energy.map { $0 / Double(repetitions) })
}

/// Serves the same request with both models in turn, so that drift of the machine hits both; the
/// requests that count follow an uncounted one of the same model. The faster model serves more of them,
/// so that both are watched for about as long. Where a meter is too slow for one request, the energy
/// window goes on with more requests; the first one is timed.
///
/// - Parameters:
///   - repetitions: Counted requests of the original.
///   - perTurn: So many of them follow one another in a turn.
package func compareRequests(
  original: RequestServer, compressed: RequestServer, request: [ServingItem], workload: Workload,
  repetitions: Int, perTurn: Int = 2, monitor: EnergyMonitor,
  progress: (Double) -> Void = { _ in }
) -> RequestComparison {
  let servers = [original, compressed]
  var counts = [perTurn, perTurn]
  let first = servers.map { $0.serve(request, newTokens: workload.newTokens).1.total }
  counts[1] = equalShare(of: counts[0], taking: first[0], by: first[1])
  /// By side, then by turn.
  var samples: [[[Double]]] = [[], []]
  var energies: [Figure<Joules>?] = [nil, nil]
  let turns = (repetitions + perTurn - 1) / perTurn
  for turn in 0..<turns {
    for (side, server) in servers.enumerated() {
      // The other model's weights have just filled the caches: a server that keeps one model runs
      // warm, so the first request of a turn is not counted.
      let warm = server.serve(request, newTokens: workload.newTokens).1.total
      let repeats = monitor.repetitions(of: warm)
      samples[side].append([])
      for _ in 0..<counts[side] {
        let (time, window) = monitor.measure {
          let time = server.serve(request, newTokens: workload.newTokens).1.total.value
          for _ in 1..<repeats { _ = server.serve(request, newTokens: workload.newTokens) }
          return time
        }
        samples[side][turn].append(time)
        let energy = window.energy.map { $0 / Double(repeats) }
        energies[side] = energies[side].map { sum(of: $0, energy) } ?? energy
      }
    }
    progress(Double(turn + 1) / Double(turns))
  }
  func side(_ index: Int) -> RequestComparison.Side {
    let all = samples[index].flatMap { $0 }
    let summary = SampleSummary(all)
    let source = "wall clock, \(all.count) warm requests alternated, \(workload.threads) threads"
    return RequestComparison.Side(
      median: summary.measured(source: source),
      percentile95: .measured(Seconds(summary.quantile(0.95)), source: source),
      energy: energies[index]?.map { $0 / Double(all.count) }
        ?? .unavailable("no request was measured"), samples: all.map { Seconds($0) })
  }
  let (speedUp, low, high) = ratioOfMedians(samples[0], samples[1])
  return RequestComparison(
    workload: workload, original: side(0), compressed: side(1), speedUp: speedUp, speedUpLow: low,
    speedUpHigh: high)
}

/// How often a model serves while another one serves `count` times: at most eight times as often.
package func equalShare(of count: Int, taking slow: Seconds, by fast: Seconds) -> Int {
  guard fast.value > 0, slow > fast else { return count }
  return min(8 * count, Int((Double(count) * (slow / fast)).rounded()))
}

/// The ratio of two medians over all turns, and its 80 % interval from 400 resamples of the turns: what
/// slows a turn slows both sides, so turns are drawn and not requests. Source: Efron, 1979.
///
/// - Parameters:
///   - original: Seconds by turn; at least one turn, no turn empty.
///   - compressed: As many turns.
package func ratioOfMedians(
  _ original: [[Double]], _ compressed: [[Double]]
) -> (ratio: Double, low: Double, high: Double) {
  func ratio(_ turns: [Int]) -> Double {
    SampleSummary(turns.flatMap { original[$0] }).median
      / SampleSummary(turns.flatMap { compressed[$0] }).median
  }
  let turns = Array(original.indices)
  var generator = SeededGenerator(seed: 1, stream: "resampled turns")
  let draws = SampleSummary(
    (0..<400).map { _ in
      ratio(turns.map { _ in turns[generator.integer(below: turns.count)] })
    })
  return (ratio(turns), draws.quantile(0.1), draws.quantile(0.9))
}

/// The sum of two energies of one meter; unavailable as soon as one of them is.
private func sum(of first: Figure<Joules>, _ second: Figure<Joules>) -> Figure<Joules> {
  guard let a = first.value, let b = second.value, let aLow = first.low, let bLow = second.low,
    let aHigh = first.high, let bHigh = second.high
  else { return first.value == nil ? first : second }
  switch second.provenance {
  case .measured:
    return .measured(a + b, low: aLow + bLow, high: aHigh + bHigh, source: second.source)
  case .attributed:
    return .attributed(a + b, low: aLow + bLow, high: aHigh + bHigh, source: second.source)
  default: return .modelled(a + b, low: aLow + bLow, high: aHigh + bHigh, source: second.source)
  }
}
