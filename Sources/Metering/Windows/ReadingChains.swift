import Artifacts
import Dispatch
import Foundation

/// The readings of all open windows.
///
/// Invariant for `@unchecked Sendable`: every mutable field is read and written under `lock`.
final class ReadingChains: @unchecked Sendable {
  /// Energy of one window so far, up to its last reading.
  private struct Chain {
    var first: EnergySnapshot?
    var last: EnergySnapshot?
    var sum: Figure<Joules>?
    var failure: MeterError?
  }

  private let meter: any EnergyMeter
  private let lock = NSLock()
  private var chains: [UInt64: Chain] = [:]
  private var nextID: UInt64 = 0
  private var timer: (any DispatchSourceTimer)?

  init(meter: any EnergyMeter) { self.meter = meter }

  deinit { timer?.cancel() }

  func open() -> UInt64 {
    lock.withLock {
      nextID += 1
      startTimer()
      var chain = Chain()
      do throws(MeterError) { chain.first = try meter.snapshot() } catch { chain.failure = error }
      chain.last = chain.first
      chains[nextID] = chain
      return nextID
    }
  }

  func close(_ id: UInt64) -> Figure<Joules> {
    lock.withLock {
      guard var chain = chains.removeValue(forKey: id) else {
        return .unavailable("\(meter.name): the window was closed twice")
      }
      extend(&chain)
      if chain.failure == nil { chain.failure = doubt(about: chain) }
      if chains.isEmpty {
        timer?.cancel()
        timer = nil
      }
      if let failure = chain.failure { return .unavailable(failure.description) }
      return chain.sum ?? .unavailable("\(meter.name): no reading")
    }
  }

  /// Reads the meter for every open window, so that none grows past the meter's longest one.
  func extendAll() {
    lock.withLock {
      for id in chains.keys.sorted() {
        if var chain = chains[id] {
          extend(&chain)
          chains[id] = chain
        }
      }
    }
  }

  /// Why a window that was read without failure has no certain energy all the same.
  private func doubt(about chain: Chain) -> MeterError? {
    guard meter.provenance == .measured, let first = chain.first, let last = chain.last else {
      return nil
    }
    let elapsed = first.elapsed(to: last)
    if elapsed < meter.resolution {
      return MeterError(
        .belowResolution, meter: meter.name,
        detail: "a window of \(elapsed.milliseconds) ms is shorter than the "
          + "\(meter.resolution.milliseconds) ms between two updates of the counter",
        remedy: "repeat the work")
    }
    if last.counters == first.counters && elapsed > meter.resolution * 20 {
      return MeterError(
        .standstill, meter: meter.name,
        detail: "the counter did not move in \(elapsed.milliseconds) ms")
    }
    return nil
  }

  private func extend(_ chain: inout Chain) {
    guard chain.failure == nil, let last = chain.last else { return }
    do throws(MeterError) {
      let next = try meter.snapshot()
      let energy = try meter.energy(from: last, to: next)
      chain.sum = chain.sum.map { added($0, energy) } ?? energy
      chain.last = next
    } catch { chain.failure = error }
  }

  /// Caller holds the lock.
  private func startTimer() {
    guard timer == nil, let longest = meter.longestWindow else { return }
    let source = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
    let interval = longest.value / 3
    source.schedule(deadline: .now() + interval, repeating: interval)
    source.setEventHandler { [weak self] in self?.extendAll() }
    source.resume()
    timer = source
  }
}

/// Energies of consecutive windows of one meter; the ends of the intervals add, as errors of one
/// model or scale do.
private func added(_ left: Figure<Joules>, _ right: Figure<Joules>) -> Figure<Joules> {
  guard let value = left.value, let low = left.low, let high = left.high,
    let more = right.value, let moreLow = right.low, let moreHigh = right.high
  else { return left.value == nil ? left : right }
  let (sum, from, to) = (value + more, low + moreLow, high + moreHigh)
  switch right.provenance {
  case .measured: return .measured(sum, low: from, high: to, source: right.source)
  case .modelled: return .modelled(sum, low: from, high: to, source: right.source)
  case .attributed: return .attributed(sum, low: from, high: to, source: right.source)
  case .unavailable: return right
  }
}
