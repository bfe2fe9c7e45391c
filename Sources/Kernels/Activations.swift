import CKernels

/// The non-linearities a feed-forward layer can have.
package enum ActivationKernel: Sendable {
  /// max(x, 0)
  case relu
  /// x·Φ(x) with Φ the normal distribution: the exact form, not the tanh approximation.
  /// Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
  case gelu
  /// The tanh approximation of gelu, x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), as GPT-2 uses it.
  case geluTanh
  /// x / (1 + e⁻ˣ). Elfwing et al., "Sigmoid-Weighted Linear Units", 2017.
  case silu
}

extension ActivationKernel {
  /// f of `count` numbers; both buffers may be the same.
  var forward: @convention(c) (_ x: ConstFloats, _ y: Floats, _ count: Int) -> Void {
    switch self {
    case .relu: ck_relu_forward
    case .gelu: ck_gelu_forward
    case .geluTanh: ck_gelu_tanh_forward
    case .silu: ck_silu_forward
    }
  }
}

/// y = f(x); x and y may be the same buffer.
package func activationForward(_ kind: ActivationKernel, x: ConstFloats, y: Floats, count: Int) {
  kind.forward(x, y, count)
}

/// gradient *= f′(x), with x the input of the forward pass; f′(0) of relu is 0.
package func activationBackward(
  _ kind: ActivationKernel, x: ConstFloats, gradient: Floats, count: Int
) {
  switch kind {
  case .relu: ck_relu_backward(x, gradient, count)
  case .gelu: ck_gelu_backward(x, gradient, count)
  case .geluTanh: ck_gelu_tanh_backward(x, gradient, count)
  case .silu: ck_silu_backward(x, gradient, count)
  }
}

/// y = f(gate) ⊙ value; each row of `x` [rows, 2 · width] holds gate, then value; y is [rows, width].
package func gatedForward(
  _ kind: ActivationKernel, x: ConstFloats, y: Floats, rows: Int, width: Int
) {
  for row in 0..<rows {
    let gate = x + row * 2 * width
    activationForward(kind, x: gate, y: y + row * width, count: width)
    ck_multiply(gate + width, y + row * width, width)
  }
}

/// d/dx [rows, 2 · width] of `gatedForward`, overwritten, from d/dy [rows, width].
package func gatedBackward(
  _ kind: ActivationKernel, x: ConstFloats, gradientY: ConstFloats, gradientX: Floats, rows: Int,
  width: Int
) {
  for row in 0..<rows {
    let gate = x + row * 2 * width
    let above = gradientY + row * width
    let dGate = gradientX + row * 2 * width
    dGate.update(from: above, count: width)
    ck_multiply(gate + width, dGate, width)
    activationBackward(kind, x: gate, gradient: dGate, count: width)
    activationForward(kind, x: gate, y: dGate + width, count: width)
    ck_multiply(above, dGate + width, width)
  }
}
