package import Artifacts

/// The energy between two copies of a sysfs tree, exact to the microjoule.
///
/// A total that is not certain is unavailable, with the reason; it is never a part of the sum, and
/// never 0.
package struct SysfsDifference: Encodable, Hashable, Sendable {
  package struct Zone: Encodable, Hashable, Sendable {
    /// Folder of the zone in the earlier copy, for example "intel-rapl:0:1".
    package var id: String
    /// The kernel's name, with the package around it: "package-0", "package-0/dram".
    package var name: String
    /// Nil where the two readings do not give one.
    package var microjoules: UInt64?
    /// Whether the zone is part of the total; the others break it down or repeat it.
    package var counted: Bool
    /// Why there is no energy, or what is unusual about it.
    package var problem: String?

    private enum CodingKeys: String, CodingKey {
      case id, name, microjoules, joules, counted, problem
    }

    package func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: CodingKeys.self)
      try fields.encode(id, forKey: .id)
      try fields.encode(name, forKey: .name)
      try fields.encode(microjoules, forKey: .microjoules)
      try fields.encode(microjoules.map { Double($0) / 1e6 }, forKey: .joules)
      try fields.encode(counted, forKey: .counted)
      try fields.encodeIfPresent(problem, forKey: .problem)
    }
  }

  package var zones: [Zone]
  package var totalMicrojoules: UInt64?
  package var total: Figure<Joules>
  /// How the counted zones were chosen, in words.
  package var rule: String
  package var notes: [String]

  private enum CodingKeys: String, CodingKey { case total, totalMicrojoules, rule, zones, notes }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(total, forKey: .total)
    try fields.encode(totalMicrojoules, forKey: .totalMicrojoules)
    try fields.encode(rule, forKey: .rule)
    try fields.encode(zones, forKey: .zones)
    try fields.encode(notes, forKey: .notes)
  }
}

/// Joules per zone and in total between two copied sysfs trees.
///
/// Each folder is a copy of `/`, of `/sys`, of `/sys/class` or of one class folder (AMD's mirrored
/// dies are known by `proc/cpuinfo` or by the processors' `modalias`, where they were copied too).
/// Counters wrap at most once, because two copies without a clock cannot show more; where one went
/// down, a note says that it may have been reset instead. What is counted
/// is chosen by what could be read in the earlier copy; a counted zone that cannot be read in the
/// later one makes the total unavailable. Throws where a folder cannot be listed.
package func sysfsDifference(
  before: String, until: String
) throws(MeterError) -> SysfsDifference {
  let first = CopiedCounters(try SysfsCopy(folder: before))
  let second = CopiedCounters(try SysfsCopy(folder: until))
  return Comparison(first: first, second: second).result()
}

/// Two copies, their counters paired.
private struct Comparison {
  let first: CopiedCounters
  let second: CopiedCounters
  private var partners: [String: CopiedCounters.Counter] = [:]
  private var newcomers: [CopiedCounters.Counter] = []
  private var energies: [String: Result<UInt64, MeterError>] = [:]
  /// Counters that went down, with what they add if they wrapped and not if they were reset.
  private var wrapped: [String: UInt64] = [:]

  init(first: CopiedCounters, second: CopiedCounters) {
    self.first = first
    self.second = second
    pair()
    for counter in first.counters {
      do throws(MeterError) {
        let energy = try energy(of: counter)
        energies[counter.id] = .success(energy)
        // After a reset, at least what the counter reads now was drawn.
        if try goesDown(counter), let now = try partners[counter.id]?.reading.get() {
          wrapped[counter.id] = energy - now
        }
      } catch {
        energies[counter.id] = .failure(error)
      }
    }
  }

  /// By name where the name is unique, since numbers change when a driver is loaded anew; else by
  /// number and name.
  private mutating func pair() {
    let earlier = Dictionary(grouping: first.counters, by: \.identity)
    let later = Dictionary(grouping: second.counters, by: \.identity)
    let numbered = Dictionary(second.counters.map { ($0.id, $0) }) { first, _ in first }
    var taken: Set<String> = []
    for counter in first.counters {
      let same = later[counter.identity] ?? []
      let unique = earlier[counter.identity]?.count == 1 && same.count == 1
      let namesake = numbered[counter.id].flatMap {
        $0.identity == counter.identity ? $0 : nil
      }
      guard let partner = unique ? same.first : namesake else { continue }
      partners[counter.id] = partner
      taken.insert(partner.id)
    }
    newcomers = second.counters.filter { !taken.contains($0.id) }
  }

  private func energy(of counter: CopiedCounters.Counter) throws(MeterError) -> UInt64 {
    let last = try counter.reading.get()
    guard let partner = partners[counter.id] else {
      throw MeterError(
        .inconsistent, meter: second.meter, detail: "\(counter.id) \(counter.name) is missing")
    }
    let current = try partner.reading.get()
    let (range, laterRange) = (counter.zone?.range, partner.zone?.range)
    if current < last, let range, let laterRange, range != laterRange {
      throw MeterError(
        .inconsistent, meter: second.meter,
        detail: "\(counter.id) wrapped, and its range went from \(range) to \(laterRange) µJ")
    }
    return try counterDelta(
      last, current, range: range ?? laterRange, zone: "\(counter.id) \(counter.name)",
      meter: second.meter)
  }

  private func goesDown(_ counter: CopiedCounters.Counter) throws(MeterError) -> Bool {
    guard let partner = partners[counter.id] else { return false }
    return try partner.reading.get() < counter.reading.get()
  }

  func result() -> SysfsDifference {
    var notes: [String] = []
    let renumbered = first.counters.filter { partners[$0.id].map { $0.id } ?? $0.id != $0.id }
    if !renumbered.isEmpty {
      notes.append("numbers of zones changed between the copies: they are paired by name")
    }
    let total = self.total(&notes)
    var zones = first.counters.map { counter -> SysfsDifference.Zone in
      var zone = SysfsDifference.Zone(
        id: counter.id, name: counter.name, microjoules: nil,
        counted: total.counted.contains(counter.id), problem: nil)
      switch energies[counter.id] {
      case .success(let energy):
        zone.microjoules = energy
        if wrapped[counter.id] != nil { zone.problem = Self.wrapOrReset }
      case .failure(let error): zone.problem = error.description
      case nil: zone.problem = "not read"
      }
      return zone
    }
    zones += newcomers.map {
      SysfsDifference.Zone(
        id: $0.id, name: $0.name, microjoules: nil, counted: false,
        problem: "\(second.meter): is not in the earlier copy")
    }
    if case .success(0) = total.energy {
      notes.append("no counted counter moved between the copies: are they of different moments?")
    }
    let doubtful = zones.filter { $0.counted && wrapped[$0.id] != nil }.map(\.id)
    if !doubtful.isEmpty, case .success = total.energy {
      notes.append(
        "the total holds only if \(doubtful.joined(separator: ", ")) wrapped, and once: "
          + Self.wrapOrReset)
    }
    switch total.energy {
    case .success(let microjoules):
      let least = doubtful.reduce(microjoules) { $0 - (wrapped[$1] ?? 0) }
      return SysfsDifference(
        zones: zones, totalMicrojoules: microjoules,
        total: .measured(
          joules(microjoules), low: joules(least), high: joules(microjoules),
          source: total.source + (doubtful.isEmpty ? "" : ", if counters that fell wrapped once")),
        rule: total.rule, notes: notes)
    case .failure(let error):
      return SysfsDifference(
        zones: zones, totalMicrojoules: nil, total: .unavailable(error.description),
        rule: total.rule, notes: notes)
    }
  }

  private func joules(_ microjoules: UInt64) -> Joules { Joules(Double(microjoules) / 1e6) }

  private static let wrapOrReset =
    "the counter fell, and without the time between the copies a wrap cannot be told from a reset"

  private struct Total {
    var counted: Set<String> = []
    var rule = "none"
    var source = ""
    var energy: Result<UInt64, MeterError>
  }

  private func total(_ notes: inout [String]) -> Total {
    var selection: PowercapSelection
    do throws(MeterError) { selection = try first.selection() } catch {
      return sockets(&notes, insteadOf: error)
    }
    // Where no powercap counter was readable from the start, another source may have been.
    if !selection.counted.contains(where: { first.readable.contains($0.id) }),
      first.counters.contains(where: isSocket), let zone = selection.counted.first,
      case .failure(let error) = energies[zone.id]
    {
      return sockets(&notes, insteadOf: error)
    }
    replaceIdlePlatform(&selection, &notes)
    notes += selection.notes
    var total = Total(
      counted: Set(selection.counted.map(\.id)), rule: selection.rule,
      source: "RAPL through powercap: \(selection.rule)", energy: .success(0))
    do throws(MeterError) {
      if selection.rule != "psys alone" { try refuseNewcomers(beside: selection) }
      total.energy = .success(try sum(of: selection.counted.map(\.id)))
    } catch { total.energy = .failure(error) }
    return total
  }

  private func isSocket(_ counter: CopiedCounters.Counter) -> Bool {
    counter.hwmon?.isSocket == true
  }

  private func sum(of ids: [String]) throws(MeterError) -> UInt64 {
    var total: UInt64 = 0
    for id in ids {
      guard let energy = energies[id] else { continue }
      total = try Metering.sum(total, try energy.get(), meter: second.meter)
    }
    return total
  }

  /// A board that does not wire the platform counter leaves it still while its packages draw energy.
  private func replaceIdlePlatform(
    _ selection: inout PowercapSelection, _ notes: inout [String]
  ) {
    guard let platform = selection.counted.first, platform.isPlatform,
      case .success(let energy) = energies[platform.id],
      let parts = try? first.selection(usesPlatform: false),
      let inside = try? sum(of: parts.counted.map(\.id))
    else { return }
    if energy == 0 && inside > 0 {
      notes.append(
        "\(platform.id) psys stood still while packages drew \(inside) µJ: this board does not "
          + "wire it, and packages and DRAM are added instead")
      selection = parts
    } else if energy < inside {
      notes.append(
        "\(platform.id) psys is below the \(inside) µJ of the packages and DRAM inside it")
    }
  }

  /// A package or DRAM that came between the copies drew an unknown energy.
  private func refuseNewcomers(beside selection: PowercapSelection) throws(MeterError) {
    let mirrored = PowercapSelection.mirrorsDies(first.zones, hint: first.mirroredDies)
    let known = Set(
      first.zones.filter { $0.isPackage || $0.isMemory }.map {
        PowercapSelection.counter(of: $0, mirroredDies: mirrored)
      })
    for newcomer in newcomers {
      guard let zone = newcomer.zone, zone.isPackage || zone.isMemory,
        !known.contains(PowercapSelection.counter(of: zone, mirroredDies: mirrored))
      else { continue }
      throw MeterError(
        .inconsistent, meter: second.meter,
        detail: "\(zone.id) \(zone.fullName) is not in the earlier copy")
    }
  }

  private func sockets(_ notes: inout [String], insteadOf error: MeterError) -> Total {
    let sockets = first.counters.filter(isSocket)
    guard !sockets.isEmpty else { return Total(energy: .failure(error)) }
    notes.append("no total from powercap (\(error.detail)): the driver amd_energy is used instead")
    let newSockets = newcomers.filter(isSocket)
    let rule = "sum of sockets, no DRAM counter"
    var total = Total(
      counted: Set(sockets.map(\.id)), rule: rule, source: "amd_energy through hwmon: \(rule)",
      energy: .success(0))
    do throws(MeterError) {
      if let socket = newSockets.first {
        throw MeterError(
          .inconsistent, meter: second.meter,
          detail: "\(socket.id) \(socket.name) is not in the earlier copy")
      }
      total.energy = .success(try sum(of: sockets.map(\.id)))
    } catch { total.energy = .failure(error) }
    return total
  }
}
