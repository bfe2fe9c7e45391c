/// Energy of a span of work at a known power; keeps the power's provenance, except that a measured
/// power makes it an attribution.
package func energyOf(_ time: Figure<Seconds>, power: Figure<Watts>) -> Figure<Joules> {
  guard let value = time.value, let low = time.low, let high = time.high,
    let watts = power.value, let lowWatts = power.low, let highWatts = power.high
  else { return .unavailable(power.source) }
  let energy = watts * value
  let lowEnergy = lowWatts * low
  let highEnergy = highWatts * high
  let source = "time × power (\(power.source))"
  switch power.provenance {
  case .modelled: return .modelled(energy, low: lowEnergy, high: highEnergy, source: source)
  default: return .attributed(energy, low: lowEnergy, high: highEnergy, source: source)
  }
}
