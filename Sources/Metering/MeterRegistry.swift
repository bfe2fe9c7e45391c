/// A kind of meter and how it is found on a machine.
package struct MeterKind: Sendable {
  package let name: String
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
  MeterKind(name: PowerModelMeter.meterName) { system throws(MeterError) in
    PowerModelMeter(system: system)
  },
]

/// The meters that work on this machine, best first; the documented model is always the last.
package func availableMeters(system: any SystemCalls = LinuxSystem()) -> [any EnergyMeter] {
  var meters: [any EnergyMeter] = []
  for kind in meterKinds {
    if let meter = try? kind.open(system), (try? meter.snapshot()) != nil { meters.append(meter) }
  }
  return meters
}

/// The first meter of `availableMeters`.
package func bestMeter(system: any SystemCalls = LinuxSystem()) -> any EnergyMeter {
  availableMeters(system: system).first ?? PowerModelMeter(system: system)
}
