#include "attention.h"

// So many queries at a time, a multiple of a tile's: their scores stay in L1, and keys that none of
// them sees cost nothing.
enum { QUERY_BLOCK = 16 };

COPIES_INLINE VECTORISED
void ck_attention_forward(const ck_attention_geometry *g, const ck_attention_inputs *in,
                          float *output, long output_stride, float *probabilities) {
  if (in->query_count == 1) {
    attention_row(g, in, output, probabilities);
    return;
  }
  const long queries = in->query_count, prefix = in->prefix_count, own = in->key_count;
  const long keys = prefix + own, wide = padded(keys);
  const long size = g->head_size, value_size = g->value_head_size, value_wide = padded(value_size);
  const long group = g->query_heads / g->key_value_heads;

  float *transposed =
      scratch(SCRATCH_ATTENTION,
              size * wide + keys * value_wide + QUERY_BLOCK * (wide + value_wide));
  float *values = transposed + size * wide;        // [keys][value_wide]
  float *scores = values + keys * value_wide;      // [QUERY_BLOCK][wide]
  float *mixed = scores + QUERY_BLOCK * wide;      // [QUERY_BLOCK][value_wide]
  float reciprocals[QUERY_BLOCK];
  for (long d = 0; d < size; d++)
    for (long j = keys; j < wide; j++) transposed[d * wide + j] = 0;

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
      for (long first = 0; first < queries; first += QUERY_BLOCK) {
        const long count = least(queries - first, QUERY_BLOCK);
        const long most = visible_keys(g, in, first + count - 1), width = padded(most);
        small_product(count, width, size, in->queries + head * size + first * in->query_stride,
                      in->query_stride, 1, transposed, wide, scores, wide);
        for (long i = 0; i < count; i++) {
          float *row = scores + i * wide;
          const long seen = visible_keys(g, in, first + i);
          reciprocals[i] = softmax_row(row, first_visible_key(g, seen), seen, width, g->scale);
          if (!probabilities) continue;
          float *kept = probabilities + (head * queries + first + i) * keys;
          SHORT_LOOP for (long j = 0; j < most; j++) kept[j] = row[j] * reciprocals[i];
          for (long j = most; j < keys; j++) kept[j] = 0;
        }
        small_product(count, value_wide, most, scores, wide, 1, values, value_wide, mixed,
                      value_wide);
        for (long i = 0; i < count; i++) {
          float *out = output + (first + i) * output_stride + head * value_size;
          SHORT_LOOP for (long d = 0; d < value_size; d++) out[d] =
              mixed[i * value_wide + d] * reciprocals[i];
        }
      }
    }
  }
}
