/// The parameters of a profile as plain numbers for one precision.
struct GPUConstants {
  let precision: GPUPrecision
  let multiprocessors: Double
  let peak: Double
  let bandwidth: Double
  private var values: [Double]

  private static let order = GPUParameter.allCases

  /// `profile` must be valid: a parameter that is missing reads as 1.
  init(_ profile: GPUProfile, precision: GPUPrecision) {
    self.precision = precision
    multiprocessors = Double(profile.streamingMultiprocessors)
    peak = profile.peakOperationsPerSecond[precision.rawValue] ?? 1
    bandwidth = profile.memoryBandwidth
    values = Self.order.map { parameter in
      profile.parameters.first { $0.parameter == parameter }?.value ?? 1
    }
  }

  subscript(parameter: GPUParameter) -> Double {
    get { values[Self.order.firstIndex(of: parameter) ?? 0] }
    set { values[Self.order.firstIndex(of: parameter) ?? 0] = newValue }
  }

  var gemmEfficiency: Double {
    switch precision {
    case .f16: self[.gemmEfficiencyF16]
    case .f32: self[.gemmEfficiencyF32]
    case .int8: self[.gemmEfficiencyInt8]
    }
  }

  var operationEnergy: Double {
    switch precision {
    case .f16: self[.operationEnergyF16]
    case .f32: self[.operationEnergyF32]
    case .int8: self[.operationEnergyInt8]
    }
  }
}
