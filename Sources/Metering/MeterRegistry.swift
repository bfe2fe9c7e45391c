import Artifacts

/// A kind of meter and how it is found on a machine.
package struct MeterKind: Sendable {
  package let name: String
  package var scope = MeterScope.machine
  /// Opens the meter, proving that it can be read; throws the reason why not.
  package let open: @Sendable (any SystemCalls) throws(MeterError) -> any EnergyMeter
}

/// Every kind of meter, best first: kernel-accumulated counters, raw counters, then the model.
package let meterKinds: [MeterKind] = [
  MeterKind(name: PerfPowerMeter.meterName) { system throws(MeterError) in
    try PerfPowerMeter(system: system)
  },
  MeterKind(name: PowercapMeter.meterName) { system throws(MeterError) in
    try PowercapMeter(system: system)
  },
  MeterKind(name: HwmonMeter.meterName) { system throws(MeterError) in
    try HwmonMeter(system: system)
  },
  MeterKind(name: NVMLMeter.meterName, scope: .graphics) { system throws(MeterError) in
    try NVMLMeter(system: system)
  },
  MeterKind(name: PowerModelMeter.meterName) { system throws(MeterError) in
    PowerModelMeter(system: system)
  },
]

/// The meters that work on this machine, best first; the documented model is always the last.
package func availableMeters(system: any SystemCalls = LinuxSystem()) -> [any EnergyMeter] {
  var meters: [any EnergyMeter] = []
  for kind in meterKinds {
    if let meter = try? kind.open(system), (try? proveAlive(meter, system: system)) != nil {
      meters.append(meter)
    }
  }
  return meters
}

/// The first meter that works here and counts what the processor draws; graphics are not touched.
package func bestMeter(system: any SystemCalls = LinuxSystem()) -> any EnergyMeter {
  for kind in meterKinds where kind.scope == .machine {
    if let meter = try? kind.open(system), (try? proveAlive(meter, system: system)) != nil {
      return meter
    }
  }
  return PowerModelMeter(system: system)
}

/// Waits until the counters move, and gives the energy from before to after.
///
/// Virtual machines and boards exist that show counters which stand still; such a meter would report
/// 0 J. Throws what reading threw, or `.standstill` after 100 updates (or a second) without one.
@discardableResult
func proveAlive(
  _ meter: any EnergyMeter, system: any SystemCalls
) throws(MeterError) -> Figure<Joules> {
  let first = try meter.snapshot()
  if meter.provenance != .measured { return try meter.energy(from: first, to: meter.snapshot()) }
  for _ in 0..<max(3, min(100, Int(1 / meter.resolution.value))) {
    system.sleep(meter.resolution)
    let next = try meter.snapshot()
    if next.counters != first.counters { return try meter.energy(from: first, to: next) }
  }
  throw MeterError(
    .standstill, meter: meter.name,
    detail: "opened and read, and the counter does not move: \(meter.source)",
    remedy: "use another meter; a virtual machine can show counters that its host does not fill")
}
