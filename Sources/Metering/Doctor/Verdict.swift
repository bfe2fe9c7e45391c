import Artifacts

/// The first thing that doctor says: what an energy figure of this machine is worth.
struct Verdict {
  var meter: any EnergyMeter
  var sources: [Diagnosis]
  /// "machine" or "virtual machine".
  var machine: String

  var text: String { [energy, refused, counters].compactMap { $0 }.joined(separator: "\n") }

  private var energy: String {
    guard meter.provenance == .modelled else {
      return "Energy is measured here, by \(meter.name) (\(meter.source)). Each figure carries an "
        + "80 % interval."
    }
    return """
      This \(machine) has no energy meter that planner can read, so energy is modelled, and every \
      figure says so. planner counts the CPU time of its own work and multiplies it with the power \
      that published machines of this kind draw. The interval is the spread of those machines. \
      Under this model an energy saving is a CPU-time saving: the two are one finding, not two. \
      Times are measured and need no meter.
      """
  }

  private var refused: String? {
    let meters = sources.prefix(meterKinds.count).filter { $0.status == .permission }
    guard meter.provenance == .modelled, let first = meters.first else { return nil }
    return "A meter is there and this user may not read it (\(first.source)): "
      + "\(first.remedy ?? "run as root")."
  }

  private var counters: String? {
    let hardware = ["cycles", "instructions", "cache-misses"]
    let working = hardware.filter { name in
      sources.contains { $0.source == "counter \(name)" && $0.status == .present }
    }
    if working.isEmpty {
      return "Hardware counters do not work here, so planner tells what a block costs, and not why."
    }
    return "Hardware counters work (\(working.joined(separator: ", "))): a profile explains what a "
      + "block's time goes into."
  }
}
