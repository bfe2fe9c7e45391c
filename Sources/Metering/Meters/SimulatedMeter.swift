package import Artifacts

/// A constant power on the injected clock, for tests and rehearsals; labelled as modelled.
package struct SimulatedMeter: EnergyMeter {
  package let name = "simulated"
  package let source: String
  package let provenance = Provenance.modelled
  package let interval = "none: the power is given"
  package let resolution: Seconds
  package let longestWindow: Seconds?

  private let system: any SystemCalls
  private let power: Watts
  /// Thrown by every snapshot, where a test wants a broken meter.
  private let failure: MeterError?

  package init(
    power: Watts, system: any SystemCalls = LinuxSystem(), longestWindow: Seconds? = nil,
    failure: MeterError? = nil
  ) {
    self.power = power
    self.system = system
    self.longestWindow = longestWindow
    self.failure = failure
    resolution = system.clockResolution()
    source = "simulated \(power.value) W"
  }

  package func snapshot() throws(MeterError) -> EnergySnapshot {
    if let failure { throw failure }
    return EnergySnapshot(time: system.now(), processorTime: system.processorTime())
  }

  package func energy(
    from start: EnergySnapshot, to end: EnergySnapshot
  ) throws(MeterError) -> Figure<Joules> {
    let elapsed = start.elapsed(to: end)
    if let longestWindow, elapsed > longestWindow {
      throw MeterError(.ambiguousGap, meter: name, detail: "\(elapsed.value) s between readings")
    }
    return .modelled(power * elapsed, source: source)
  }

  package func modelledPower(busyThreads: Int) -> Figure<Watts>? {
    .modelled(power, source: source)
  }
}
