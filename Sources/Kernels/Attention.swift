import CKernels

/// What the heads of one attention layer share.
///
/// Head h reads columns h·headSize ..< (h+1)·headSize of a query row; its key and value head is
/// h / (queryHeads / keyValueHeads).
package struct AttentionGeometry: Sendable {
  package var queryHeads: Int
  package var keyValueHeads: Int
  package var headSize: Int
  package var valueHeadSize: Int
  package var scale: Float
  package var causal: Bool
  /// Newest keys that a query sees, its own among them; nil for all. Only where causal.
  package var window: Int?

  package init(
    queryHeads: Int, keyValueHeads: Int, headSize: Int, valueHeadSize: Int, scale: Float,
    causal: Bool, window: Int? = nil
  ) {
    precondition(window ?? 1 > 0, "a window of \(window ?? 0) keys")
    precondition(
      keyValueHeads > 0 && queryHeads % keyValueHeads == 0,
      "\(queryHeads) query heads cannot share \(keyValueHeads) key heads evenly")
    self.queryHeads = queryHeads
    self.keyValueHeads = keyValueHeads
    self.headSize = headSize
    self.valueHeadSize = valueHeadSize
    self.scale = scale
    self.causal = causal
    self.window = window
  }

  fileprivate var numbers: ck_attention_geometry {
    ck_attention_geometry(
      query_heads: queryHeads, key_value_heads: keyValueHeads, head_size: headSize,
      value_head_size: valueHeadSize, scale: scale, causal: causal ? 1 : 0,
      window: window ?? 0)
  }
}

/// Scaled dot-product attention of one segment, all heads.
///
/// Keys are `prefixCount` rows that every query sees, followed by `keyCount` own rows. Where
/// causal, query i sees own key j when j ≤ i + (keyCount − queryCount); a query that sees nothing
/// yields zeros. A window hides all but the newest of these, prefix included. Key rows, prefix or
/// own, are `keyStride` floats apart, value rows `valueStride`.
/// `probabilities` [queryHeads, queryCount, prefixCount + keyCount], where given, is written for
/// the backward pass; where not, a `team` shares the heads.
package func attentionForward(
  _ geometry: AttentionGeometry, queries: ConstFloats, queryStride: Int, queryCount: Int,
  prefixKeys: ConstFloats?, prefixValues: ConstFloats?, prefixCount: Int, keys: ConstFloats,
  values: ConstFloats, keyCount: Int, keyStride: Int, valueStride: Int, output: Floats,
  outputStride: Int, probabilities: Floats?, team: WorkerTeam? = nil
) {
  var numbers = geometry.numbers
  var inputs = ck_attention_inputs(
    queries: queries, query_stride: queryStride, query_count: queryCount,
    prefix_keys: prefixKeys, prefix_values: prefixValues, prefix_count: prefixCount, keys: keys,
    values: values, key_count: keyCount, key_stride: keyStride, value_stride: valueStride)
  if let team, probabilities == nil {
    ck_attention_forward_team(team.handle, &numbers, &inputs, output, outputStride)
  } else {
    ck_attention_forward(&numbers, &inputs, output, outputStride, probabilities)
  }
}

/// The gradients of `attentionForward`, whose inputs, strides and probabilities it takes.
///
/// `gradientQueries` is overwritten; the gradients of keys, values and prefix are added to, and
/// those of the prefix are skipped where nil. Each has the stride of the buffer it belongs to.
package func attentionBackward(
  _ geometry: AttentionGeometry, queries: ConstFloats, queryStride: Int, queryCount: Int,
  prefixKeys: ConstFloats?, prefixValues: ConstFloats?, prefixCount: Int, keys: ConstFloats,
  values: ConstFloats, keyCount: Int, keyStride: Int, valueStride: Int,
  probabilities: ConstFloats, gradientOutput: ConstFloats, outputStride: Int,
  gradientQueries: Floats, gradientPrefixKeys: Floats?, gradientPrefixValues: Floats?,
  gradientKeys: Floats, gradientValues: Floats
) {
  var numbers = geometry.numbers
  var inputs = ck_attention_inputs(
    queries: queries, query_stride: queryStride, query_count: queryCount,
    prefix_keys: prefixKeys, prefix_values: prefixValues, prefix_count: prefixCount, keys: keys,
    values: values, key_count: keyCount, key_stride: keyStride, value_stride: valueStride)
  ck_attention_backward(
    &numbers, &inputs, probabilities, gradientOutput, outputStride, gradientQueries,
    gradientPrefixKeys, gradientPrefixValues, gradientKeys, gradientValues)
}
