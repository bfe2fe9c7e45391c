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

/// Serves the same request with both models in turn, so that drift of the machine hits both; two
/// counted requests follow an uncounted one of the same model. Where a meter is too slow for one
/// request, the energy window goes on with more requests; the first one is timed.
package func compareRequests(
  original: RequestServer, compressed: RequestServer, request: [ServingItem], workload: Workload,
  repetitions: Int, monitor: EnergyMonitor, progress: (Double) -> Void = { _ in }
) -> RequestComparison {
  for server in [original, compressed] { _ = server.serve(request, newTokens: workload.newTokens) }
  var samples: [[Double]] = [[], []]
  var energies: [Figure<Joules>?] = [nil, nil]
  var done = 0
  while done < repetitions {
    let counted = min(2, repetitions - done)
    for (side, server) in [original, compressed].enumerated() {
      // The other model's weights have just filled the caches: a server that keeps one model runs
      // warm, so the first request of a turn is not counted.
      let warm = server.serve(request, newTokens: workload.newTokens).1.total
      let repeats = monitor.repetitions(of: warm)
      for _ in 0..<counted {
        let (time, window) = monitor.measure {
          let time = server.serve(request, newTokens: workload.newTokens).1.total.value
          for _ in 1..<repeats { _ = server.serve(request, newTokens: workload.newTokens) }
          return time
        }
        samples[side].append(time)
        let energy = window.energy.map { $0 / Double(repeats) }
        energies[side] = energies[side].map { sum(of: $0, energy) } ?? energy
      }
    }
    done += counted
    progress(Double(done) / Double(repetitions))
  }
  func side(_ index: Int) -> RequestComparison.Side {
    let summary = SampleSummary(samples[index])
    let source = "wall clock, \(repetitions) warm requests alternated, \(workload.threads) threads"
    return RequestComparison.Side(
      median: summary.measured(source: source),
      percentile95: .measured(Seconds(summary.quantile(0.95)), source: source),
      energy: energies[index]?.map { $0 / Double(repetitions) }
        ?? .unavailable("no request was measured"), samples: samples[index].map { Seconds($0) })
  }
  let ratios = SampleSummary(zip(samples[0], samples[1]).map { $0 / $1 })
  return RequestComparison(
    workload: workload, original: side(0), compressed: side(1), speedUp: ratios.median,
    speedUpLow: ratios.quantile(0.1), speedUpHigh: ratios.quantile(0.9))
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
