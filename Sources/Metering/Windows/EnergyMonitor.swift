package import Artifacts

/// Time and energy of pieces of work, from one meter, for every stage.
///
/// Windows may overlap and may be longer than a counter takes to wrap: a timer then reads the meter
/// between their edges. A window whose energy is not certain becomes `.unavailable`, never 0.
package final class EnergyMonitor: Sendable {
  package let meter: any EnergyMeter
  let system: any SystemCalls
  private let chains: ReadingChains

  package init(meter: any EnergyMeter, system: any SystemCalls = LinuxSystem()) {
    self.meter = meter
    self.system = system
    chains = ReadingChains(meter: meter)
  }

  /// A monitor on the best meter of this machine.
  package static func best(system: any SystemCalls = LinuxSystem()) -> EnergyMonitor {
    EnergyMonitor(meter: bestMeter(system: system), system: system)
  }

  /// Short name of the meter, for example "powercap".
  package var meterName: String { meter.name }
  /// What the meter counts and how, as every figure of this monitor states it.
  package var source: String { meter.source }

  /// Opens a window; close it with `end`.
  package func begin() -> WindowStart {
    let id = chains.open()
    return WindowStart(id: id, time: system.now())
  }

  /// Closes a window. Closing it a second time gives its time and no energy.
  package func end(_ start: WindowStart) -> Expense {
    let time = system.now()
    let seconds = Seconds(time >= start.time ? Double(time - start.time) * 1e-9 : 0)
    return Expense(
      time: .measured(seconds, source: "monotonic clock"), energy: chains.close(start.id))
  }

  /// Runs `body` inside a window.
  package func measure<T>(_ body: () throws -> T) rethrows -> (T, Expense) {
    let start = begin()
    do {
      let result = try body()
      return (result, end(start))
    } catch {
      _ = end(start)
      throw error
    }
  }

  /// Repeats short work until the window is long against the meter's step, and divides.
  ///
  /// Starts on a fresh value of the counters. Runs `body` at least once, at most `limit` times.
  package func repeatUntilResolved(
    minimum: Seconds = Seconds(0.2), limit: Int = 1_000_000, _ body: () throws -> Void
  ) rethrows -> RepeatedExpense {
    alignToTick()
    var repetitions = 0
    let start = begin()
    do {
      repeat {
        try body()
        repetitions += 1
      } while repetitions < limit && Double(system.now() - start.time) * 1e-9 < minimum.value
    } catch {
      _ = end(start)
      throw error
    }
    return RepeatedExpense(total: end(start), repetitions: repetitions)
  }

  /// How often work of this length is repeated in one window, so that the window is long against the
  /// meter's step; 1 for a model, which has none.
  package func repetitions(of work: Seconds, minimum: Seconds = Seconds(0.2)) -> Int {
    guard meter.provenance == .measured, work > .zero else { return 1 }
    return max(1, Int(min(1e6, (minimum / work).rounded(.up))))
  }

  /// Waits until a counter changes, for at most 20 steps of the meter.
  private func alignToTick() {
    guard meter.provenance == .measured, let first = try? meter.snapshot() else { return }
    let limit = meter.resolution * 20
    while let next = try? meter.snapshot(), next.counters == first.counters,
      first.elapsed(to: next) < limit
    {}
  }
}

/// An open window.
package struct WindowStart: Hashable, Sendable {
  let id: UInt64
  /// Monotonic clock at the start, nanoseconds.
  package let time: UInt64
}

/// What repeated work took.
package struct RepeatedExpense: Hashable, Sendable {
  package var total: Expense
  package var repetitions: Int

  /// The mean of one run.
  package var perRun: Expense {
    let share = 1 / Double(max(1, repetitions))
    return Expense(
      time: total.time.map { $0 * share }, energy: total.energy.map { $0 * share })
  }
}
