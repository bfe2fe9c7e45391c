import Artifacts

/// Which meters and counters exist here, each proven by opening and reading it.
package enum Doctor {
  /// Every source in the order of preference: energy, counters, then facts about the machine.
  package static func diagnose(system: any SystemCalls = LinuxSystem()) -> [Diagnosis] {
    energySources(system: system) + [machineSpecificRegisters(system: system)]
      + counters(system: system) + [clock(system: system)] + machine(system: system)
  }

  /// One entry per kind of meter: opened, and read twice.
  private static func energySources(system: any SystemCalls) -> [Diagnosis] {
    meterKinds.map { kind in
      do throws(MeterError) {
        let meter = try kind.open(system)
        let energy = try meter.energy(from: meter.snapshot(), to: meter.snapshot())
        return Diagnosis(
          source: kind.name, status: .present,
          evidence: "opened and read twice, \(energy.provenance.rawValue): \(meter.source)")
      } catch {
        return Diagnosis(
          source: kind.name, status: Diagnosis.Status(error), evidence: error.detail,
          remedy: error.remedy ?? (error.kind == .absent ? hardwareRemedy : nil))
      }
    }
  }

  private static let hardwareRemedy =
    "run on the machine itself instead of inside a virtual machine; until then the model is used"

  private static func machineSpecificRegisters(system: any SystemCalls) -> Diagnosis {
    do throws(SystemError) {
      let names = try system.names(in: "/dev/cpu/0")
      return Diagnosis(
        source: "msr device", status: names.contains("msr") ? .present : .absent,
        evidence: "listed /dev/cpu/0; not needed while perf or powercap works")
    } catch {
      return Diagnosis(
        source: "msr device", status: Diagnosis.Status(errno: error.errno),
        evidence: error.description)
    }
  }

  private static func counters(system: any SystemCalls) -> [Diagnosis] {
    (CounterEvent.hardware + CounterEvent.software).map { event in
      let group = CounterGroup(system: system, events: [event])
      let (_, readings) = group.count { _ = spin(iterations: 1_000_000) }
      let reading =
        readings.first ?? CounterReading(name: event.name, state: .notCounted)
      let source = "counter \(event.name)"
      switch reading.state {
      case .counted(let value):
        return Diagnosis(
          source: source, status: .present,
          evidence: "opened, counted \(Int64(min(value, 9e18))) over a fixed loop")
      case .notCounted:
        return Diagnosis(
          source: source, status: .notSupported, evidence: "opened, and never on a counter",
          remedy: "stop other users of the counters, for example the NMI watchdog")
      case .notEncoded(let error):
        return Diagnosis(source: source, status: .notSupported, evidence: error.description)
      case .refused(let error):
        let status = Diagnosis.Status(errno: error.errno)
        return Diagnosis(
          source: source, status: status, evidence: error.description,
          remedy: status == .permission
            ? "run as root, give this process CAP_PERFMON, or set kernel.perf_event_paranoid to 2"
            : status == .absent ? "a virtual machine without a virtual PMU has none" : nil)
      }
    }
  }

  private static func clock(system: any SystemCalls) -> Diagnosis {
    let first = system.now()
    var second = system.now()
    for _ in 0..<1_000_000 where second == first { second = system.now() }
    let step = system.clockResolution()
    return Diagnosis(
      source: "monotonic clock", status: second > first ? .present : .notSupported,
      evidence: "stated step \(step.value * 1e9) ns, two readings \(second &- first) ns apart")
  }
}
