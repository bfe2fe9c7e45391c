package import Artifacts

/// Which meters and counters exist here, each proven by opening and reading it.
package enum Doctor {
  /// Everything that `planner doctor` tells about a machine; spins one processor for `jitter`.
  package static func examine(
    system: any SystemCalls = LinuxSystem(), jitter seconds: Seconds = Seconds(10),
    progress: ProgressHandler? = nil
  ) -> Examination {
    let meters = availableMeters(system: system)
    let best = bestMeter(system: system)
    // Before anything here works hard.
    let idle = EnergyMonitor(meter: best, system: system).idlePower()
    let sources = diagnose(system: system)
    return Examination(
      verdict: Verdict(meter: best, sources: sources, machine: machineKind(system: system)).text,
      meter: best.name, idlePower: idle,
      reservedMemoryPower: best.reservedMemoryPower, sources: sources,
      meters: meters.map { MeterFacts($0, system: system) },
      jitter: jitter(seconds: seconds, system: system, progress: progress))
  }

  /// Every source in the order of preference: energy, counters, then facts about the machine.
  package static func diagnose(system: any SystemCalls = LinuxSystem()) -> [Diagnosis] {
    energySources(system: system) + counters(system: system) + [clock(system: system)]
      + machine(system: system)
  }

  private static func machineKind(system: any SystemCalls) -> String {
    ProcessorIdentity(system: system).hypervisor ? "virtual machine" : "machine"
  }

  /// One entry per kind of meter: opened, and read until its counter moved.
  private static func energySources(system: any SystemCalls) -> [Diagnosis] {
    meterKinds.map { kind in
      let about = EnergySourceWords.about[kind.name]
      do throws(MeterError) {
        let meter = try kind.open(system)
        let energy = try proveAlive(meter, system: system)
        let proof =
          energy.provenance == .measured
          ? "opened, and read until the counter moved" : "computed from the clock and CPU time"
        return Diagnosis(
          source: kind.name, about: about, status: .present,
          evidence: "\(proof); \(energy.provenance.rawValue): \(meter.source)")
      } catch {
        return Diagnosis(
          source: kind.name, about: about, status: Diagnosis.Status(error),
          evidence: error.detail,
          remedy: error.remedy
            ?? (error.kind == .absent ? EnergySourceWords.remedyWhereAbsent[kind.name] : nil))
      }
    }
  }

  private static func counters(system: any SystemCalls) -> [Diagnosis] {
    (CounterEvent.hardware + CounterEvent.software).map { event in
      let group = CounterGroup(system: system, events: [event])
      let (_, readings) = group.count { _ = spin(iterations: 1_000_000) }
      let reading =
        readings.first ?? CounterReading(name: event.name, state: .notCounted)
      var result = Diagnosis(
        source: "counter \(event.name)", about: EnergySourceWords.about[event.name],
        status: .present, evidence: "")
      switch reading.state {
      case .counted(let value):
        result.evidence =
          "opened, counted \(Int64(max(0, min(value, 9e18)))) over a fixed loop"
          + (reading.coverage < 1
            ? ", on a counter \(Int(reading.coverage * 100)) % of the time and extrapolated" : "")
      case .notCounted:
        result.status = .notSupported
        result.evidence = "opened, and never on a counter"
        result.remedy = "stop other users of the counters, for example the NMI watchdog"
      case .notEncoded(let error):
        result.status = .notSupported
        result.evidence = "this processor has no such event; \(error.description)"
      case .refused(let error):
        result.status = Diagnosis.Status(errno: error.errno)
        result.evidence = error.description
        if result.status == .permission {
          result.remedy =
            "run as root, give this process CAP_PERFMON, or set kernel.perf_event_paranoid to 2"
        } else if result.status == .absent {
          result.remedy = "a virtual machine has these only if its host gives it a virtual PMU"
        }
      }
      return result
    }
  }

  private static func clock(system: any SystemCalls) -> Diagnosis {
    let first = system.now()
    var second = system.now()
    for _ in 0..<1_000_000 where second == first { second = system.now() }
    let step = system.clockResolution()
    return Diagnosis(
      source: "monotonic clock", about: "times every request; the timer's resolution",
      status: second > first ? .present : .notSupported,
      evidence: "stated step \(step.value * 1e9) ns, two readings \(second &- first) ns apart")
  }
}
