/// The parameters of a profile as plain numbers for one precision and engine.
package struct GPUConstants: Sendable {
  package let precision: GPUPrecision
  package let engine: GPUEngine
  let multiprocessors: Double
  package let peak: Double
  /// Of the cores that take operands however they lie in memory.
  private let unalignedPeak: Double
  package let bandwidth: Double
  let cacheBytes: Double
  private var values: [Double]

  private static let order = GPUParameter.allCases

  /// `profile` must be valid: a parameter that is missing reads as 1.
  package init(_ profile: GPUProfile, precision: GPUPrecision, engine: GPUEngine) {
    self.precision = precision
    self.engine = engine
    multiprocessors = Double(profile.streamingMultiprocessors)
    peak = profile.peakOperationsPerSecond[precision.rawValue] ?? 1
    unalignedPeak = profile.peakOperationsPerSecond[GPUPrecision.f32.rawValue] ?? 1
    bandwidth = profile.memoryBandwidth
    cacheBytes = profile.cacheBytes
    values = Self.order.map { parameter in
      profile.parameters.first { $0.parameter == parameter }?.value ?? 1
    }
  }

  package subscript(parameter: GPUParameter) -> Double {
    get { values[parameter.index] }
    set { values[parameter.index] = newValue }
  }

  var gemmEfficiency: Double {
    switch precision {
    case .f16: self[.gemmEfficiencyF16]
    case .f32: self[.gemmEfficiencyF32]
    case .tf32: self[.gemmEfficiencyTF32]
    case .int8: self[.gemmEfficiencyInt8]
    }
  }

  /// Share of the memory's bandwidth that a product reads its operands at: one of operands of four bytes, and
  /// one of smaller ones.
  var gemmMemoryEfficiency: Double {
    switch precision {
    case .f16, .int8: self[.gemmMemoryEfficiency]
    case .f32, .tf32: self[.gemmMemoryEfficiencyF32]
    }
  }

  /// Operations per second of an attention core over `keys` keys.
  ///
  /// Tensor cores read rows that begin at multiples of 16 bytes; where the core is several kernels, a
  /// row of scores in memory has `keys` numbers, and another length leaves the products to the single
  /// precision cores. Source: NVIDIA, Matrix Multiplication Background User's Guide.
  func attentionRate(keys: Int) -> Double {
    let isAligned = Int(precision.bytes) * keys % 16 == 0
    let usesTensorCores =
      precision != .f32 && (isAligned || engine.attentionKernels(precision) == 1)
    return usesTensorCores
      ? peak * self[.attentionEfficiency] : unalignedPeak * self[.attentionEfficiencyF32]
  }

  /// Bytes per second of kernels that mostly move data.
  var elementwiseBandwidth: Double {
    let share =
      precision == .int8
      ? self[.elementwiseMemoryEfficiencyInt8] : self[.elementwiseMemoryEfficiency]
    // Framework kernels that nobody fused read and write more than the modules' own operands.
    return bandwidth * share / (engine == .traced ? self[.tracedTraffic] : 1)
  }

  /// CUDA cores and tensor cores at one precision spend the same whether the mantissa is cut or not.
  package var operationEnergy: Double {
    switch precision {
    case .f16: self[.operationEnergyF16]
    case .f32, .tf32: self[.operationEnergyF32]
    case .int8: self[.operationEnergyInt8]
    }
  }

  /// What of a tensor's bytes reaches memory: nothing where the second-level cache holds it.
  func memory(_ bytes: Double) -> Double { bytes > cacheBytes ? bytes : 0 }
}
