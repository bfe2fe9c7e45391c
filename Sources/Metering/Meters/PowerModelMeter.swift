package import Artifacts

/// Energy from processor time and a documented power per hardware thread, where no counter exists.
///
/// P = Σ threads [idle + u·(full − idle)], with u the processor time over the wall time. Under this
/// model an energy saving is a processor-time saving.
///
/// Memory beyond what the model's machines had is `reservedMemoryPower`, and no part of a window's
/// energy: it draws the same whether the work runs or not, and would drown what the work costs.
package struct PowerModelMeter: EnergyMeter {
  package static let meterName = "power-model"

  package let name = PowerModelMeter.meterName
  package let source: String
  package let provenance = Provenance.modelled
  package let interval = "80 % interval: P10 to P90 of the published machines"
  package let resolution: Seconds
  /// Memory that the machine has beyond the model's share for its threads: 0.392 W/GB, drawn at any
  /// load.
  package let reservedMemoryPower: Figure<Watts>

  private let system: any SystemCalls
  package let model: PowerModel
  /// Hardware threads of this machine, all of them idle or busy within every window.
  package let threads: Int

  package init(system: any SystemCalls) {
    let processor = ProcessorIdentity(system: system)
    self.init(
      system: system, model: .row(for: processor), threads: processor.threads,
      memoryBytes: installedMemory(system: system))
  }

  /// `memoryBytes`: installed memory; 0 where it is not known.
  package init(
    system: any SystemCalls, model: PowerModel, threads: Int, memoryBytes: Int = 0
  ) {
    self.system = system
    self.model = model
    self.threads = max(1, threads)
    resolution = system.clockResolution()
    let included = (model.includedGigabytes * Double(self.threads) * 10).rounded() / 10
    source =
      "SPECpower-based model of \(model.processor): \(self.threads) hardware threads, processor "
      + "time of this process, wall power, memory beyond "
      + "\(included) GB shown apart"
    reservedMemoryPower = Self.memoryPower(
      bytes: memoryBytes, included: model.includedGigabytes * Double(self.threads))
  }

  private static func memoryPower(bytes: Int, included: Double) -> Figure<Watts> {
    guard bytes > 0 else { return .unavailable("the machine does not state its memory") }
    let gigabytes = Double(bytes) / 1e9
    func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
    return .modelled(
      Watts(wattsPerGigabyte * max(0, gigabytes - included)),
      source: "model: \(wattsPerGigabyte) W for each of the GB beyond \(rounded(included)) GB, "
        + "of \(rounded(gigabytes)) GB")
  }

  private static let wattsPerGigabyte = 0.392

  package func snapshot() throws(MeterError) -> EnergySnapshot {
    EnergySnapshot(time: system.now(), processorTime: system.processorTime())
  }

  /// All threads idle for the wall time, plus the marginal energy of the busy time.
  package func energy(
    from start: EnergySnapshot, to end: EnergySnapshot
  ) throws(MeterError) -> Figure<Joules> {
    let (wall, busy) = try times(from: start, to: end)
    return figure(idleTime: wall * Double(threads) - busy, busyTime: busy)
  }

  /// Only what the work added to an idle machine: processor time · (full − idle).
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
      idleTime: Seconds(Double(threads) - busy), busyTime: Seconds(busy))
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

  private func figure(idleTime: Seconds, busyTime: Seconds) -> Figure<Joules> {
    func energy(_ idle: Double, _ full: Double) -> Joules {
      Watts(idle) * idleTime + Watts(full) * busyTime
    }
    return .modelled(
      energy(model.idle.median, model.full.median), low: energy(model.idle.low, model.full.low),
      high: energy(model.idle.high, model.full.high), source: source)
  }
}
