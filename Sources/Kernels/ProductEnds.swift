import CKernels

/// What surrounds a product Y = X·Wᵀ: where its rows start, and what is made of them.
package struct ProductEnds {
  /// [outputs]; every row starts with it.
  package var bias: ConstFloats?
  /// [rows, outputs] without gaps, added to the start; not Y itself.
  package var residual: ConstFloats?
  /// f(Y) goes to `activated`, which may be Y, its rows as far apart as Y's.
  package var activation: (function: ActivationKernel, activated: Floats)?
  private var width: Int

  /// A product and nothing else.
  package init() { width = 0 }

  /// - Parameter width: outputs of the product.
  package init(
    bias: ConstFloats?, residual: ConstFloats? = nil,
    activation: (function: ActivationKernel, activated: Floats)? = nil, width: Int
  ) {
    self.bias = bias
    self.residual = residual
    self.activation = activation
    self.width = width
  }

  /// - Parameter stride: from row to row of Y.
  func forKernel(stride: Int) -> ck_gemm_ends {
    ck_gemm_ends(
      bias: bias, residual: residual, residual_stride: width,
      activation: activation.map(\.function.forward), activated: activation?.activated,
      activated_stride: stride)
  }

  /// Starts the rows of Y; false where they have no start.
  package func start(_ y: Floats, rows: Int, stride: Int) -> Bool {
    if let residual {
      for row in 0..<rows {
        (y + row * stride).update(from: residual + row * width, count: width)
      }
      if let bias { addRows(y, bias, rows: rows, width: width, stride: stride) }
    } else if let bias {
      fillRows(y, with: bias, rows: rows, width: width, stride: stride)
    }
    return residual != nil || bias != nil
  }

  /// Activates the finished rows.
  package func finish(_ y: Floats, rows: Int, stride: Int) {
    guard let activation else { return }
    for row in 0..<rows {
      activationForward(
        activation.function, x: y + row * stride, y: activation.activated + row * stride,
        count: width)
    }
  }
}
