package import Artifacts
import Kernels

extension Precision {
  var format: OperandFormat {
    switch self {
    case .f32: .f32
    case .bf16: .bf16
    }
  }
}

extension ModelLayout {
  /// The same parameters at the same places, with other products.
  package func running(in precision: Precision) -> ModelLayout {
    precision == self.precision ? self : ModelLayout(shape, precision: precision)
  }
}

extension Parameters {
  /// The same numbers in the same buffer, with products in `precision`.
  package func running(in precision: Precision) -> Parameters {
    Parameters(layout: layout.running(in: precision), buffer: buffer)
  }
}

extension LoadedModel {
  /// The same model with products in `precision`.
  package func running(in precision: Precision) -> LoadedModel {
    var result = self
    result.parameters = parameters.running(in: precision)
    return result
  }
}
