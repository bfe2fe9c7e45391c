#include "attention.h"

// Per query head, with P the probabilities and D the gradient of the output:
// T = P (D Vᵀ − rowsum(P · D Vᵀ)) scale;  dQ = T K;  dK += Tᵀ Q;  dV += Pᵀ D.
COPIES_INLINE VECTORISED
void ck_attention_backward(const ck_attention_geometry *g, const ck_attention_inputs *in,
                           const float *probabilities, const float *gradient_output,
                           long output_stride, float *gradient_queries,
                           float *gradient_prefix_keys, float *gradient_prefix_values,
                           float *gradient_keys, float *gradient_values) {
  const long queries = in->query_count, prefix = in->prefix_count, own = in->key_count;
  const long keys = prefix + own, wide = padded(keys);
  const long size = g->head_size, size_wide = padded(size);
  const long value_size = g->value_head_size, value_wide = padded(value_size);
  const long group = g->query_heads / g->key_value_heads;

  float *transposed = scratch(
      SCRATCH_ATTENTION, value_size * wide + keys * size_wide + queries * wide +
                             queries * (size_wide + value_wide) + queries * size_wide +
                             keys * (size_wide + value_wide));
  float *key_rows = transposed + value_size * wide;      // [keys][size_wide]
  float *inner = key_rows + keys * size_wide;            // [queries][wide]: D Vᵀ, then T
  float *query_rows = inner + queries * wide;            // [queries][size_wide]
  float *above = query_rows + queries * size_wide;       // [queries][value_wide]: D
  float *query_sums = above + queries * value_wide;      // [queries][size_wide]
  float *key_sums = query_sums + queries * size_wide;    // [keys][size_wide]
  float *value_sums = key_sums + keys * size_wide;       // [keys][value_wide]
  for (long d = 0; d < value_size; d++)
    for (long j = keys; j < wide; j++) transposed[d * wide + j] = 0;

  for (long kv = 0; kv < g->key_value_heads; kv++) {
    if (prefix) {
      copy_transposed(in->prefix_values + kv * value_size, in->value_stride, prefix, value_size,
                      transposed, wide, 0);
      copy_padded(in->prefix_keys + kv * size, in->key_stride, prefix, size, key_rows);
    }
    copy_transposed(in->values + kv * value_size, in->value_stride, own, value_size, transposed,
                    wide, prefix);
    copy_padded(in->keys + kv * size, in->key_stride, own, size, key_rows + prefix * size_wide);

    for (long head = kv * group; head < (kv + 1) * group; head++) {
      const float *p = probabilities + head * queries * keys;
      copy_padded(in->queries + head * size, in->query_stride, queries, size, query_rows);
      copy_padded(gradient_output + head * value_size, output_stride, queries, value_size, above);
      small_product(queries, wide, value_size, above, value_wide, 1, transposed, wide, inner,
                    wide);
      for (long i = 0; i < queries; i++) {
        const float *restrict weights = p + i * keys;
        float *restrict row = inner + i * wide;
        float total = 0;
        {
#pragma clang fp reassociate(on)
          SHORT_LOOP for (long j = 0; j < keys; j++) total += weights[j] * row[j];
        }
        SHORT_LOOP for (long j = 0; j < keys; j++) row[j] =
            weights[j] * (row[j] - total) * g->scale;
      }
      small_product(queries, size_wide, keys, inner, wide, 1, key_rows, size_wide, query_sums,
                    size_wide);
      for (long i = 0; i < queries; i++) {
        float *out = gradient_queries + i * in->query_stride + head * size;
        SHORT_LOOP for (long d = 0; d < size; d++) out[d] = query_sums[i * size_wide + d];
      }

      small_product(keys, size_wide, queries, inner, 1, wide, query_rows, size_wide, key_sums,
                    size_wide);
      small_product(keys, value_wide, queries, p, 1, keys, above, value_wide, value_sums,
                    value_wide);
      if (prefix && gradient_prefix_keys)
        add_from_padded(key_sums, prefix, size, gradient_prefix_keys + kv * size, in->key_stride);
      if (prefix && gradient_prefix_values)
        add_from_padded(value_sums, prefix, value_size, gradient_prefix_values + kv * value_size,
                        in->value_stride);
      add_from_padded(key_sums + prefix * size_wide, own, size, gradient_keys + kv * size,
                      in->key_stride);
      add_from_padded(value_sums + prefix * value_wide, own, value_size,
                      gradient_values + kv * value_size, in->value_stride);
    }
  }
}
