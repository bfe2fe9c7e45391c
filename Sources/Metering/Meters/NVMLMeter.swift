package import Artifacts

/// The energy of a user's NVIDIA cards, each from its own counter; no part of the processor's energy.
package struct NVMLMeter: EnergyMeter {
  package static let meterName = "nvml"

  package let name = NVMLMeter.meterName
  package let source: String
  package let provenance = Provenance.measured
  package let scope = MeterScope.graphics
  package let interval = measuredInterval
  /// Cards refresh their counter every 20 to 100 ms.
  package let resolution = Seconds(milliseconds: 100)

  private let system: any SystemCalls
  private let library: any GraphicsLibrary
  /// Index and name of each card that has a counter.
  private let cards: [(index: Int, name: String)]

  /// Loads the library and reads each card once. Cards without an energy counter (older than Volta)
  /// are left out, and named in the source.
  ///
  /// Throws `.absent` without library, driver or card, `.notSupported` where no card has a counter.
  package init(system: any SystemCalls) throws(MeterError) {
    self.system = system
    var cards: [(index: Int, name: String)] = []
    var others: [String] = []
    do throws(LibraryError) {
      library = try system.graphicsLibrary()
      for (index, name) in try library.cards().enumerated() {
        do throws(LibraryError) {
          _ = try library.energy(ofCard: index)
          cards.append((index, name))
        } catch {
          guard error.code == Self.notSupported else { throw error }
          others.append(name)
        }
      }
    } catch { throw Self.failure(error, opening: true) }
    guard !cards.isEmpty else {
      let detail =
        others.isEmpty
        ? "the library works and finds no card"
        : "no energy counter in \(others.joined(separator: ", "))"
      throw MeterError(
        others.isEmpty ? .absent : .notSupported, meter: Self.meterName, detail: detail)
    }
    self.cards = cards
    let names = cards.map { "\($0.index): \($0.name)" }.joined(separator: ", ")
    source =
      "NVML, graphics cards alone (\(names))"
      + (others.isEmpty ? "" : "; without a counter: \(others.joined(separator: ", "))")
  }

  /// NVML_ERROR_NOT_SUPPORTED and NVML_ERROR_NO_PERMISSION.
  private static let notSupported: Int32 = 3
  private static let noPermission: Int32 = 4

  private static func failure(_ error: LibraryError, opening: Bool) -> MeterError {
    switch error.code {
    case noPermission:
      MeterError(
        .permission, meter: meterName, detail: error.description,
        remedy: "run as root, or allow this user the files /dev/nvidia*")
    case _ where opening: MeterError(.absent, meter: meterName, detail: error.description)
    default: MeterError(.failedRead, meter: meterName, detail: error.description)
    }
  }

  package func snapshot() throws(MeterError) -> EnergySnapshot {
    let time = system.now()
    var counters: [String: UInt64] = [:]
    for (index, _) in cards {
      do throws(LibraryError) { counters["gpu\(index)"] = try library.energy(ofCard: index) } catch
      {
        throw Self.failure(error, opening: false)
      }
    }
    return EnergySnapshot(time: time, processorTime: system.processorTime(), counters: counters)
  }

  package func energy(
    from start: EnergySnapshot, to end: EnergySnapshot
  ) throws(MeterError) -> Figure<Joules> {
    var total: UInt64 = 0
    for (index, card) in cards {
      guard let last = start.counters["gpu\(index)"], let current = end.counters["gpu\(index)"]
      else {
        throw MeterError(.inconsistent, meter: name, detail: "\(card) is missing in a snapshot")
      }
      guard current >= last else {
        throw MeterError(
          .inconsistent, meter: name,
          detail: "\(card) went from \(last) to \(current) mJ: its driver was loaded anew")
      }
      total = try sum(total, current - last, meter: name)
    }
    return measuredEnergy(
      Joules(Double(total) / 1e3), over: start.elapsed(to: end), resolution: resolution,
      source: source)
  }
}
