import CKernels

/// The non-linearities a feed-forward layer can have.
package enum ActivationKernel: Sendable {
  /// max(x, 0)
  case relu
  /// x·Φ(x) with Φ the normal distribution: the exact form, not the tanh approximation.
  /// Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
  case gelu
}

/// y = f(x); x and y may be the same buffer.
package func activationForward(_ kind: ActivationKernel, x: ConstFloats, y: Floats, count: Int) {
  switch kind {
  case .relu: ck_relu_forward(x, y, count)
  case .gelu: ck_gelu_forward(x, y, count)
  }
}

/// gradient *= f′(x), with x the input of the forward pass; f′(0) of relu is 0.
package func activationBackward(
  _ kind: ActivationKernel, x: ConstFloats, gradient: Floats, count: Int
) {
  switch kind {
  case .relu: ck_relu_backward(x, gradient, count)
  case .gelu: ck_gelu_backward(x, gradient, count)
  }
}
