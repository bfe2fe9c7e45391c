#pragma once
#include "common.h"

// Attention at this project's sizes (a few dozen rows and keys, heads of 12 to 32) is six small
// products per head. Their right operands are copied into rows padded with zeros to whole vectors
// of 16, so the products need no edge cases in width and no call to a matrix library.

typedef float vector16 __attribute__((ext_vector_type(16), aligned(64)));

INLINE long padded(long width) { return (width + 15) / 16 * 16; }

// out [ROWS][16 * VECTORS] = A [ROWS][depth] times b [depth][16 * VECTORS], in registers.
#define SMALL_TILE(ROWS, VECTORS)                                                         \
  do {                                                                                    \
    vector16 sum[ROWS][VECTORS];                                                          \
    _Pragma("unroll") for (int i = 0; i < ROWS; i++)                                      \
        _Pragma("unroll") for (int v = 0; v < VECTORS; v++) sum[i][v] = 0.0f;             \
    for (long k = 0; k < depth; k++) {                                                    \
      const vector16 *right = (const vector16 *)(b + k * b_stride + column);              \
      _Pragma("unroll") for (int i = 0; i < ROWS; i++) {                                  \
        float left = a[(row + i) * a_row + k * a_column];                                 \
        _Pragma("unroll") for (int v = 0; v < VECTORS; v++) sum[i][v] += left * right[v]; \
      }                                                                                   \
    }                                                                                     \
    _Pragma("unroll") for (int i = 0; i < ROWS; i++)                                      \
        _Pragma("unroll") for (int v = 0; v < VECTORS; v++)                               \
            *(vector16 *)(out + (row + i) * out_stride + column + 16 * v) = sum[i][v];    \
  } while (0)

// out [rows][width] = A [rows][depth] times b [depth][width]; width, b_stride and out_stride are
// multiples of 16, b and out are aligned, A's element (i, k) is a[i * a_row + k * a_column].
INLINE void small_product(long rows, long width, long depth, const float *restrict a, long a_row,
                          long a_column, const float *restrict b, long b_stride,
                          float *restrict out, long out_stride) {
  long column = 0;
  for (; column + 32 <= width; column += 32) {
    long row = 0;
    for (; row + 4 <= rows; row += 4) SMALL_TILE(4, 2);
    for (; row < rows; row++) SMALL_TILE(1, 2);
  }
  if (column < width) {
    long row = 0;
    for (; row + 4 <= rows; row += 4) SMALL_TILE(4, 1);
    for (; row < rows; row++) SMALL_TILE(1, 1);
  }
}

// For functions whose many rows of 12 to 32 floats would each become a call of memcpy.
#define COPIES_INLINE __attribute__((no_builtin("memcpy", "memset")))
#define SHORT_LOOP _Pragma("clang loop vectorize(assume_safety) interleave_count(1)")

// to [rows][padded(width)] = from [rows][width], zeros behind.
INLINE void copy_padded(const float *from, long stride, long rows, long width, float *restrict to) {
  const long wide = padded(width);
  for (long r = 0; r < rows; r++) {
    SHORT_LOOP for (long d = 0; d < width; d++) to[r * wide + d] = from[r * stride + d];
    for (long d = width; d < wide; d++) to[r * wide + d] = 0;
  }
}

typedef float vector4 __attribute__((ext_vector_type(4), aligned(4)));

// to [width][to_stride] = transpose of from [rows][width], written from column `first` on.
INLINE void copy_transposed(const float *from, long stride, long rows, long width,
                            float *restrict to, long to_stride, long first) {
  const long whole = width / 4 * 4;
  long r = 0;
  for (; r + 4 <= rows; r += 4) {
    const float *row = from + r * stride;
    float *column = to + first + r;
    for (long d = 0; d < whole; d += 4) {
      vector4 a = *(const vector4 *)(row + d), b = *(const vector4 *)(row + stride + d);
      vector4 c = *(const vector4 *)(row + 2 * stride + d);
      vector4 e = *(const vector4 *)(row + 3 * stride + d);
      vector4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      vector4 ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
      vector4 ce = __builtin_shufflevector(c, e, 0, 4, 1, 5);
      vector4 ce2 = __builtin_shufflevector(c, e, 2, 6, 3, 7);
      float *out = column + d * to_stride;
      *(vector4 *)out = __builtin_shufflevector(ab, ce, 0, 1, 4, 5);
      *(vector4 *)(out + to_stride) = __builtin_shufflevector(ab, ce, 2, 3, 6, 7);
      *(vector4 *)(out + 2 * to_stride) = __builtin_shufflevector(ab2, ce2, 0, 1, 4, 5);
      *(vector4 *)(out + 3 * to_stride) = __builtin_shufflevector(ab2, ce2, 2, 3, 6, 7);
    }
    for (long d = whole; d < width; d++)
      for (long q = 0; q < 4; q++) column[d * to_stride + q] = row[q * stride + d];
  }
  for (; r < rows; r++)
    for (long d = 0; d < width; d++) to[d * to_stride + first + r] = from[r * stride + d];
}

// to [rows][width] += from [rows][padded(width)]
INLINE void add_from_padded(const float *restrict from, long rows, long width, float *restrict to,
                            long stride) {
  long wide = padded(width);
  for (long r = 0; r < rows; r++)
    SHORT_LOOP for (long d = 0; d < width; d++) to[r * stride + d] += from[r * wide + d];
}

// How many of the keys (prefix first, then own) query i sees.
INLINE long visible_keys(const ck_attention_geometry *g, const ck_attention_inputs *in, long i) {
  long all = in->prefix_count + in->key_count;
  if (!g->causal) return all;
  long seen = i + in->key_count - in->query_count + 1;
  return in->prefix_count + (seen < 0 ? 0 : seen > in->key_count ? in->key_count : seen);
}

// The first key that query i sees, of which it sees `seen` or, within a window, the last of them.
INLINE long first_visible_key(const ck_attention_geometry *g, long seen) {
  return g->causal && g->window > 0 && seen > g->window ? seen - g->window : 0;
}

// row = exp(scale * row - maximum) over scores `first` to `seen` of `wide` (a multiple of 16), zeros
// elsewhere; returns the reciprocal of the sum, which completes the softmax.
INLINE float softmax_row(float *restrict row, long first, long seen, long wide, float scale) {
  const long end = seen > 0 ? padded(seen) : 0;
  SHORT_LOOP for (long j = end; j < wide; j++) row[j] = 0;
  if (!end) return 0;
  SHORT_LOOP for (long j = 0; j < end; j++) row[j] =
      j >= first && j < seen ? row[j] * scale : -__builtin_inff();
  const float maximum = inline_maximum(row, end);
  float sum = 0;
  {
#pragma clang fp reassociate(on)
    SHORT_LOOP for (long j = 0; j < end; j++) {
      float e = inline_exp(row[j] - maximum);
      row[j] = e;
      sum += e;
    }
  }
  return 1.0f / sum;
}

// `ck_attention_forward` of a single query.
void attention_row(const ck_attention_geometry *g, const ck_attention_inputs *in, float *output,
                   float *probabilities);
