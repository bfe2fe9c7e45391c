package import Artifacts

/// The processor as `/proc/cpuinfo` states it.
package struct ProcessorIdentity: Hashable, Sendable {
  /// "AuthenticAMD", "GenuineIntel"; empty where unknown.
  package var vendor: String
  package var family: Int?
  package var model: Int?
  package var modelName: String
  /// Hardware threads that the kernel runs on, at least 1.
  package var threads: Int
  /// The processor reports a hypervisor underneath.
  package var hypervisor: Bool

  package init(
    vendor: String, family: Int?, model: Int?, modelName: String, threads: Int, hypervisor: Bool
  ) {
    self.vendor = vendor
    self.family = family
    self.model = model
    self.modelName = modelName
    self.threads = threads
    self.hypervisor = hypervisor
  }

  package init(system: any SystemCalls) {
    let text = (try? system.text(of: "/proc/cpuinfo")) ?? ""
    var fields: [String: String] = [:]
    var threads = 0
    for line in text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let key = line[..<colon].trimmed
      if key == "processor" { threads += 1 }
      if fields[key] == nil { fields[key] = line[line.index(after: colon)...].trimmed }
    }
    self.init(
      vendor: fields["vendor_id"] ?? Self.vendorOfModuleAlias(system: system) ?? "",
      family: fields["cpu family"].flatMap { Int($0) },
      model: fields["model"].flatMap { Int($0) },
      modelName: fields["model name"] ?? "unknown processor", threads: max(1, threads),
      hypervisor: (fields["flags"] ?? "").split(separator: " ").contains("hypervisor"))
  }

  /// The vendor in "cpu:type:x86,ven0002fam…", which a copy of /sys alone has too.
  ///
  /// Source: X86_VENDOR_* in Linux arch/x86/include/asm/processor.h.
  private static func vendorOfModuleAlias(system: any SystemCalls) -> String? {
    guard let alias = system.line(of: "/sys/devices/system/cpu/modalias"),
      let mark = alias.firstRange(of: ",ven")
    else { return nil }
    switch alias[mark.upperBound...].prefix(4).lowercased() {
    case "0000": return "GenuineIntel"
    case "0002": return "AuthenticAMD"
    case "0009": return "HygonGenuine"
    default: return nil
    }
  }

  /// The name, with family and model where it tells no processor from another: a virtual machine's is
  /// often "AMD EPYC".
  package var fullName: String {
    guard !modelName.contains(where: \.isNumber), let family, let model else { return modelName }
    return "\(modelName), family \(family) model \(model)"
  }

  /// Whether the dies of a package repeat one socket counter; nil where the vendor is unknown.
  var mirrorsDies: Bool? {
    switch vendor {
    case "AuthenticAMD", "HygonGenuine": true
    case "GenuineIntel": false
    default: nil
    }
  }
}

extension MachineReference {
  /// The machine under `system`: processor, threads, memory and kernel.
  package static func current(system: any SystemCalls = LinuxSystem()) -> MachineReference {
    let processor = ProcessorIdentity(system: system)
    return MachineReference(
      processor: processor.fullName, logicalCores: processor.threads,
      memoryBytes: installedMemory(system: system), operatingSystem: system.operatingSystem())
  }
}

/// `MemTotal` of `/proc/meminfo` in bytes; 0 where it is not stated.
func installedMemory(system: any SystemCalls) -> Int {
  guard let text = try? system.text(of: "/proc/meminfo") else { return 0 }
  for line in text.split(separator: "\n") where line.hasPrefix("MemTotal:") {
    let number = line.dropFirst("MemTotal:".count).split(separator: " ").first
    return (number.flatMap { Int($0) } ?? 0).multipliedReportingOverflow(by: 1_024).partialValue
  }
  return 0
}
