import Artifacts

/// A decimal number as the kernel prints one: ASCII digits only, and at most 64 bits.
func decimal(_ text: String) -> UInt64? {
  text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt64(text) : nil
}

/// Microjoules between two readings of one counter that wraps at most once.
///
/// `range` is the value of `max_energy_range_uj`: Δ = range − last + current after a wrap.
func counterDelta(
  _ last: UInt64, _ current: UInt64, range: UInt64?, zone: String, meter: String
) throws(MeterError) -> UInt64 {
  if let range {
    for reading in [last, current] {
      try refuse(reading, beyond: range, zone: zone, meter: meter)
    }
  }
  if current >= last { return current - last }
  guard let range else {
    throw MeterError(
      .inconsistent, meter: meter,
      detail: "\(zone) went from \(last) to \(current) µJ and states no range to wrap at")
  }
  return range - last + current
}

/// A counter that reads more than it can hold is broken, or its range is: no difference of its
/// readings is an energy.
func refuse(
  _ reading: UInt64, beyond range: UInt64, zone: String, meter: String
) throws(MeterError) {
  guard reading <= range else {
    throw MeterError(
      .inconsistent, meter: meter,
      detail: "\(zone) read \(reading) µJ, above its max_energy_range_uj \(range)")
  }
}

/// The sum of two counts, which a hostile file could make too large.
func sum(_ left: UInt64, _ right: UInt64, meter: String) throws(MeterError) -> UInt64 {
  let (total, overflow) = left.addingReportingOverflow(right)
  guard !overflow else {
    throw MeterError(.malformed, meter: meter, detail: "the zones add up to more than 64 bits")
  }
  return total
}

/// One counter file, in microjoules.
func readCounter(
  system: any SystemCalls, path: String, meter: String
) throws(MeterError) -> UInt64 {
  let text: String
  do { text = try system.text(of: path).trimmed } catch {
    throw MeterError(meter: meter, error, remedy: PowercapMeter.remedy)
  }
  guard let value = decimal(text) else {
    throw MeterError(
      .malformed, meter: meter,
      detail: "\(path) holds \"\(text.prefix(40))\", not a number of microjoules")
  }
  return value
}

/// A measured energy with its 80 % interval.
///
/// Each edge of the window falls at an unknown moment between two updates of the register, so the
/// window that was counted is off by the difference of two uniform delays: triangular, with 80 % of
/// it within 0.553 updates.
func measuredEnergy(
  _ energy: Joules, over elapsed: Seconds, resolution: Seconds, source: String
) -> Figure<Joules> {
  let error =
    elapsed > .zero
    ? energy * (min(1, 0.553 * resolution.value / elapsed.value)) : energy
  return .measured(energy, low: energy - error, high: energy + error, source: source)
}

/// What the interval of `measuredEnergy` covers, in words.
let measuredInterval = "80 % interval: one update of the register at each edge of the window"
