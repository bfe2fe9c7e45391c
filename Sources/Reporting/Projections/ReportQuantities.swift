import Artifacts

/// One number over another of the same kind.
package struct Ratio: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = "×"
}

/// A measurement relative to its forecast: (measured − forecast) / forecast.
package struct RelativeError: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = ""
}

/// An accuracy minus another one, between −1 and 1.
package struct AccuracyChange: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = ""
}

/// A number of requests.
package struct Requests: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = "requests"
}

/// A duration in days of 24 hours.
package struct Days: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = "days"
}

/// An amount of money in the currency of the report's assumptions.
package struct Money: Quantity {
  package var value: Double
  package init(_ value: Double) { self.value = value }
  package static let unit = ""
}

/// A number of weights.
struct ParameterCount: Quantity {
  var value: Double
  init(_ value: Double) { self.value = value }
  static let unit = "parameters"
}
