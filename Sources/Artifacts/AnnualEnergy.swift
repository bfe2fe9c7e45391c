/// Serving electricity of a year: requests · energy per request · PUE.
///
/// SPECpower-based models are wall power, so PUE (the facility's share) is applied exactly once.
package func annualEnergy(
  perRequest: Joules, requestsPerYear: Double, powerUsageEffectiveness: Double
) -> KilowattHours {
  KilowattHours(perRequest) * (requestsPerYear * powerUsageEffectiveness)
}
