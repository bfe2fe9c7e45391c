package import Artifacts
package import Kernels
package import Transformers

/// Throw-away classifiers on flattened tokens: they teach the encoder to see, and are then dropped.
///
/// One linear layer per attribute over all tokens of an image side by side.
package final class AuxiliaryHeads: Sendable {
  package let sizes: [Int]
  /// Values of one image's flattened tokens.
  package let inputs: Int
  package let buffer: AlignedBuffer
  private let offsets: [Int]

  package init(inputs: Int, sizes: [Int], generator: inout SeededGenerator) {
    self.inputs = inputs
    self.sizes = sizes
    var offsets: [Int] = []
    var count = 0
    for size in sizes {
      offsets.append(count)
      count += size * inputs + size
    }
    self.offsets = offsets
    buffer = AlignedBuffer(count: count)
    let deviation = 1 / Double(inputs).squareRoot()
    for (offset, size) in zip(offsets, sizes) {
      for i in 0..<(size * inputs) {
        buffer.pointer[offset + i] = Float(generator.normal() * deviation)
      }
    }
  }

  /// Adds gradients of the mean-scaled cross-entropies: to `gradients` (same layout as `buffer`) and
  /// to `inputGradient` [images, inputs]. `labels` is [images][attribute]. Returns Σ loss and, per
  /// attribute, how many images were classified correctly.
  package func gradient(
    tokens: ConstFloats, labels: [[Int]], scale: Float, gradients: Floats, inputGradient: Floats,
    arena: Arena
  ) -> (loss: Double, correct: [Int]) {
    let images = labels.count
    var total = 0.0
    var correct: [Int] = []
    for (attribute, size) in sizes.enumerated() {
      let mark = arena.mark
      let weight = buffer.pointer + offsets[attribute]
      let bias = weight + size * inputs
      let logits = arena.floats(images * size)
      fillRows(logits, with: bias, rows: images, width: size, stride: size)
      gemm(
        m: images, n: size, k: inputs, a: tokens, lda: inputs, b: weight, ldb: inputs,
        transposeB: true, c: logits, ldc: size, accumulate: true)
      let targets = labels.map { Int32($0[attribute]) }
      correct.append(
        (0..<images).reduce(0) {
          $0 + (indexOfMaximum(logits + $1 * size, count: size) == labels[$1][attribute] ? 1 : 0)
        })
      let dLogits = arena.floats(images * size)
      total += targets.withUnsafeBufferPointer { pointer -> Double in
        guard let base = pointer.baseAddress else { return 0 }
        return crossEntropy(
          logits: logits, targets: base, gradient: dLogits, rows: images, vocabulary: size,
          scale: scale)
      }
      let dWeight = gradients + offsets[attribute]
      gemm(
        m: size, n: inputs, k: images, a: dLogits, lda: size, transposeA: true, b: tokens,
        ldb: inputs, c: dWeight, ldc: inputs, accumulate: true)
      columnSums(
        of: dLogits, addingTo: dWeight + size * inputs, rows: images, width: size, stride: size)
      gemm(
        m: images, n: inputs, k: size, a: dLogits, lda: size, b: weight, ldb: inputs,
        c: inputGradient, ldc: inputs, accumulate: true)
      arena.release(to: mark)
    }
    return (total, correct)
  }
}
