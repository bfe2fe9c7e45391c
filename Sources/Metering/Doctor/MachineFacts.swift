import Artifacts

extension Doctor {
  /// Processor, cores, governor, virtualisation and perf settings, each from the file it names.
  static func machine(system: any SystemCalls) -> [Diagnosis] {
    let processor = ProcessorIdentity(system: system)
    let model = PowerModel.row(for: processor)
    var facts = [
      Diagnosis(
        source: "processor", about: "chooses the row of the power model",
        status: processor.family == nil ? .absent : .present,
        evidence: "/proc/cpuinfo: \(processor.modelName), \(processor.vendor) family "
          + "\(number(processor.family)) model \(number(processor.model)), "
          + "\(processor.threads) hardware threads; power model: \(model.processor)",
        remedy: model.known ? nil : "the model's interval is the widest of its table")
    ]
    facts.append(
      fact(
        "frequency governor",
        "how the kernel chooses the clock rate; in a virtual machine the host does",
        "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", system,
        remedy: { $0 == "performance" ? nil : "set it to performance for steadier times" }))
    facts.append(
      fact(
        "perf_event_paranoid", "who may open counters: 2 allows own threads, 0 the power PMU",
        "/proc/sys/kernel/perf_event_paranoid", system))
    var hints: [String] = []
    if processor.hypervisor { hints.append("cpuinfo flag hypervisor") }
    for path in ["/sys/hypervisor/type", "/sys/class/dmi/id/sys_vendor"] {
      if let text = system.line(of: path) { hints.append("\(path): \(text)") }
    }
    facts.append(
      Diagnosis(
        source: "virtualisation", about: "whether another system runs below this one",
        status: processor.hypervisor ? .present : .absent,
        evidence: hints.isEmpty ? "no hint in cpuinfo or sysfs" : hints.joined(separator: "; "),
        remedy: processor.hypervisor
          ? "counters and RAPL belong to the host; times include its noise" : nil))
    return facts
  }

  private static func fact(
    _ source: String, _ about: String, _ path: String, _ system: any SystemCalls,
    remedy: (String) -> String? = { _ in nil }
  ) -> Diagnosis {
    do throws(SystemError) {
      let text = try system.text(of: path).trimmed
      return Diagnosis(
        source: source, about: about, status: .present, evidence: "\(path): \(text)",
        remedy: remedy(text))
    } catch {
      return Diagnosis(
        source: source, about: about, status: Diagnosis.Status(errno: error.errno),
        evidence: error.description)
    }
  }

  private static func number(_ value: Int?) -> String { value.map { "\($0)" } ?? "unknown" }
}
