/// Where a number comes from. A report cannot be built from a number without it.
package enum Provenance: String, Codable, Sendable, CaseIterable {
  /// Read from a clock, a meter or a counter on the machine named in the source.
  case measured
  /// Computed from a documented model; never read from hardware.
  case modelled
  /// A measured or modelled total, divided among parts by a documented rule.
  case attributed
  /// Not known; the figure has no value, and the source says why.
  case unavailable
}

/// A quantity with its 80 % interval and its provenance.
///
/// `value` is nil exactly when `provenance` is `.unavailable`.
package struct Figure<Q: Quantity>: Codable, Hashable, Sendable {
  package let value: Q?
  /// Lower end of the interval; equal to `value` where no interval is known.
  package let low: Q?
  /// Upper end of the interval; equal to `value` where no interval is known.
  package let high: Q?
  package let provenance: Provenance
  /// The clock, meter, model or rule that gave the number, in words for a reader of the report.
  package let source: String

  private init(value: Q?, low: Q?, high: Q?, provenance: Provenance, source: String) {
    self.value = value
    self.low = low
    self.high = high
    self.provenance = provenance
    self.source = source
  }

  private enum CodingKeys: String, CodingKey { case value, low, high, provenance, source }

  /// Throws where a value stands without provenance, or an available figure without value or interval.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    let numbers = try [CodingKeys.value, .low, .high].map {
      try fields.decodeIfPresent(Q.self, forKey: $0)
    }
    let provenance = try fields.decode(Provenance.self, forKey: .provenance)
    let isUnavailable = provenance == .unavailable
    guard numbers.allSatisfy({ ($0 == nil) == isUnavailable }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .provenance, in: fields,
        debugDescription: isUnavailable
          ? "an unavailable figure has a number" : "a figure lacks its value, low or high")
    }
    self.init(
      value: numbers[0], low: numbers[1], high: numbers[2], provenance: provenance,
      source: try fields.decode(String.self, forKey: .source))
  }

  package static func measured(_ value: Q, low: Q? = nil, high: Q? = nil, source: String) -> Self {
    .init(
      value: value, low: low ?? value, high: high ?? value, provenance: .measured, source: source)
  }

  package static func modelled(_ value: Q, low: Q? = nil, high: Q? = nil, source: String) -> Self {
    .init(
      value: value, low: low ?? value, high: high ?? value, provenance: .modelled, source: source)
  }

  package static func attributed(_ value: Q, low: Q? = nil, high: Q? = nil, source: String) -> Self
  {
    .init(
      value: value, low: low ?? value, high: high ?? value, provenance: .attributed, source: source)
  }

  package static func unavailable(_ reason: String) -> Self {
    .init(value: nil, low: nil, high: nil, provenance: .unavailable, source: reason)
  }

  /// The same provenance and source, every number passed through a monotone increasing function.
  package func map<R: Quantity>(_ transform: (Q) -> R) -> Figure<R> {
    Figure<R>(
      value: value.map(transform), low: low.map(transform), high: high.map(transform),
      provenance: provenance, source: source)
  }

  /// The same number under another provenance, for example a measured total that was divided.
  package func relabelled(_ provenance: Provenance, source: String) -> Self {
    guard let value else { return self }
    return .init(value: value, low: low, high: high, provenance: provenance, source: source)
  }
}
