/// The energy events of the perf `power` PMU, as its sysfs folder describes them.
///
/// Source: Linux arch/x86/events/rapl.c, Documentation/ABI/testing/sysfs-bus-event_source-devices-events.
struct PerfPowerEvents: Sendable {
  struct Event: Hashable, Sendable {
    /// "energy-pkg".
    var name: String
    var config: UInt64
    /// Joules of one count.
    var scale: Double
  }

  static let folder = "/sys/bus/event_source/devices/power"

  /// Number of the PMU for perf_event_open.
  let type: UInt32
  /// One processor for each package or die.
  let processors: [Int32]
  /// Those that make the total: psys alone, or package and DRAM.
  let events: [Event]
  var isPlatform: Bool { events.first?.name == "energy-psys" }

  /// Throws `.absent` without the PMU or a usable event, `.malformed` where a file is not as documented.
  init(system: any SystemCalls) throws(MeterError) {
    let meter = PerfPowerMeter.meterName
    let folder = Self.folder
    let names: [String]
    do { names = try system.names(in: "\(folder)/events") } catch {
      throw MeterError(meter: meter, error, remedy: PerfPowerMeter.remedy, otherwise: .absent)
    }
    let number = try Self.text(system, "\(folder)/type")
    guard let type = decimal(number).flatMap({ UInt32(exactly: $0) }) else {
      throw Self.malformed("\(folder)/type", number, "a number")
    }
    self.type = type
    let mask = try Self.text(system, "\(folder)/cpumask")
    guard let processors = Self.processors(mask) else {
      throw Self.malformed("\(folder)/cpumask", mask, "a list of processors")
    }
    self.processors = Self.onePerSocket(processors, system: system)
    let wanted =
      names.contains("energy-psys")
      ? ["energy-psys"] : ["energy-pkg", "energy-ram"].filter { names.contains($0) }
    guard wanted != [], wanted != ["energy-ram"] else {
      throw MeterError(.absent, meter: meter, detail: "\(folder)/events has no energy-pkg")
    }
    var events: [Event] = []
    for name in wanted {
      let path = "\(folder)/events/\(name)"
      events.append(
        Event(
          name: name, config: try Self.config(system, path), scale: try Self.scale(system, path)))
    }
    self.events = events
  }

  var description: String {
    let list = events.map { "\($0.name) (event \($0.config), \($0.scale) J per count)" }
    return "\(list.joined(separator: ", ")) on processors "
      + processors.map { "\($0)" }.joined(separator: ", ")
  }

  private static func malformed(_ path: String, _ text: String, _ wanted: String) -> MeterError {
    MeterError(
      .malformed, meter: PerfPowerMeter.meterName,
      detail: "\(path) holds \"\(text.prefix(40))\", not \(wanted)")
  }

  private static func text(_ system: any SystemCalls, _ path: String) throws(MeterError) -> String {
    do { return try system.text(of: path).trimmed } catch {
      throw MeterError(
        meter: PerfPowerMeter.meterName, error, remedy: PerfPowerMeter.remedy,
        otherwise: .malformed)
    }
  }

  /// "event=0x02" → 2.
  private static func config(_ system: any SystemCalls, _ path: String) throws(MeterError) -> UInt64
  {
    let text = try text(system, path)
    let digits = text.dropFirst(8)
    guard text.hasPrefix("event=0x"), digits.first?.isHexDigit == true,
      let value = UInt64(digits, radix: 16)
    else { throw malformed(path, text, "event=0x…") }
    return value
  }

  /// Joules of one count; the unit file must say Joules.
  private static func scale(_ system: any SystemCalls, _ path: String) throws(MeterError) -> Double
  {
    let unit = try text(system, "\(path).unit")
    let factor = try text(system, "\(path).scale")
    guard unit == "Joules", let scale = Double(factor), scale > 0, scale.isFinite else {
      throw MeterError(
        .malformed, meter: PerfPowerMeter.meterName,
        detail: "\(path).scale and .unit hold \"\(factor.prefix(40))\" and \"\(unit.prefix(40))\", "
          + "not joules per count")
    }
    return scale
  }

  /// Where dies repeat one socket counter, the first processor of each socket; else all.
  private static func onePerSocket(_ processors: [Int32], system: any SystemCalls) -> [Int32] {
    guard ProcessorIdentity(system: system).mirrorsDies == true else { return processors }
    var sockets: Set<String> = []
    return processors.filter { processor in
      let topology = "/sys/devices/system/cpu/cpu\(processor)/topology"
      guard let socket = system.line(of: "\(topology)/physical_package_id") else { return true }
      return sockets.insert(socket).inserted
    }
  }

  /// "0,18" or "0-1" → processors; nil where the text is no such list.
  static func processors(_ text: String) -> [Int32]? {
    var result: [Int32] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map {
        decimal($0.trimmed).flatMap { Int32(exactly: $0) }
      }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
        last >= first, last - first < 65_536, result.count < 65_536
      else { return nil }
      result += Array(first...last)
    }
    return result.isEmpty ? nil : result
  }
}
