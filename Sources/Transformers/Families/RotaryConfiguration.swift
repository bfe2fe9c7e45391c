import Artifacts
import Foundation
import Storage

/// Rotary positions in a configuration: `rope_parameters` of transformers 5, or `rope_theta` with
/// `rope_scaling` of transformers 4.
///
/// Types: default, linear (frequencies divided by a factor), dynamic (which equals default up to
/// `max_position_embeddings`), llama3, yarn (Peng et al., arXiv 2309.00071), longrope (Ding et al.,
/// arXiv 2402.13753).
extension RotaryShape {
  init(from config: JSONDocument, headSize: Int) throws(StorageError) {
    guard headSize.isMultiple(of: 2) else {
      throw config.malformed("rotary heads of \(headSize) dimensions: the size must be even")
    }
    let parameters: JSONDocument
    if let newer = try config.optional("rope_parameters") {
      parameters = newer
    } else if let older = try config.optional("rope_scaling") {
      parameters = older
    } else {
      parameters = JSONDocument(
        path: config.path, value: JSONObject([]).map { .object($0) } ?? .null)
    }
    for owner in [parameters, config] {
      if let part = try owner.optionalDouble("partial_rotary_factor"), part != 1 {
        throw try owner.at("partial_rotary_factor").unsupported(
          "\(part) means rotation of a part of the head", supported: "1")
      }
    }
    for type in ["full_attention", "sliding_attention"] where parameters.contains(type) {
      throw try parameters.at(type).unsupported(
        "rotary parameters by type of block", supported: "one set for all blocks")
    }
    var theta = 10_000.0
    if let given = try parameters.optionalDouble("rope_theta") {
      theta = given
    } else if let given = try config.optionalDouble("rope_theta") {
      theta = given
    }
    guard theta > 1 && theta < 1e15 else { throw config.malformed("rope_theta \(theta)") }
    let type = try parameters.string(
      parameters.contains("rope_type") ? "rope_type" : "type", default: "default")
    let plain = RotaryShape.plain(theta: theta, headSize: headSize)
    let reader = ScalingReader(
      parameters: parameters, config: config, plain: plain, theta: theta, headSize: headSize)
    switch type {
    case "default", "dynamic", "mrope": self.init(theta: theta, frequencies: plain)
    case "linear":
      let factor = try reader.factor()
      self.init(theta: theta, frequencies: plain.map { $0 / Float(factor) })
    case "llama3": self.init(theta: theta, frequencies: try reader.llama3())
    case "yarn":
      let (frequencies, scale) = try reader.yarn()
      self.init(theta: theta, frequencies: frequencies, scale: scale)
    case "longrope":
      let (frequencies, scale) = try reader.longrope()
      self.init(theta: theta, frequencies: frequencies, scale: scale)
    default:
      throw parameters.unsupported(
        "rotary positions of the type \"\(type)\" are not computed",
        supported: "default, linear, dynamic, llama3, yarn, longrope")
    }
  }

  /// θ^(−2i/d) in single precision, as the reference implementations compute it.
  static func plain(theta: Double, headSize: Int) -> [Float] {
    (0..<(headSize / 2)).map { 1 / pow(Float(theta), Float(2 * $0) / Float(headSize)) }
  }

  /// Longrope parameters that give exactly these frequencies in a stock class:
  /// factorᵢ = 1 / (frequencyᵢ · θ^(2i/d)), short and long alike.
  func longropeParameters(maximumPositions: Int) -> [(String, JSONValue)] {
    let size = Double(2 * frequencies.count)
    let factors = frequencies.enumerated().map { index, frequency in
      JSONValue.number(1 / (Double(frequency) * pow(theta, Double(2 * index) / size)))
    }
    return [
      ("rope_type", .string("longrope")), ("rope_theta", .number(theta)), ("factor", .number(1)),
      ("attention_factor", .number(Double(scale))),
      ("original_max_position_embeddings", .integer(maximumPositions)),
      ("short_factor", .array(factors)), ("long_factor", .array(factors)),
    ]
  }
}

private struct ScalingReader {
  let parameters: JSONDocument
  let config: JSONDocument
  let plain: [Float]
  let theta: Double
  let headSize: Int

  func positive(_ name: String) throws(StorageError) -> Double? {
    guard let value = try parameters.optionalDouble(name) else { return nil }
    guard value > 1e-15 && value < 1e15 else {
      throw try parameters.at(name).malformed("\(value) is outside 1e-15 … 1e15")
    }
    return value
  }

  func factor() throws(StorageError) -> Double {
    guard let value = try positive("factor") else {
      throw .missingField(path: parameters.path, field: "rope_parameters.factor")
    }
    return value
  }

  func originalPositions() throws(StorageError) -> Double {
    if let value = try positive("original_max_position_embeddings") { return value }
    if let value = try config.optionalInt("original_max_position_embeddings"), value > 0 {
      return Double(value)
    }
    return Double(try config.dimension("max_position_embeddings", limit: 1 << 24))
  }

  func llama3() throws(StorageError) -> [Float] {
    let factor = Float(try factor())
    let low = Float(try positive("low_freq_factor") ?? 1)
    let high = Float(try positive("high_freq_factor") ?? 4)
    let original = Float(try originalPositions())
    guard high > low else {
      throw parameters.malformed("high_freq_factor must exceed low_freq_factor")
    }
    return plain.map { frequency in
      let wavelength = 2 * Float.pi / frequency
      if wavelength > original / low { return frequency / factor }
      if wavelength < original / high { return frequency }
      let smooth = (original / wavelength - low) / (high - low)
      return (1 - smooth) * frequency / factor + smooth * frequency
    }
  }

  func yarn() throws(StorageError) -> ([Float], Float) {
    let original = try originalPositions()
    let maximum = Double(try config.dimension("max_position_embeddings", limit: 1 << 24))
    let factor = try positive("factor") ?? maximum / original
    func magnitude(_ weight: Double) -> Double { factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1 }
    var scale = magnitude(1)
    if let given = try positive("attention_factor") {
      scale = given
    } else if let numerator = try positive("mscale"),
      let denominator = try positive("mscale_all_dim")
    {
      scale = magnitude(numerator) / magnitude(denominator)
    }
    let size = Double(headSize)
    func dimension(rotations: Double) -> Double {
      size * log(original / (rotations * 2 * .pi)) / (2 * log(theta))
    }
    var low = dimension(rotations: try positive("beta_fast") ?? 32)
    var high = dimension(rotations: try positive("beta_slow") ?? 1)
    if try parameters.bool("truncate", default: true) {
      low = low.rounded(.down)
      high = high.rounded(.up)
    }
    low = max(low, 0)
    high = min(high, size - 1)
    if low == high { high += 0.001 }
    let frequencies = plain.enumerated().map { index, frequency in
      let ramp = Float(min(max((Double(index) - low) / (high - low), 0), 1))
      return frequency / Float(factor) * ramp + frequency * (1 - ramp)
    }
    return (frequencies, Float(scale))
  }

  func longrope() throws(StorageError) -> ([Float], Float) {
    let short = try factors("short_factor")
    let long = try factors("long_factor")
    let original = try originalPositions()
    let maximum = Double(try config.dimension("max_position_embeddings", limit: 1 << 24))
    guard short == long || maximum <= original else {
      throw parameters.unsupported(
        "short_factor and long_factor differ: frequencies change with the length of the text",
        supported: "equal factors, or max_position_embeddings up to the original \(Int(original))")
    }
    let factor = try positive("factor") ?? maximum / original
    let derived = factor <= 1 ? 1 : (1 + log(factor) / log(original)).squareRoot()
    let frequencies = short.enumerated().map { index, factor in
      1 / (Float(factor) * pow(Float(theta), Float(2 * index) / Float(headSize)))
    }
    return (frequencies, Float(try positive("attention_factor") ?? derived))
  }

  private func factors(_ name: String) throws(StorageError) -> [Double] {
    var result: [Double] = []
    for element in try parameters.array(name) {
      let value = try element.asDouble
      guard value > 1e-15 && value < 1e15 else {
        throw element.malformed("\(value) is outside 1e-15 … 1e15")
      }
      result.append(value)
    }
    guard result.count == headSize / 2 else {
      throw try parameters.required(name).malformed(
        "\(result.count) factors, where heads of \(headSize) need \(headSize / 2)")
    }
    return result
  }
}
