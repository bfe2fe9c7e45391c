package import Foundation

/// The numbers of an analytical GPU model: the card's data sheet, and parameters with bands.
///
/// Users copy `profiles/a10.json`, edit it, and name the file as hardware.
package struct GPUProfile: Codable, Hashable, Sendable {
  package static let currentVersion = 4

  package var formatVersion: Int
  package var name: String
  package var description: String
  /// How far the profile may be trusted and what it was checked against, in words.
  package var confidence: String
  package var streamingMultiprocessors: Int
  /// Dense peak operations per second by precision: "f32", "tf32", "f16", "int8".
  package var peakOperationsPerSecond: [String: Double]
  /// Bytes per second.
  package var memoryBandwidth: Double
  /// Bytes of the second-level cache.
  package var cacheBytes: Double
  /// One entry per `GPUParameter`.
  package var parameters: [Band]

  /// A parameter's value, its 80 % band and where they come from.
  package struct Band: Codable, Hashable, Sendable {
    package var parameter: GPUParameter
    package var value: Double
    package var low: Double
    package var high: Double
    package var source: String

    package init(
      _ parameter: GPUParameter, _ value: Double, _ low: Double, _ high: Double, source: String
    ) {
      self.parameter = parameter
      self.value = value
      self.low = low
      self.high = high
      self.source = source
    }
  }

  /// A profile from a user's file; throws where it is not JSON, lacks a field or is not valid.
  package init(json: Data, file: String) throws(HardwareModelError) {
    do {
      self = try JSONDecoder().decode(GPUProfile.self, from: json)
    } catch DecodingError.keyNotFound(let key, _) {
      throw .invalidProfile(name: file, field: key.stringValue, problem: "is missing")
    } catch DecodingError.typeMismatch(_, let context),
      DecodingError.valueNotFound(_, let context), DecodingError.dataCorrupted(let context)
    {
      let field = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw .invalidProfile(
        name: file, field: field.isEmpty ? "the whole file" : field,
        problem: "cannot be read: \(context.debugDescription)")
    } catch {
      throw .invalidProfile(name: file, field: "the whole file", problem: "cannot be read")
    }
    try validate()
  }

  /// Throws where a parameter is missing, repeated, outside its band or not positive.
  package func validate() throws(HardwareModelError) {
    func fail(_ field: String, _ problem: String) -> HardwareModelError {
      .invalidProfile(name: name, field: field, problem: problem)
    }
    guard formatVersion == Self.currentVersion else {
      let missing = GPUParameter.allCases.filter { parameter in
        !parameters.contains { $0.parameter == parameter }
      }
      let remedy =
        missing.isEmpty
        ? "" : ", which needs in addition: \(missing.map(\.rawValue).joined(separator: ", "))"
      throw fail(
        "formatVersion", "is \(formatVersion), this version reads \(Self.currentVersion)\(remedy)")
    }
    guard (1...100_000).contains(streamingMultiprocessors) else {
      throw fail("streamingMultiprocessors", "is not a count of multiprocessors")
    }
    guard memoryBandwidth.isFinite, memoryBandwidth > 0 else {
      throw fail("memoryBandwidth", "is not above 0")
    }
    guard cacheBytes.isFinite, cacheBytes >= 0 else { throw fail("cacheBytes", "is below 0") }
    for precision in GPUPrecision.allCases {
      guard let peak = peakOperationsPerSecond[precision.rawValue], peak.isFinite, peak > 0 else {
        throw fail("peakOperationsPerSecond.\(precision.rawValue)", "is missing or not above 0")
      }
    }
    for parameter in GPUParameter.allCases {
      let bands = parameters.filter { $0.parameter == parameter }
      guard let band = bands.first, bands.count == 1 else {
        throw fail(parameter.rawValue, "appears \(bands.count) times, needed is once")
      }
      guard band.low > 0, band.low <= band.value, band.value <= band.high, band.high.isFinite else {
        throw fail(parameter.rawValue, "needs 0 < low ≤ value ≤ high")
      }
    }
    guard let cap = parameters.first(where: { $0.parameter == .powerCap }),
      let context = parameters.first(where: { $0.parameter == .contextPower }),
      context.high < cap.low
    else { throw fail("powerCap", "is not above contextPower, whose band must lie below it") }
  }
}

/// Numeric types of weights and activations on a GPU.
package enum GPUPrecision: String, Codable, Sendable, CaseIterable {
  case f16, f32, int8
  /// Single precision in memory, 10 bits of mantissa in the tensor cores.
  case tf32

  /// Bytes of one value in memory.
  package var bytes: Double {
    switch self {
    case .f16: 2
    case .f32, .tf32: 4
    case .int8: 1
    }
  }
}

/// The calibrated parameters of the analytical model. Times in seconds, powers in watts, energies
/// in joules per operation or byte; the rest are shares or factors.
package enum GPUParameter: String, Codable, Sendable, CaseIterable {
  case gemmEfficiencyF16, gemmEfficiencyF32, gemmEfficiencyTF32, gemmEfficiencyInt8
  case gemmMemoryEfficiency, gemmMemoryEfficiencyF32
  case elementwiseMemoryEfficiency, elementwiseMemoryEfficiencyInt8
  case cacheMemoryEfficiency
  case attentionEfficiency, attentionEfficiencyF32
  case tileEfficiency256x128, tileEfficiency128x128, tileEfficiency128x64, tileEfficiency64x64
  case tileEfficiencySkinny
  /// Least time of a matrix product and of another kernel on the card.
  case gemmKernelTime, kernelTime
  /// Time between launches of a fused and of a traced engine.
  case launchTime, tracedLaunchTime
  /// Host time of one call of a fused engine through a framework's operator, beside its launches.
  case operatorTime
  /// Traffic of a traced engine's elementwise kernels over that of its modules' operands.
  case tracedTraffic
  /// Host time of one kernel, of one block's modules beside its kernels, and of one pass of the model, in
  /// eager mode.
  case eagerLaunchTime, eagerBlockTime, eagerPassTime
  case idlePower, contextPower, powerCap, wallFactor
  case operationEnergyF16, operationEnergyF32, operationEnergyInt8
  case memoryEnergy

  /// Position in `allCases`.
  var index: Int { Self.positions[self] ?? 0 }

  private static let positions = Dictionary(
    uniqueKeysWithValues: allCases.enumerated().map { ($0.element, $0.offset) })
}
