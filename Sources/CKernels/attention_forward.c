#include "attention.h"

// Softmax of scale * row over the first `seen` of `wide` (a multiple of 16) scores; zeros behind.
INLINE void softmax_row(float *restrict row, long seen, long wide, float scale) {
  if (seen > 0) {
#pragma clang fp reassociate(on)
    float maximum = row[0] * scale, sum = 0;
#pragma clang loop interleave_count(1)
    for (long j = 0; j < seen; j++) {
      row[j] *= scale;
      maximum = row[j] > maximum ? row[j] : maximum;
    }
    long end = padded(seen);
    for (long j = seen; j < end; j++) row[j] = -__builtin_inff();
#pragma clang loop interleave_count(1)
    for (long j = 0; j < end; j++) {
      float e = inline_exp(row[j] - maximum);
      row[j] = e;
      sum += e;
    }
    float reciprocal = 1.0f / sum;
#pragma clang loop interleave_count(1)
    for (long j = 0; j < end; j++) row[j] *= reciprocal;
    seen = end;
  }
  memset(row + seen, 0, (size_t)(wide - seen) * sizeof(float));
}

VECTORISED void ck_attention_forward(const ck_attention_geometry *g, const ck_attention_inputs *in,
                                     float *output, long output_stride, float *probabilities) {
  const long queries = in->query_count, prefix = in->prefix_count, own = in->key_count;
  const long keys = prefix + own, wide = padded(keys);
  const long size = g->head_size, value_size = g->value_head_size, value_wide = padded(value_size);
  const long group = g->query_heads / g->key_value_heads;

  float *transposed = scratch(SCRATCH_ATTENTION,
                              size * wide + keys * value_wide + queries * (wide + value_wide));
  float *values = transposed + size * wide;     // [keys][value_wide]
  float *scores = values + keys * value_wide;   // [queries][wide]
  float *mixed = scores + queries * wide;       // [queries][value_wide]
  memset(transposed, 0, (size_t)(size * wide) * sizeof(float));

  for (long kv = 0; kv < g->key_value_heads; kv++) {
    if (prefix) {
      copy_transposed(in->prefix_keys + kv * size, in->key_stride, prefix, size, transposed, wide,
                      0);
      copy_padded(in->prefix_values + kv * value_size, in->value_stride, prefix, value_size,
                  values);
    }
    copy_transposed(in->keys + kv * size, in->key_stride, own, size, transposed, wide, prefix);
    copy_padded(in->values + kv * value_size, in->value_stride, own, value_size,
                values + prefix * value_wide);

    for (long head = kv * group; head < (kv + 1) * group; head++) {
      small_product(queries, wide, size, in->queries + head * size, in->query_stride, 1,
                    transposed, wide, scores, wide);
      for (long i = 0; i < queries; i++)
        softmax_row(scores + i * wide, visible_keys(g, in, i), wide, g->scale);
      small_product(queries, value_wide, keys, scores, wide, 1, values, value_wide, mixed,
                    value_wide);
      for (long i = 0; i < queries; i++)
        memcpy(output + i * output_stride + head * value_size, mixed + i * value_wide,
               (size_t)value_size * sizeof(float));
      if (probabilities)
        for (long i = 0; i < queries; i++)
          memcpy(probabilities + (head * queries + i) * keys, scores + i * wide,
                 (size_t)keys * sizeof(float));
    }
  }
}
