import CKernels
import Foundation

/// Cosines and sines of rotary positions: [positions, 2 · pairs], cosines first, each times `scale`.
///
/// In single precision throughout, as the reference implementations compute it.
package func rotaryTable(
  positions: some Collection<Int32>, frequencies: [Float], scale: Float, into table: Floats
) {
  var row = table
  let pairs = frequencies.count
  for position in positions {
    for (i, frequency) in frequencies.enumerated() {
      let angle = Float(position) * frequency
      row[i] = cos(angle) * scale
      row[pairs + i] = sin(angle) * scale
    }
    row += 2 * pairs
  }
}

/// Turns pair (i, i + pairs) of every head by its row's angles, in place; with `inverse` back, which
/// is also the gradient.
///
/// Each of `rows` rows, `stride` floats apart, holds `heads` heads of `headSize`; `table` is
/// [rows, 2 · pairs].
package func rotate(
  _ x: Floats, stride: Int, table: ConstFloats, rows: Int, heads: Int, headSize: Int, pairs: Int,
  inverse: Bool = false
) {
  ck_rotate(x, stride, table, rows, heads, headSize, pairs, inverse ? 1 : 0)
}
