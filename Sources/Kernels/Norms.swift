import CKernels

/// Layer normalisation of each row: y = (x − mean) / √(variance + epsilon) · gain + bias.
///
/// x and y are [rows, width]; gain and bias [width]; `mean` and `reciprocalDeviation` [rows] are
/// written for the backward pass.
package func layerNormForward(
  x: ConstFloats, gain: ConstFloats, bias: ConstFloats, epsilon: Float, y: Floats, mean: Floats,
  reciprocalDeviation: Floats, rows: Int, width: Int
) {
  ck_layer_norm_forward(x, gain, bias, epsilon, y, mean, reciprocalDeviation, rows, width)
}

/// Adds the gradients of layer normalisation to all three gradients.
///
/// `x`, `gradientY` and `gradientX` are [rows, width]; gradients of gain and bias [width].
package func layerNormBackward(
  x: ConstFloats, gain: ConstFloats, mean: ConstFloats, reciprocalDeviation: ConstFloats,
  gradientY: ConstFloats, gradientX: Floats, gradientGain: Floats, gradientBias: Floats,
  rows: Int, width: Int
) {
  ck_layer_norm_backward(
    x, gain, mean, reciprocalDeviation, gradientY, gradientX, gradientGain, gradientBias, rows,
    width)
}

/// RMS normalisation of each row: y = x / √(mean of squares + epsilon) · gain.
///
/// x and y are [rows, width]; gain [width]; `reciprocal` [rows] is written for the backward pass.
package func rmsNormForward(
  x: ConstFloats, gain: ConstFloats, epsilon: Float, y: Floats, reciprocal: Floats, rows: Int,
  width: Int
) {
  ck_rms_norm_forward(x, gain, epsilon, y, reciprocal, rows, width)
}

/// Adds the gradients of RMS normalisation to both gradients.
///
/// `x`, `gradientY` and `gradientX` are [rows, width]; the gain's gradient [width].
package func rmsNormBackward(
  x: ConstFloats, gain: ConstFloats, reciprocal: ConstFloats, gradientY: ConstFloats,
  gradientX: Floats, gradientGain: Floats, rows: Int, width: Int
) {
  ck_rms_norm_backward(x, gain, reciprocal, gradientY, gradientX, gradientGain, rows, width)
}
