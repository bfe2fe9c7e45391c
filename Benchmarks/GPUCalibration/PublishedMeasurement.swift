package import HardwareModels

/// One published number: what was run on which card, and what came out.
package struct PublishedMeasurement: Sendable {
  package enum Phase: String, Sendable { case encode, prefill, decode }
  package enum Unit: String, Sendable {
    /// Of one call.
    case milliseconds = "ms"
    case samplesPerSecond = "samples/s"
    /// Of the card alone.
    case watts = "W"
    /// Of the whole machine, a token of each sequence a step.
    case tokensPerKilowattHour = "tokens/kWh"
  }
  package enum Purpose: String, Sendable {
    /// What the fit sees.
    case calibration
    /// Chosen as a test before the model was written.
    case heldOut = "held-out"
    /// Published in the same tables, added as a test later; never fitted to either.
    case heldOutAdded = "held-out-added"
    /// Of a table that nothing is fitted to.
    case otherCard = "other card"
  }

  package var source: String
  package var card: String
  package var engine: GPUEngine
  package var family: String
  package var model: PublishedModel
  /// The attention that transformers was told to take: "sdpa", "eager" or "flash"; empty elsewhere.
  package var attention: String
  package var precision: GPUPrecision
  package var phase: Phase
  package var batch: Int
  /// Sequence length, edge of the image, or mean context of decode steps.
  package var tokens: Int
  package var unit: Unit
  package var value: Double
  package var purpose: Purpose
  package var note: String

  /// What is alike in repeated measurements.
  package struct Configuration: Hashable, Sendable {
    package let card: String
    let engine: GPUEngine
    let model: String
    let attention: String
    let precision: GPUPrecision
    let phase: Phase
    let batch: Int
    let tokens: Int
  }

  package var configuration: Configuration {
    Configuration(
      card: card, engine: engine, model: model.name, attention: attention, precision: precision,
      phase: phase, batch: batch, tokens: tokens)
  }

  /// Wall seconds of one call; nil for a power or an energy.
  package var seconds: Double? {
    switch unit {
    case .milliseconds: value / 1_000
    case .samplesPerSecond: Double(batch) / value
    case .watts, .tokensPerKilowattHour: nil
    }
  }

  /// Joules that the whole machine takes for one call; nil for other units.
  package var machineJoules: Double? {
    unit == .tokensPerKilowattHour ? 3.6e6 * Double(batch) / value : nil
  }
}

extension PublishedMeasurement {
  private static let columns = [
    "source", "card", "engine", "family", "model", "attention", "precision", "phase", "batch",
    "tokens", "unit", "value", "set", "note",
  ]

  /// The rows of a table in CSV, with what `decoders` says of the language models among them. Throws
  /// `MeasurementError` naming line and column.
  package static func table(
    csv: String, decoders: [Decoder.Name: Decoder]
  ) throws(MeasurementError) -> [PublishedMeasurement] {
    var rows: [PublishedMeasurement] = []
    for record in try CSVTable(csv, columns: columns).records {
      let precision = try record.value("precision", GPUPrecision.init)
      let phase = try record.value("phase", Phase.init)
      let attention = record["attention"]
      let batch = try record.count("batch")
      let tokens = try record.count("tokens")
      let engine = try record.value("engine", GPUEngine.init)
      let model: PublishedModel = try record.value("model") { name in
        if let encoder = PublishedEncoder(rawValue: name) { return .encoder(encoder) }
        return decoders[
          Decoder.Name(model: name, attention: attention, precision: precision, phase: phase)
        ]
        .flatMap {
          let isKnown =
            engine == .eager
            ? $0.isCounted(phase, batch: batch, tokens: tokens) : $0.hasGatedBlock
          return isKnown ? .decoder($0, name: name) : nil
        }
      }
      rows.append(
        PublishedMeasurement(
          source: record["source"], card: record["card"],
          engine: engine, family: record["family"],
          model: model, attention: attention, precision: precision, phase: phase,
          batch: batch, tokens: tokens,
          unit: try record.value("unit", Unit.init),
          value: try record.value("value") {
            Double($0).flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
          },
          purpose: try record.value("set", Purpose.init), note: record["note"]))
    }
    return rows
  }
}
