package import Artifacts

/// RAPL through the kernel's perf `power` PMU, which accumulates in 64 bits and never wraps here.
///
/// Source: Linux arch/x86/events/rapl.c. The files of the meter stay open for its lifetime.
package final class PerfPowerMeter: EnergyMeter {
  package static let meterName = "perf-power"
  static let remedy =
    "run as root, give this process CAP_PERFMON, or set kernel.perf_event_paranoid to 0"

  package let name = PerfPowerMeter.meterName
  package let source: String
  package let provenance = Provenance.measured
  package let resolution = Seconds(milliseconds: 1)
  package let interval = measuredInterval

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
    let description = try PerfPowerEvents(system: system)
    // The platform counter is one for the machine, whatever the number of packages.
    let processors =
      description.isPlatform ? Array(description.processors.prefix(1)) : description.processors
    var channels: [Channel] = []
    for event in description.events {
      for processor in processors {
        let request = EventRequest(
          name: "power/\(event.name)/",
          attribute: EventAttribute(type: description.type, config: event.config),
          thread: -1, processor: processor)
        do {
          channels.append(
            Channel(
              id: "\(event.name)@\(processor)", descriptor: try system.open(request),
              scale: event.scale))
        } catch {
          for channel in channels { system.close(channel.descriptor) }
          throw MeterError(meter: Self.meterName, error, remedy: Self.remedy, otherwise: .absent)
        }
      }
    }
    self.channels = channels
    let rule =
      description.isPlatform
      ? "psys alone" : description.events.count == 2 ? "packages and DRAM" : "packages"
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
    return measuredEnergy(
      Joules(total), over: start.elapsed(to: end), resolution: resolution, source: source)
  }
}
