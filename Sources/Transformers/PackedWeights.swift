import Artifacts
import Kernels

/// Packed copies of one linear layer's weights.
struct PackedLayer: Sendable {
  /// For y = x·Wᵀ.
  let forward: PackedMatrix
  /// For dx = dy·W; nil where nothing is trained.
  let backward: PackedMatrix?
}

/// Packed copies of one block's weights.
struct PackedBlock: Sendable {
  let queryKeyValue: PackedLayer
  let attentionOutput: PackedLayer
  let feedForwardInput: PackedLayer
  let feedForwardOutput: PackedLayer

  var layers: [PackedLayer] {
    [queryKeyValue, attentionOutput, feedForwardInput, feedForwardOutput]
  }
}

/// Packed copies of a language model's weights, for all products until the weights change: every
/// request of a server, every batch of an optimiser step.
///
/// The parameters must outlive it. Sendable as `PackedMatrix` is: while `repack` runs, nobody uses
/// its share.
package final class PackedWeights: Sendable {
  let blocks: [PackedBlock]
  let head: PackedLayer
  private let matrices: [PackedMatrix]

  /// - Parameter training: keep what the backward pass needs, too.
  package init(_ parameters: Parameters, training: Bool) {
    let base = UnsafePointer(parameters.pointer)
    let language = parameters.layout.languageModel
    func copyCount(outputs: Int, inputs: Int, _ path: GemmPath) -> Int {
      // Each copy begins with a cache line.
      (PackedMatrix.copyCount(rows: outputs, columns: inputs, path: path) + 15) & ~15
    }
    func copyCounts(outputs: Int, inputs: Int, _ path: GemmPath) -> Int {
      copyCount(outputs: outputs, inputs: inputs, path)
        + (training ? copyCount(outputs: inputs, inputs: outputs, path) : 0)
    }
    let vocabulary = language.shape.vocabularySize
    let hidden = language.shape.hiddenSize
    // All copies lie in one buffer, which can have large pages.
    let storage = AlignedBuffer(
      count: language.blocks.reduce(
        copyCounts(outputs: vocabulary, inputs: hidden, language.headPath)
      ) { count, block in
        [
          block.queryKeyValue, block.attentionOutput, block.feedForwardInput,
          block.feedForwardOutput,
        ].reduce(count) {
          $0 + copyCounts(outputs: $1.outputs, inputs: $1.inputs, $1.path)
        }
      })
    var offset = 0
    func pack(_ weight: Int, outputs: Int, inputs: Int, _ path: GemmPath) -> PackedLayer {
      func matrix(transposed: Bool) -> PackedMatrix {
        let (rows, columns) = transposed ? (inputs, outputs) : (outputs, inputs)
        defer { offset += copyCount(outputs: rows, inputs: columns, path) }
        return PackedMatrix(
          weights: base + weight, rows: rows, columns: columns, stride: inputs,
          transposed: transposed, path: path, storage: (storage, offset))
      }
      return PackedLayer(
        forward: matrix(transposed: false), backward: training ? matrix(transposed: true) : nil)
    }
    func pack(_ layer: LinearLayout) -> PackedLayer {
      pack(layer.weight, outputs: layer.outputs, inputs: layer.inputs, layer.path)
    }
    blocks = language.blocks.map {
      PackedBlock(
        queryKeyValue: pack($0.queryKeyValue), attentionOutput: pack($0.attentionOutput),
        feedForwardInput: pack($0.feedForwardInput), feedForwardOutput: pack($0.feedForwardOutput)
      )
    }
    head = pack(
      language.head, outputs: vocabulary, inputs: hidden, language.headPath)
    matrices = (blocks.flatMap(\.layers) + [head]).flatMap { [$0.forward, $0.backward] }
      .compactMap { $0 }
  }

  /// Bytes of all copies, for memory accounts.
  package var byteCount: Int { matrices.reduce(0) { $0 + $1.byteCount } }

  /// Reads the weights again: the share of worker `worker` of `workers`.
  package func repack(worker: Int, of workers: Int) {
    for index in stride(from: worker, to: matrices.count, by: workers) { matrices[index].repack() }
  }
}
