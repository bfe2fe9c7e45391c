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
  private let copy: Floats?
  /// Owns the copy's memory, which several matrices may share.
  private let storage: AlignedBuffer?
  private let copyCount: Int

  /// W is [outputs, inputs] with `stride` floats from row to row, as linear layers store it; or
  /// [inputs, outputs] where `transposed`, which turns the product into X·W. The copy takes
  /// `copyCount` floats of `storage` from `offset` on, or memory of its own.
  package init(
    weights: ConstFloats, rows outputs: Int, columns inputs: Int, stride: Int,
    transposed: Bool = false, path: GemmPath = .fastest(.f32),
    storage: (buffer: AlignedBuffer, offset: Int)? = nil
  ) {
    self.weights = weights
    self.outputs = outputs
    self.inputs = inputs
    self.stride = stride
    self.transposed = transposed
    self.path = path
    copyCount = Self.copyCount(rows: outputs, columns: inputs, path: path)
    if copyCount > 0 {
      let place = storage ?? (AlignedBuffer(count: copyCount), 0)
      precondition(place.offset + copyCount <= place.buffer.count, "the copy has its place")
      self.storage = place.buffer
      copy = place.buffer.pointer + place.offset
    } else {
      self.storage = nil
      copy = nil
    }
    repack()
  }

  /// Floats that a copy of so many weights takes; 0 where they are read in place.
  package static func copyCount(rows outputs: Int, columns inputs: Int, path: GemmPath) -> Int {
    if outputs == 0 || inputs == 0 { return 0 }
    if let kind = path.kind { return ck_packed_count(kind, outputs, inputs) }
    return path == .roundedBF16 ? outputs * inputs : 0
  }

  /// Outputs are stored in groups of so many: a product may begin with any group.
  package var outputGroup: Int { path.kind.map { ck_packed_panel($0) } ?? 1 }

  /// Bytes of the copy, for memory accounts.
  package var byteCount: Int { copyCount * MemoryLayout<Float>.stride }

  /// Reads the weights again.
  package func repack() {
    guard let copy else { return }
    if let kind = path.kind {
      ck_pack_weights(
        kind, weights, outputs, inputs, stride, transposed ? 1 : 0, copy)
    } else {
      let width = transposed ? outputs : inputs
      roundToBF16(
        weights, stride: stride, into: copy, stride: width,
        rows: transposed ? inputs : outputs, width: width)
    }
  }

  /// X is [m, inputs] with `ldx` floats from row to row, Y is [m, outputs] with `ldy`. A `team` shares
  /// the columns of Y, where the product is our own. `accumulate` counts where `ends` give Y no start.
  /// Of some `selected` outputs alone, Y has [m, selected]; they begin with a group (`outputGroup`).
  package func multiply(
    m: Int, x: ConstFloats, ldx: Int, y: Floats, ldy: Int, accumulate: Bool = false,
    outputs selected: Range<Int>? = nil, ends: ProductEnds = ProductEnds(),
    team: WorkerTeam? = nil
  ) {
    let range = selected ?? 0..<outputs
    guard m > 0, !range.isEmpty else { return }
    let outputs = range.count
    let first = range.lowerBound
    precondition(first.isMultiple(of: outputGroup), "outputs begin with a group")
    if let kind = path.kind, let copy {
      let weights = copy + ck_packed_count(kind, first, inputs)
      var shape = ck_gemm_shape(
        m: m, n: outputs, k: inputs, lda: ldx, ldb: 0, ldc: ldy, transpose_a: 0, transpose_b: 1,
        accumulate: accumulate ? 1 : 0)
      var ends = ends.forKernel(stride: ldy)
      if let team {
        ck_gemm_fused_team(team.handle, kind, &shape, &ends, x, weights, y)
      } else {
        ck_gemm_fused(kind, &shape, &ends, x, weights, y)
      }
      return
    }
    let accumulate = ends.start(y, rows: m, stride: ldy) || accumulate
    defer { ends.finish(y, rows: m, stride: ldy) }
    guard let copy else {
      gemm(
        m: m, n: outputs, k: inputs, a: x, lda: ldx, b: weights + first * (transposed ? 1 : stride),
        ldb: stride,
        transposeB: !transposed, c: y, ldc: ldy, accumulate: accumulate, path: path)
      return
    }
    let left = rounded(x, stride: ldx, rows: m, width: inputs)
    gemm(
      m: m, n: outputs, k: inputs, a: left.pointer, lda: inputs,
      b: copy + first * (transposed ? 1 : inputs),
      ldb: transposed ? self.outputs : inputs, transposeB: !transposed, c: y, ldc: ldy,
      accumulate: accumulate)
  }
}
