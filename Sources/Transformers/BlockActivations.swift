import Kernels

/// What the forward pass of one norm leaves for its backward pass.
struct NormActivations {
  let input: Floats
  let output: Floats
  /// Unused by an RMS norm.
  let mean: Floats
  let reciprocalDeviation: Floats
}

/// What the norms over query and key heads leave.
struct HeadNormActivations {
  /// [rows, query width + key width]
  let input: Floats
  /// [rows, query heads + key heads]
  let reciprocals: Floats
}

/// What an attention module leaves: its input, projections, context and probabilities.
struct AttentionActivations {
  let input: Floats
  /// Query rows (self-attention: query, key and value side by side).
  let query: Floats
  /// Query and key heads as projected, where norms over the heads follow; else nil.
  var headNorms: HeadNormActivations?
  /// Key and value rows of the second sequence; nil in self-attention.
  let keyValue: Floats?
  /// [rows, heads · value head size], before the output projection.
  let context: Floats
  /// Per segment [heads, queries, keys], in the order of the segments; nil when not kept.
  let probabilities: Floats?
}

/// What one block leaves for its backward pass.
///
/// Where only some rows were wanted, everything behind the projections to queries, keys and values has
/// those rows alone.
struct BlockActivations {
  /// The rows that were computed; nil for all.
  var wanted: WantedRows?
  var attentionNorm: NormActivations
  var attention: AttentionActivations
  var crossNorm: NormActivations?
  var cross: AttentionActivations?
  var feedForwardNorm: NormActivations
  var feedForwardInput: Floats
  var preActivation: Floats
  var activation: Floats
  /// [rows, hidden], or [wanted rows, hidden]
  var output: Floats
}
