/// How a framework turns modules into kernels and who waits for whom.
package enum GPUEngine: String, Codable, Sendable, CaseIterable {
  /// Hand-fused kernels, launched one by one from C++: FasterTransformer and its like.
  case fused
  /// The same kernels behind an operator that a framework calls once a pass.
  case fusedOperator = "operator"
  /// Biases and activations inside the matrix products' kernels: TensorRT and its like.
  case compiled
  /// A traced graph of framework kernels: TorchScript.
  case traced
  /// Framework kernels dispatched from Python one by one: PyTorch's eager mode.
  case eager

  /// Passes over the attention scores that go through memory; 0 where one kernel does it all.
  func scorePasses(_ precision: GPUPrecision) -> Double {
    switch self {
    case .traced: 8
    // Fused attention kernels compute in half precision or INT8 only.
    case .fused, .fusedOperator, .compiled: precision == .f16 || precision == .int8 ? 0 : 4
    case .eager: 0
    }
  }

  /// Kernels of one attention core: product, scale, mask, softmax, product; or one fused kernel.
  func attentionKernels(_ precision: GPUPrecision) -> Double {
    switch self {
    case .traced: 5
    case .fused, .fusedOperator, .compiled: precision == .f16 || precision == .int8 ? 1 : 4
    case .eager: 1
    }
  }
}
