package import Artifacts
package import Kernels

/// One named tensor inside the parameter buffer.
package struct ParameterView: Hashable, Sendable {
  /// The family's full name, as stock classes write it.
  package let name: String
  package let shape: [Int]
  /// Checkpoints store the matrix as [inputs, outputs] (GPT-2's Conv1D).
  package let storedTransposed: Bool
  /// First element, in floats from the start of the buffer.
  package let offset: Int

  package var count: Int { shape.reduce(1, *) }
  package var range: Range<Int> { offset..<(offset + count) }
  /// The shape in a checkpoint.
  package var storedShape: [Int] { storedTransposed ? shape.reversed() : shape }
}

/// The table of contents of a parameter buffer: named views that lie side by side without gaps.
package struct ParameterTable: Sendable {
  package private(set) var views: [ParameterView] = []
  package private(set) var count = 0
  private var indices: [String: Int] = [:]

  package init() {}

  /// Appends a tensor and returns its offset in floats.
  mutating func add(_ name: String, _ shape: [Int], storedTransposed: Bool = false) -> Int {
    precondition(indices[name] == nil, "parameter \(name) is listed twice")
    let view = ParameterView(
      name: name, shape: shape, storedTransposed: storedTransposed, offset: count)
    indices[name] = views.count
    views.append(view)
    count += view.count
    return view.offset
  }

  package subscript(name: String) -> ParameterView? { indices[name].map { views[$0] } }
}

/// Offsets of a fully connected layer y = x·Wᵀ + b; W is [outputs, inputs], as checkpoints store it.
package struct LinearLayout: Sendable {
  package let weight: Int
  /// Nil for a layer without bias.
  package let bias: Int?
  package let inputs: Int
  package let outputs: Int
  /// Format of the operands of its products.
  package var format = OperandFormat.f32

  /// The code that computes its products.
  var path: GemmPath { .fastest(format) }
}

/// Offsets of a norm's gain and, in a layer norm, bias.
package struct NormLayout: Sendable {
  package let gain: Int
  /// Nil in an RMS norm.
  package let bias: Int?
  package let width: Int
  package let epsilon: Float
}

/// Offsets of one transformer block, in the order in which it computes.
package struct BlockLayout: Sendable {
  package let shape: BlockShape
  package let attentionNorm: NormLayout
  /// Query, key and value projections, stacked so that one product computes the three.
  package let queryKeyValue: LinearLayout
  /// RMS norms over each query head and each key head, [head size]; nil in most families.
  package let queryNorm: NormLayout?
  package let keyNorm: NormLayout?
  package let attentionOutput: LinearLayout
  package let cross: CrossAttentionLayout?
  package let feedForwardNorm: NormLayout
  /// Gate and value stacked, where gated.
  package let feedForwardInput: LinearLayout
  package let feedForwardOutput: LinearLayout
}

/// Offsets of a block's attention to a second sequence.
package struct CrossAttentionLayout: Sendable {
  package let norm: NormLayout
  package let query: LinearLayout
  package let keyValue: LinearLayout
  package let output: LinearLayout
}

/// Offsets of a language model.
package struct LanguageModelLayout: Sendable {
  package let shape: LanguageModelShape
  /// [vocabulary, hidden]
  package let tokenEmbedding: Int
  /// [offset + maximum, hidden]; nil where positions are rotary.
  package let positionEmbedding: Int?
  package let blocks: [BlockLayout]
  package let finalNorm: NormLayout?
  /// [vocabulary, hidden]; equals `tokenEmbedding` where the head is tied.
  package let head: Int
  package var headFormat = OperandFormat.f32

  /// The code that computes the head's products.
  var headPath: GemmPath { .fastest(headFormat) }
}

/// Offsets of a vision encoder.
package struct VisionLayout: Sendable {
  package let shape: VisionShape
  /// The patch convolution as a linear layer over flattened patches, channel by channel.
  package let patchEmbedding: LinearLayout
  package let classEmbedding: Int
  /// [tokens, hidden]
  package let positionEmbedding: Int
  package let blocks: [BlockLayout]
  package let finalNorm: NormLayout
}

/// Offsets of a Q-Former and of the projection that feeds its queries to the language model.
package struct QueryFormerLayout: Sendable {
  package let shape: QFormerShape
  /// [queries, hidden]
  package let queryTokens: Int
  package let inputNorm: NormLayout
  package let blocks: [BlockLayout]
  package let languageProjection: LinearLayout
}

/// Offsets of every parameter of a model, and the shape that they follow from.
package struct ModelLayout: Sendable {
  package let shape: ModelShape
  package let table: ParameterTable
  package let vision: VisionLayout?
  package let queryFormer: QueryFormerLayout?
  package let languageModel: LanguageModelLayout
  /// Parameters that distillation trains: the language projection and the language model.
  package let languageRange: Range<Int>
  /// What every product with these parameters runs in.
  package let precision: Precision
  /// Weights and biases of the language model, without the projection of the image's queries into it.
  package var languageModelParameters: Int {
    guard let projection = queryFormer?.languageProjection else { return languageRange.count }
    let bias = projection.bias == nil ? 0 : projection.outputs
    return languageRange.count - projection.inputs * projection.outputs - bias
  }
}
