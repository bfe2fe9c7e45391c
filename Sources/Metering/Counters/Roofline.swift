package import Artifacts

/// A rate of floating-point operations, a multiply-add counted as two.
package struct OperationsPerSecond: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = "FLOP/s"
}

/// A rate of memory traffic.
package struct BytesPerSecond: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = "B/s"
}

/// The most that a machine does: arithmetic, and memory traffic.
///
/// Source: S. Williams, A. Waterman, D. Patterson, "Roofline", CACM 2009.
package struct Roofline: Codable, Hashable, Sendable {
  package var peak: Figure<OperationsPerSecond>
  package var bandwidth: Figure<BytesPerSecond>

  package init(peak: Figure<OperationsPerSecond>, bandwidth: Figure<BytesPerSecond>) {
    self.peak = peak
    self.bandwidth = bandwidth
  }

  /// The best of `repetitions` runs of each; a run returns what it did: operations, bytes.
  package static func measured(
    system: any SystemCalls = LinuxSystem(), repetitions: Int = 7, source: String,
    arithmetic: () -> Double, traffic: () -> Double
  ) -> Roofline {
    func best(_ work: () -> Double) -> [Double] {
      var rates: [Double] = []
      for _ in 0..<max(1, repetitions) {
        let start = system.now()
        let amount = work()
        let seconds = Double(system.now() &- start) * 1e-9
        if seconds > 0 { rates.append(amount / seconds) }
      }
      return rates.sorted()
    }
    func figure<Q: Quantity>(_ rates: [Double]) -> Figure<Q> {
      guard let top = rates.last, let first = rates.first else {
        return .unavailable("no run took any time")
      }
      return .measured(
        Q(top), low: Q(first), high: Q(top), source: "\(source), best of \(rates.count) runs")
    }
    return Roofline(peak: figure(best(arithmetic)), bandwidth: figure(best(traffic)))
  }
}
