import CKernels

/// Overwrites each row of y with `row` [width]; y has `stride` floats from row to row.
package func fillRows(
  _ y: Floats, with row: ConstFloats, rows: Int, width: Int, stride: Int
) {
  ck_fill_rows(y, row, rows, width, stride)
}

/// Adds `row` [width], a bias for example, to each row of y.
package func addRows(_ y: Floats, _ row: ConstFloats, rows: Int, width: Int, stride: Int) {
  ck_add_rows(y, row, rows, width, stride)
}

/// Adds the sum of each column of x to `sums` [width]: the gradient of a bias.
package func columnSums(
  of x: ConstFloats, addingTo sums: Floats, rows: Int, width: Int, stride: Int
) {
  ck_column_sums(x, sums, rows, width, stride)
}

/// y += x
package func add(_ x: ConstFloats, to y: Floats, count: Int) {
  ck_add(x, y, count)
}

/// y *= factor
package func scale(_ y: Floats, by factor: Float, count: Int) {
  ck_scale(y, factor, count)
}

/// Σ x², summed in double precision.
package func sumOfSquares(_ x: ConstFloats, count: Int) -> Double {
  ck_dot(x, x, count)
}

/// Σ x·y, summed in double precision.
package func dot(_ x: ConstFloats, _ y: ConstFloats, count: Int) -> Double {
  ck_dot(x, y, count)
}

/// Position of the largest number, the lowest one among equals.
package func indexOfMaximum(_ x: ConstFloats, count: Int) -> Int {
  ck_index_of_maximum(x, count)
}

/// scores += |weights·gradients|: first-order Taylor importance, Molchanov et al. 2019.
package func accumulateTaylor(
  weights: ConstFloats, gradients: ConstFloats, into scores: Floats, count: Int
) {
  ck_accumulate_taylor(weights, gradients, scores, count)
}
