package import Artifacts

/// RAPL through the kernel's perf `power` PMU, which accumulates in 64 bits and never wraps here.
///
/// Source: Linux arch/x86/events/rapl.c. The files of the meter stay open for its lifetime.
package final class PerfPowerMeter: EnergyMeter {
  package static let meterName = "perf-power"
  static let folder = "/sys/bus/event_source/devices/power"
  static let remedy =
    "run as root, give this process CAP_PERFMON, or set kernel.perf_event_paranoid to 0"

  package let name = PerfPowerMeter.meterName
  package let source: String
  package let provenance = Provenance.measured
  package let resolution = Seconds(milliseconds: 1)

  /// One event on one processor: each processor of `cpumask` stands for its package.
  private struct Channel: Sendable {
    var id: String
    var descriptor: Int32
    var scale: Double
  }

  private let system: any SystemCalls
  private let channels: [Channel]

  /// Opens psys alone, or package and DRAM, on every processor of `cpumask`.
  package init(system: any SystemCalls) throws(MeterError) {
    self.system = system
    let folder = Self.folder
    let events: [String]
    do { events = try system.names(in: "\(folder)/events") } catch {
      throw MeterError(meter: Self.meterName, error, remedy: Self.remedy, otherwise: .absent)
    }
    let type = try Self.number(try Self.text(system, "\(folder)/type"), "\(folder)/type")
    let processors = Self.onePerSocket(
      try Self.processors(try Self.text(system, "\(folder)/cpumask"), "\(folder)/cpumask"),
      system: system)
    let platform = events.contains("energy-psys")
    let wanted = (platform ? ["energy-psys"] : ["energy-pkg", "energy-ram"]).filter {
      events.contains($0)
    }
    guard platform || wanted.contains("energy-pkg") else {
      throw MeterError(.absent, meter: Self.meterName, detail: "\(folder)/events has no energy-pkg")
    }
    var channels: [Channel] = []
    do throws(MeterError) {
      for event in wanted {
        let path = "\(folder)/events/\(event)"
        let config = try Self.config(try Self.text(system, path), path)
        let scale = try Self.scale(system, path)
        // The platform counter is one for the machine, whatever the number of packages.
        for processor in platform ? Array(processors.prefix(1)) : processors {
          let request = EventRequest(
            name: "power/\(event)/", attribute: EventAttribute(type: type, config: config),
            thread: -1, processor: processor)
          do {
            channels.append(
              Channel(
                id: "\(event)@\(processor)", descriptor: try system.open(request), scale: scale))
          } catch {
            throw MeterError(meter: Self.meterName, error, remedy: Self.remedy, otherwise: .absent)
          }
        }
      }
    } catch {
      for channel in channels { system.close(channel.descriptor) }
      throw error
    }
    self.channels = channels
    let rule = platform ? "psys alone" : wanted.count == 2 ? "packages and DRAM" : "packages"
    source = "RAPL through perf: \(rule) (\(channels.map(\.id).joined(separator: ", ")))"
  }

  deinit { for channel in channels { system.close(channel.descriptor) } }

  package func snapshot() throws(MeterError) -> EnergySnapshot {
    var counters: [String: UInt64] = [:]
    let time = system.now()
    for channel in channels {
      let words: [UInt64]
      do { words = try system.words(from: channel.descriptor, count: 1) } catch {
        throw MeterError(meter: name, error, remedy: Self.remedy)
      }
      guard let word = words.first else {
        throw MeterError(.failedRead, meter: name, detail: "\(channel.id) gave no value")
      }
      counters[channel.id] = word
    }
    return EnergySnapshot(time: time, processorTime: system.processorTime(), counters: counters)
  }

  package func energy(
    from start: EnergySnapshot, to end: EnergySnapshot
  ) throws(MeterError) -> Figure<Joules> {
    var total = 0.0
    for channel in channels {
      guard let last = start.counters[channel.id], let current = end.counters[channel.id] else {
        throw MeterError(
          .inconsistent, meter: name, detail: "\(channel.id) is missing in a snapshot")
      }
      guard current >= last else {
        throw MeterError(
          .inconsistent, meter: name, detail: "\(channel.id) went from \(last) to \(current)")
      }
      total += Double(current - last) * channel.scale
    }
    return .measured(Joules(total), source: source)
  }

  private static func text(_ system: any SystemCalls, _ path: String) throws(MeterError) -> String {
    do { return try system.text(of: path).trimmed } catch {
      throw MeterError(meter: meterName, error, remedy: remedy, otherwise: .malformed)
    }
  }

  private static func number(_ text: String, _ path: String) throws(MeterError) -> UInt32 {
    guard let value = UInt32(text) else {
      throw MeterError(
        .malformed, meter: meterName, detail: "\(path) holds \"\(text)\", not a number")
    }
    return value
  }

  /// "event=0x02" → 2.
  private static func config(_ text: String, _ path: String) throws(MeterError) -> UInt64 {
    guard text.hasPrefix("event=0x"), let value = UInt64(text.dropFirst(8), radix: 16) else {
      throw MeterError(
        .malformed, meter: meterName, detail: "\(path) holds \"\(text)\", not event=0x…")
    }
    return value
  }

  /// Joules of one count; the unit file must say Joules.
  private static func scale(_ system: any SystemCalls, _ path: String) throws(MeterError) -> Double
  {
    let unit = try text(system, "\(path).unit")
    let factor = try text(system, "\(path).scale")
    guard unit == "Joules", let scale = Double(factor), scale > 0, scale.isFinite else {
      throw MeterError(
        .malformed, meter: meterName,
        detail: "\(path).scale and .unit hold \"\(factor)\" and \"\(unit)\", not joules per count")
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

  /// "0,18" or "0-1" → processors.
  static func processors(_ text: String, _ path: String) throws(MeterError) -> [Int32] {
    var result: [Int32] = []
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map {
        Int32($0.trimmed)
      }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
        first >= 0, last >= first, last - first < 65_536
      else {
        throw MeterError(
          .malformed, meter: meterName,
          detail: "\(path) holds \"\(text)\", not a list of processors")
      }
      result += Array(first...last)
    }
    guard !result.isEmpty else {
      throw MeterError(.malformed, meter: meterName, detail: "\(path) names no processor")
    }
    return result
  }
}
