package import Artifacts
import Dispatch
import Foundation
import Synchronization

extension EnergyMonitor {
  /// Power of this machine while this process sleeps; from the model where the meter is one.
  package func idlePower(over duration: Seconds = Seconds(0.5)) -> Figure<Watts> {
    if let modelled = meter.modelledPower(busyThreads: 0) { return modelled }
    let (_, expense) = measure { system.sleep(duration) }
    return Self.power(expense, during: "while idle")
  }

  /// Power of this machine while `threads` threads compute; from the model where the meter is one.
  package func activePower(
    threads: Int, over duration: Seconds = Seconds(0.5)
  ) -> Figure<Watts> {
    if let modelled = meter.modelledPower(busyThreads: threads) { return modelled }
    let count = max(1, threads)
    let (_, expense) = measure {
      let end = system.now() + UInt64(max(0, duration.value) * 1e9)
      DispatchQueue.concurrentPerform(iterations: count) { _ in
        while system.now() < end { _ = spin(iterations: 10_000) }
      }
    }
    return Self.power(expense, during: "with \(count) busy threads")
  }

  private static func power(_ expense: Expense, during: String) -> Figure<Watts> {
    guard let seconds = expense.time.value, seconds > .zero else {
      return .unavailable("the window \(during) took no time")
    }
    let watts = expense.energy.map { Watts($0.value / seconds.value) }
    return watts.relabelled(watts.provenance, source: "\(watts.source), \(during)")
  }
}

/// A fixed piece of arithmetic whose result depends on every step.
///
/// The result is stored where other threads could see it: a call whose result nobody uses would
/// otherwise be removed, loop and all.
@inline(never)
func spin(iterations: Int) -> Double {
  var value = 1.0
  for step in 0..<iterations { value = value * 0.999_999 + Double(step & 7) * 1e-6 }
  spinResult.store(value.bitPattern, ordering: .relaxed)
  return value
}

private let spinResult = Atomic<UInt64>(0)
