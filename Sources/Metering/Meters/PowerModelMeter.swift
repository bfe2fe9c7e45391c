package import Artifacts

/// Energy from processor time and a documented power per hardware thread, where no counter exists.
///
/// P = Σ threads [idle + u·(full − idle)] + 0.392 W/GB · max(0, memory − included), with u the
/// processor time over the wall time. Under this model an energy saving is a processor-time saving.
package struct PowerModelMeter: EnergyMeter {
  package static let meterName = "power-model"

  package let name = PowerModelMeter.meterName
  package let source: String
  package let provenance = Provenance.modelled
  package let resolution: Seconds

  private let system: any SystemCalls
  package let model: PowerModel
  /// Hardware threads of this machine, all of them idle or busy within every window.
  package let threads: Int
  /// Power of memory beyond the model's, in watts.
  package let memoryPower: Watts

  package init(system: any SystemCalls) {
    let processor = ProcessorIdentity(system: system)
    self.init(
      system: system, model: .row(for: processor), threads: processor.threads,
      memoryGigabytes: Double(installedMemory(system: system)) / 1e9)
  }

  package init(
    system: any SystemCalls, model: PowerModel, threads: Int, memoryGigabytes: Double
  ) {
    self.system = system
    self.model = model
    self.threads = max(1, threads)
    memoryPower = Watts(
      PowerModel.wattsPerGigabyte
        * max(0, memoryGigabytes - model.includedGigabytes * Double(self.threads)))
    resolution = system.clockResolution()
    source =
      "SPECpower-based model of \(model.processor): \(self.threads) hardware threads, processor "
      + "time of this process, wall power"
  }

  package func snapshot() throws(MeterError) -> EnergySnapshot {
    EnergySnapshot(time: system.now(), processorTime: system.processorTime())
  }

  /// Idle threads and memory for the wall time, plus the marginal energy of the busy time.
  package func energy(
    from start: EnergySnapshot, to end: EnergySnapshot
  ) throws(MeterError) -> Figure<Joules> {
    let (wall, busy) = try times(from: start, to: end)
    return figure(idleTime: wall * Double(threads) - busy, busyTime: busy, memoryTime: wall)
  }

  /// Only what the work added to an idle machine: processor time · (full − idle), without memory.
  package func marginalEnergy(
    from start: EnergySnapshot, to end: EnergySnapshot
  ) throws(MeterError) -> Figure<Joules> {
    let (_, busy) = try times(from: start, to: end)
    let (idle, full) = (model.idle, model.full)
    return .modelled(
      Joules(busy.value * (full.median - idle.median)),
      low: Joules(busy.value * (full.low - idle.low)),
      high: Joules(busy.value * (full.high - idle.high)), source: source + ", marginal")
  }

  package func modelledPower(busyThreads: Int) -> Figure<Watts>? {
    let busy = Double(min(max(0, busyThreads), threads))
    let energy = figure(
      idleTime: Seconds(Double(threads) - busy), busyTime: Seconds(busy), memoryTime: Seconds(1))
    return energy.map { Watts($0.value) }
  }

  private func times(
    from start: EnergySnapshot, to end: EnergySnapshot
  ) throws(MeterError) -> (wall: Seconds, busy: Seconds) {
    let wall = start.elapsed(to: end)
    let busy = end.processorTime - start.processorTime
    guard wall >= .zero, busy >= .zero else {
      throw MeterError(.inconsistent, meter: name, detail: "the window ends before it starts")
    }
    // The two clocks are read one after the other, so a short window can show more than all threads.
    return (wall, min(busy, wall * Double(threads)))
  }

  private func figure(idleTime: Seconds, busyTime: Seconds, memoryTime: Seconds) -> Figure<Joules> {
    func energy(_ idle: Double, _ full: Double) -> Joules {
      Watts(idle) * idleTime + Watts(full) * busyTime + memoryPower * memoryTime
    }
    return .modelled(
      energy(model.idle.median, model.full.median), low: energy(model.idle.low, model.full.low),
      high: energy(model.idle.high, model.full.high), source: source)
  }
}
