package import Artifacts

/// A year of serving under one answer to: what happens to the machine time that is no longer used?
package struct EnergyScenario: Codable, Sendable {
  package var name: String
  package var meaning: String
  /// One request, at the plug of the computer.
  package var requestBefore: Figure<Joules>
  package var requestAfter: Figure<Joules>
  package var requestSaving: Figure<Joules>
  /// A year at the stated volume, PUE included.
  package var annualBefore: Figure<KilowattHours>
  package var annualAfter: Figure<KilowattHours>
  package var annualSaving: Figure<KilowattHours>
  package var annualEmissionsSaving: Figure<GramsCO2e>
  package var annualCostSaving: Figure<Money>
  /// Requests until the saving has repaid the energy of the compression.
  package var paybackRequests: Figure<Requests>
  package var paybackDays: Figure<Days>
  /// (E·I + M)/R of ISO/IEC 21031 without M, per request, PUE included.
  package var carbonIntensityBefore: Figure<GramsCO2e>
  package var carbonIntensityAfter: Figure<GramsCO2e>

  /// False where the saving's interval contains 0, or nothing is known.
  package var hasMeasurableSaving: Bool
}

/// Turns energies of a request into a year, emissions, money and a payback time.
struct EnergyProjector {
  var assumptions: Assumptions
  /// Everything that the compression took.
  var compression: Figure<Joules>
  /// Where the energies of a request come from; stands at the end of every derived source.
  var origin: String

  func scenario(
    name: String, meaning: String, before: Figure<Joules>, after: Figure<Joules>,
    saving: Figure<Joules>
  ) -> EnergyScenario {
    let annualSaving = annual(saving)
    let payback = paybackRequests(saving)
    return EnergyScenario(
      name: name, meaning: meaning, requestBefore: before, requestAfter: after,
      requestSaving: saving, annualBefore: annual(before), annualAfter: annual(after),
      annualSaving: annualSaving, annualEmissionsSaving: emissions(annualSaving),
      annualCostSaving: cost(annualSaving), paybackRequests: payback,
      paybackDays: payback.map { Days($0.value / assumptions.requestsPerYear * 365) },
      carbonIntensityBefore: carbonIntensity(before), carbonIntensityAfter: carbonIntensity(after),
      hasMeasurableSaving: saving.low.map { $0 > .zero } ?? false)
  }

  /// requests · E / 3.6e6 · PUE
  func annual(_ request: Figure<Joules>) -> Figure<KilowattHours> {
    request.map {
      annualEnergy(
        perRequest: $0, requestsPerYear: assumptions.requestsPerYear,
        powerUsageEffectiveness: assumptions.powerUsageEffectiveness)
    }.projected("a year at the stated volume and PUE; \(origin)")
  }

  private func emissions(_ energy: Figure<KilowattHours>) -> Figure<GramsCO2e> {
    energy.map { GramsCO2e($0.value * assumptions.region.gramsPerKilowattHour) }
      .projected(
        "a year at the grid intensity of \(assumptions.region.code), Ember 2023; \(origin)")
  }

  /// The price range widens the interval; the value stands at the middle price.
  private func cost(_ energy: Figure<KilowattHours>) -> Figure<Money> {
    let low = assumptions.lowestPrice
    let high = assumptions.highestPrice
    let price = Figure<Ratio>.modelled(
      Ratio((low + high) / 2), low: Ratio(low), high: Ratio(high), source: "price range")
    return combine(
      energy, price, source: "a year at the assumed electricity prices; \(origin)", *)
  }

  private func carbonIntensity(_ request: Figure<Joules>) -> Figure<GramsCO2e> {
    let perJoule =
      assumptions.powerUsageEffectiveness / 3.6e6 * assumptions.region.gramsPerKilowattHour
    return request.map { GramsCO2e($0.value * perJoule) }
      .projected(
        "PUE and grid intensity of \(assumptions.region.code), Ember 2023; \(origin)")
  }

  /// PUE stands on both sides of the fraction and cancels.
  private func paybackRequests(_ saving: Figure<Joules>) -> Figure<Requests> {
    guard let low = saving.low else { return .unavailable(saving.source) }
    guard low > .zero else {
      return .unavailable("no measurable saving: the interval of the saving contains 0")
    }
    return combine(
      compression, saving, source: "compression energy over saving per request; \(origin)", /)
  }
}

extension Figure {
  /// A number that assumptions entered is modelled, however its energy was obtained.
  fileprivate func projected(_ source: String) -> Self { relabelled(.modelled, source: source) }
}
