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
  }
  package enum Purpose: String, Sendable {
    /// What the fit sees.
    case calibration
    /// Chosen as a test before the model was written.
    case heldOut = "held-out"
    /// Published in the same tables, added as a test later; never fitted to either.
    case heldOutAdded = "held-out-added"
    /// Of a card that nothing is fitted to.
    case otherCard = "other card"
  }

  package var source: String
  package var card: String
  package var engine: GPUEngine
  package var family: String
  package var model: PublishedModel
  package var precision: GPUPrecision
  package var phase: Phase
  package var batch: Int
  /// Sequence length, edge of the image, or mean context of decode steps.
  package var tokens: Int
  package var unit: Unit
  package var value: Double
  package var purpose: Purpose
  package var note: String

  /// Wall seconds of one call; nil for a power.
  package var seconds: Double? {
    switch unit {
    case .milliseconds: value / 1_000
    case .samplesPerSecond: Double(batch) / value
    case .watts: nil
    }
  }
}

/// A row of the table of measurements that cannot be used.
package struct MeasurementError: Error, CustomStringConvertible {
  package let description: String
}

extension PublishedMeasurement {
  static let columns = [
    "source", "card", "engine", "family", "model", "precision", "phase", "batch", "tokens", "unit",
    "value", "set", "note",
  ]

  /// The rows of a table in CSV (RFC 4180). Throws `MeasurementError` naming line and column.
  package static func table(csv: String) throws(MeasurementError) -> [PublishedMeasurement] {
    let lines = csv.split(whereSeparator: \.isNewline).map(String.init)
    guard let header = lines.first, fields(header) == columns else {
      throw MeasurementError(description: "line 1: the columns must be \(columns)")
    }
    var rows: [PublishedMeasurement] = []
    for (index, line) in lines.enumerated().dropFirst() {
      let values = fields(line)
      guard values.count == columns.count else {
        throw MeasurementError(description: "line \(index + 1): \(values.count) columns")
      }
      rows.append(try row(values, line: index + 1))
    }
    return rows
  }

  private static func row(
    _ values: [String], line: Int
  ) throws(MeasurementError) -> PublishedMeasurement {
    func bad(_ column: Int) -> MeasurementError {
      MeasurementError(description: "line \(line), \(columns[column]): \"\(values[column])\"")
    }
    guard let engine = GPUEngine(rawValue: values[2]) else { throw bad(2) }
    guard let model = PublishedModel(rawValue: values[4]) else { throw bad(4) }
    guard let precision = GPUPrecision(rawValue: values[5]) else { throw bad(5) }
    guard let phase = Phase(rawValue: values[6]) else { throw bad(6) }
    guard let batch = Int(values[7]), batch > 0 else { throw bad(7) }
    guard let tokens = Int(values[8]), tokens > 0 else { throw bad(8) }
    guard let unit = Unit(rawValue: values[9]) else { throw bad(9) }
    guard let value = Double(values[10]), value.isFinite, value > 0 else { throw bad(10) }
    guard let purpose = Purpose(rawValue: values[11]) else { throw bad(11) }
    return PublishedMeasurement(
      source: values[0], card: values[1], engine: engine, family: values[3], model: model,
      precision: precision, phase: phase, batch: batch, tokens: tokens, unit: unit, value: value,
      purpose: purpose, note: values[12])
  }

  private static func fields(_ line: String) -> [String] {
    var fields = [""]
    var quoted = false
    for character in line {
      switch character {
      case "\"": quoted.toggle()
      case "," where !quoted: fields.append("")
      default: fields[fields.count - 1].append(character)
      }
    }
    return fields
  }
}
