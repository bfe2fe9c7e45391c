#include "attention.h"

// Attention of one query, as in decoding. Copying keys and values for products, as
// attention_forward.c does, would cost more than the products: here they are read where they lie.

typedef float lanes8 __attribute__((ext_vector_type(8), aligned(4)));
typedef float lanes4 __attribute__((ext_vector_type(4), aligned(4)));

INLINE float dot(const float *a, const float *b, long size) {
  lanes8 eight = 0.0f;
  long d = 0;
  for (; d + 8 <= size; d += 8) eight += *(const lanes8 *)(a + d) * *(const lanes8 *)(b + d);
  lanes4 four = eight.lo + eight.hi;
  if (d + 4 <= size) {
    four += *(const lanes4 *)(a + d) * *(const lanes4 *)(b + d);
    d += 4;
  }
  float sum = (four.x + four.z) + (four.y + four.w);
  for (; d < size; d++) sum += a[d] * b[d];
  return sum;
}

// out [VECTORS of LANES] += weights [rows] times values [rows][stride], in registers.
#define MIX(LANES, VECTORS)                                                                      \
  do {                                                                                           \
    LANES *to = (LANES *)(out + d), sum[VECTORS];                                                \
    _Pragma("unroll") for (int v = 0; v < VECTORS; v++) sum[v] = to[v];                          \
    for (long j = 0; j < rows; j++) {                                                            \
      const LANES *row = (const LANES *)(values + j * stride + d);                               \
      _Pragma("unroll") for (int v = 0; v < VECTORS; v++) sum[v] += weights[j] * row[v];         \
    }                                                                                            \
    _Pragma("unroll") for (int v = 0; v < VECTORS; v++) to[v] = sum[v];                          \
    d += VECTORS * (long)(sizeof(LANES) / sizeof(float));                                        \
  } while (0)

// out [size] += weights [rows] times values [rows][size]
INLINE void mix(const float *weights, const float *values, long stride, long rows, long size,
                float *out) {
  long d = 0;
  while (d + 32 <= size) MIX(lanes8, 4);
  switch ((size - d) / 8) {
    case 3: MIX(lanes8, 3); break;
    case 2: MIX(lanes8, 2); break;
    case 1: MIX(lanes8, 1); break;
  }
  if (d + 4 <= size) MIX(lanes4, 1);
  while (d < size) MIX(float, 1);
}

// Fetches rows [rows][width] that come from afar.
INLINE void fetch(const float *x, long stride, long rows, long width) {
  for (long j = 0; j < rows; j++)
    for (long d = 0; d < width; d += 16) __builtin_prefetch(x + j * stride + d);
}

VECTORISED void attention_row(const ck_attention_geometry *g, const ck_attention_inputs *in,
                              float *output, float *probabilities) {
  const long prefix = in->prefix_count, keys = prefix + in->key_count, wide = padded(keys);
  const long size = g->head_size, value_size = g->value_head_size;
  const long group = g->query_heads / g->key_value_heads;
  const long seen = visible_keys(g, in, 0), first = first_visible_key(g, seen);
  float *row = scratch(SCRATCH_ATTENTION, wide);
  fetch(in->keys, in->key_stride, seen - prefix, size * g->key_value_heads);
  fetch(in->values, in->value_stride, seen - prefix, value_size * g->key_value_heads);
  for (long head = 0; head < g->query_heads; head++) {
    const float *query = in->queries + head * size;
    const long key = head / group * size, value = head / group * value_size;
    for (long j = 0; j < prefix; j++)
      row[j] = dot(query, in->prefix_keys + j * in->key_stride + key, size);
    for (long j = prefix; j < seen; j++)
      row[j] = dot(query, in->keys + (j - prefix) * in->key_stride + key, size);
    const float reciprocal = softmax_row(row, first, seen, wide, g->scale);
    for (long j = 0; j < wide; j++) row[j] *= reciprocal;
    if (probabilities) memcpy(probabilities + head * keys, row, (size_t)keys * sizeof(float));
    float *out = output + head * value_size;
    for (long d = 0; d < value_size; d++) out[d] = 0;
    if (prefix)
      mix(row, in->prefix_values + value, in->value_stride, prefix, value_size, out);
    if (seen > prefix)
      mix(row + prefix, in->values + value, in->value_stride, seen - prefix, value_size, out);
  }
}
