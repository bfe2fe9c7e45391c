import Artifacts

/// The reader's assumptions: volume, facility, grid, price, language.
package struct ReportOptions: Codable, Hashable, Sendable {
  /// Nil takes the plan's.
  package var requestsPerYear: Double?
  /// Facility energy over computing energy; nil takes the plan's.
  package var powerUsageEffectiveness: Double?
  /// Code of a row of `regions`.
  package var region: String
  package var regions: [GridRegion]
  /// Price of one kilowatt-hour, in `priceUnit`.
  package var lowestPrice: Double
  package var highestPrice: Double
  /// Currency per kWh, as printed: "€/kWh".
  package var priceUnit: String
  /// Language of the report: "en".
  package var language: String

  package init(
    requestsPerYear: Double? = nil, powerUsageEffectiveness: Double? = nil,
    region: String = "world", regions: [GridRegion] = GridRegion.ember2023,
    lowestPrice: Double = 0.10, highestPrice: Double = 0.30, priceUnit: String = "€/kWh",
    language: String = "en"
  ) {
    self.requestsPerYear = requestsPerYear
    self.powerUsageEffectiveness = powerUsageEffectiveness
    self.region = region
    self.regions = regions
    self.lowestPrice = lowestPrice
    self.highestPrice = highestPrice
    self.priceUnit = priceUnit
    self.language = language
  }
}

/// The carbon intensity of one electricity grid.
package struct GridRegion: Codable, Hashable, Sendable {
  /// ISO 3166 code, or "world".
  package var code: String
  package var gramsPerKilowattHour: Double

  package init(code: String, gramsPerKilowattHour: Double) {
    self.code = code
    self.gramsPerKilowattHour = gramsPerKilowattHour
  }

  /// Life-cycle intensity of 2023 in gCO2e/kWh. Source: Ember, Yearly Electricity Data, CC-BY-4.0.
  package static let ember2023: [GridRegion] = [
    ("world", 481), ("AU", 549), ("BR", 98), ("CA", 170), ("CH", 35), ("CN", 582), ("DE", 381),
    ("ES", 174), ("FI", 79), ("FR", 56), ("GB", 238), ("IE", 291), ("IN", 713), ("IT", 331),
    ("JP", 485), ("KR", 431), ("NL", 268), ("NO", 30), ("PL", 662), ("SE", 41), ("SG", 471),
    ("US", 369), ("ZA", 708),
  ].map { GridRegion(code: $0.0, gramsPerKilowattHour: $0.1) }
}

/// The options after the plan's values filled the gaps: what every projection was computed with.
package struct Assumptions: Codable, Hashable, Sendable {
  package var requestsPerYear: Double
  package var powerUsageEffectiveness: Double
  package var region: GridRegion
  package var lowestPrice: Double
  package var highestPrice: Double
  package var priceUnit: String

  /// Throws `ReportError` where an option is out of its range or the region is unknown.
  init(_ options: ReportOptions, plan: PlanTarget) throws(ReportError) {
    requestsPerYear = options.requestsPerYear ?? plan.requestsPerYear
    powerUsageEffectiveness = options.powerUsageEffectiveness ?? plan.powerUsageEffectiveness
    lowestPrice = options.lowestPrice
    highestPrice = options.highestPrice
    priceUnit = options.priceUnit
    guard let region = options.regions.first(where: { $0.code == options.region }) else {
      throw .unknownRegion(options.region, known: options.regions.map(\.code))
    }
    self.region = region
    guard requestsPerYear.isFinite, requestsPerYear > 0 else {
      throw .invalidOption(name: "requestsPerYear", remedy: "give a number above 0")
    }
    guard powerUsageEffectiveness.isFinite, powerUsageEffectiveness >= 1 else {
      throw .invalidOption(name: "powerUsageEffectiveness", remedy: "give a number of 1 or more")
    }
    guard region.gramsPerKilowattHour.isFinite, region.gramsPerKilowattHour >= 0 else {
      throw .invalidOption(name: "regions", remedy: "give an intensity of 0 or more")
    }
    guard lowestPrice.isFinite, highestPrice.isFinite, 0 <= lowestPrice,
      lowestPrice <= highestPrice
    else {
      throw .invalidOption(name: "price", remedy: "give 0 ≤ lowest ≤ highest")
    }
    guard options.language == "en" else {
      throw .invalidOption(name: "language", remedy: "\"en\" is the only one so far")
    }
  }

  /// The currency of `priceUnit`: "€" of "€/kWh".
  var currency: String { priceUnit.split(separator: "/").first.map(String.init) ?? priceUnit }
}
