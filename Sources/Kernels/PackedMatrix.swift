import CKernels

/// A weight matrix laid out once for repeated products Y (+)= X·Wᵀ, or Y (+)= X·W.
///
/// Own kernels read a copy; OpenBLAS reads the weights in place. So they must stay alive, and after
/// they change `repack` must follow.
///
/// `@unchecked Sendable` by this rule: only `repack` writes, and its caller runs nothing else on
/// this matrix meanwhile.
package final class PackedMatrix: @unchecked Sendable {
  private let weights: ConstFloats
  /// Columns of Y, and of X.
  private let outputs: Int
  private let inputs: Int
  private let stride: Int
  private let transposed: Bool
  private let path: GemmPath
  /// Our panels, or the rounded weights of `roundedBF16`; nil where weights are read in place.
  private let copy: AlignedBuffer?

  /// W is [outputs, inputs] with `stride` floats from row to row, as linear layers store it; or
  /// [inputs, outputs] where `transposed`, which turns the product into X·W.
  package init(
    weights: ConstFloats, rows outputs: Int, columns inputs: Int, stride: Int,
    transposed: Bool = false, path: GemmPath = .fastest(.f32)
  ) {
    self.weights = weights
    self.outputs = outputs
    self.inputs = inputs
    self.stride = stride
    self.transposed = transposed
    self.path = path
    if outputs == 0 || inputs == 0 {
      copy = nil
    } else if let kind = path.kind {
      copy = AlignedBuffer(count: ck_packed_count(kind, outputs, inputs))
    } else {
      copy = path == .roundedBF16 ? AlignedBuffer(count: outputs * inputs) : nil
    }
    repack()
  }

  /// Bytes of the copy, for memory accounts.
  package var byteCount: Int { (copy?.count ?? 0) * MemoryLayout<Float>.stride }

  /// Reads the weights again.
  package func repack() {
    guard let copy else { return }
    if let kind = path.kind {
      ck_pack_weights(
        kind, weights, outputs, inputs, stride, transposed ? 1 : 0, copy.pointer)
    } else {
      let width = transposed ? outputs : inputs
      roundToBF16(
        weights, stride: stride, into: copy.pointer, stride: width,
        rows: transposed ? inputs : outputs, width: width)
    }
  }

  /// X is [m, inputs] with `ldx` floats from row to row, Y is [m, outputs] with `ldy`. A `team` shares
  /// the columns of Y, where the product is our own.
  package func multiply(
    m: Int, x: ConstFloats, ldx: Int, y: Floats, ldy: Int, accumulate: Bool = false,
    team: WorkerTeam? = nil
  ) {
    guard m > 0, outputs > 0 else { return }
    if let kind = path.kind, let copy {
      var shape = ck_gemm_shape(
        m: m, n: outputs, k: inputs, lda: ldx, ldb: 0, ldc: ldy, transpose_a: 0, transpose_b: 1,
        accumulate: accumulate ? 1 : 0)
      if let team {
        ck_gemm_packed_team(team.handle, kind, &shape, x, copy.pointer, y)
      } else {
        ck_gemm_packed(kind, &shape, x, copy.pointer, y)
      }
      return
    }
    guard let copy else {
      gemm(
        m: m, n: outputs, k: inputs, a: x, lda: ldx, b: weights, ldb: stride,
        transposeB: !transposed, c: y, ldc: ldy, accumulate: accumulate, path: path)
      return
    }
    let left = rounded(x, stride: ldx, rows: m, width: inputs)
    gemm(
      m: m, n: outputs, k: inputs, a: left.pointer, lda: inputs, b: copy.pointer,
      ldb: transposed ? outputs : inputs, transposeB: !transposed, c: y, ldc: ldy,
      accumulate: accumulate)
  }
}
