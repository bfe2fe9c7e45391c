#include "gemm_avx512.h"

// Included once by each file that has defined TARGET and MULTIPLY_ADD.

// One step along the depth, added to one of several sets of sums.
#define STEP(SUM, ROWS, VECTORS, LEFT)                                                            \
  do {                                                                                            \
    __m512 right[VECTORS];                                                                        \
    _Pragma("unroll") for (int v = 0; v < VECTORS; v++) right[v] = _mm512_loadu_ps(b + 16 * v);   \
    _Pragma("unroll") for (int i = 0; i < ROWS; i++) {                                            \
      __m512 left = _mm512_set1_ps(LEFT);                                                         \
      _Pragma("unroll") for (int v = 0; v < VECTORS; v++) SUM[i][v] =                             \
          MULTIPLY_ADD(SUM[i][v], left, right[v]);                                                \
    }                                                                                             \
  } while (0)

// Steps until so few are left, or too few for all sets of sums. FETCH, with each of them, fetches
// from `next`, which moves by `pace` bytes.
#define RUN(ROWS, VECTORS, CHAINS, LEFT, ADVANCE, UNTIL, FETCH)                                   \
  for (; k >= CHAINS && k > (UNTIL); k -= CHAINS) {                                               \
    _Pragma("unroll") for (int u = 0; u < CHAINS; u++) {                                          \
      STEP(sum[u], ROWS, VECTORS, LEFT);                                                          \
      FETCH;                                                                                      \
      next += pace;                                                                               \
      a += ADVANCE;                                                                               \
      b += b_stride;                                                                              \
    }                                                                                             \
  }

#define FETCH_ROW(VECTORS, WRITES)                                                                \
  _Pragma("unroll") for (int v = 0; v < VECTORS; v++) __builtin_prefetch(next + 64 * v, WRITES)

// One microkernel: ROWS by 16 VECTORS of C. LEFT is A's element of row i in the current step,
// ADVANCE moves `a` to the next one. Few rows need CHAINS independent sums to hide the latency of
// the multiplier. The rows of C, and of what they start with, are fetched one with a step: all at
// once they would hold up the operands (tiles of one to three rows fetch a few beyond their own). What
// moves has few registers: one more is one too many where a frame pointer takes its own.
#define KERNEL(NAME, ROWS, VECTORS, CHAINS, LEFT, ADVANCE)                                        \
  TARGET static void NAME##_##ROWS(const gemm_tile *tile) {                                       \
    const float *a = tile->a, *b = tile->b;                                                       \
    const long a_stride = tile->a_stride, b_stride = tile->b_stride;                              \
    __m512 sum[CHAINS][ROWS][VECTORS];                                                            \
    (void)a_stride;                                                                               \
    _Pragma("unroll") for (int i = 0; i < ROWS; i++) {                                            \
      _Pragma("unroll") for (int v = 0; v < VECTORS; v++) {                                       \
        _Pragma("unroll") for (int u = 0; u < CHAINS; u++) sum[u][i][v] = _mm512_setzero_ps();    \
      }                                                                                           \
    }                                                                                             \
    long k = tile->depth;                                                                         \
    const char *next = (const char *)tile->c;                                                     \
    long pace = tile->c_stride * (long)sizeof(float), until = k - ROWS;                           \
    RUN(ROWS, VECTORS, CHAINS, LEFT, ADVANCE, until, FETCH_ROW(VECTORS, 1))                       \
    if (tile->start.rows) {                                                                       \
      next = (const char *)tile->start.rows;                                                      \
      pace = tile->start.stride * (long)sizeof(float);                                            \
      until = k - ROWS;                                                                           \
      RUN(ROWS, VECTORS, CHAINS, LEFT, ADVANCE, until, FETCH_ROW(VECTORS, 0))                     \
    }                                                                                             \
    next = tile->ahead;                                                                           \
    pace = tile->ahead_step;                                                                      \
    RUN(ROWS, VECTORS, CHAINS, LEFT, ADVANCE, 0, __builtin_prefetch(next, 0, 2))                  \
    for (; CHAINS > 1 && k > 0; k--) {                                                            \
      STEP(sum[0], ROWS, VECTORS, LEFT);                                                          \
      a += ADVANCE;                                                                               \
      b += b_stride;                                                                              \
    }                                                                                             \
    const gemm_start start = tile->start;                                                         \
    const long c_stride = tile->c_stride;                                                         \
    float *c = tile->c;                                                                           \
    _Pragma("unroll") for (int v = 0; v < VECTORS; v++) {                                         \
      const __mmask16 mask = (__mmask16)(tile->columns >> (16 * v));                              \
      const __m512 bias =                                                                         \
          start.bias ? _mm512_maskz_loadu_ps(mask, start.bias + 16 * v) : _mm512_setzero_ps();    \
      _Pragma("unroll") for (int i = 0; i < ROWS; i++) {                                          \
        __m512 total = bias;                                                                      \
        if (start.rows)                                                                           \
          total = _mm512_add_ps(                                                                  \
              _mm512_maskz_loadu_ps(mask, start.rows + i * start.stride + 16 * v), total);        \
        _Pragma("unroll") for (int u = 0; u < CHAINS; u++) total =                                \
            _mm512_add_ps(total, sum[u][i][v]);                                                   \
        _mm512_mask_storeu_ps(c + i * c_stride + 16 * v, mask, total);                            \
      }                                                                                           \
    }                                                                                             \
  }

#define KERNELS(ROWS, CHAINS)                                      \
  KERNEL(wide_rows, ROWS, 2, CHAINS, a[i * a_stride], 1)           \
  KERNEL(narrow_rows, ROWS, 1, CHAINS, a[i * a_stride], 1)         \
  KERNEL(wide_packed, ROWS, 2, CHAINS, a[i], ROWS)                 \
  KERNEL(narrow_packed, ROWS, 1, CHAINS, a[i], ROWS)

KERNELS(1, 4)
KERNELS(2, 4)
KERNELS(3, 2)
KERNELS(4, 1)
KERNELS(5, 1)
KERNELS(6, 1)
KERNELS(7, 1)
KERNELS(8, 1)
KERNELS(9, 1)
KERNELS(10, 1)
KERNELS(11, 1)
KERNELS(12, 1)
KERNELS(13, 1)
KERNELS(14, 1)

#define TABLE(NAME)                                                                               \
  {NAME##_1, NAME##_2, NAME##_3, NAME##_4,  NAME##_5,  NAME##_6,  NAME##_7,                       \
   NAME##_8, NAME##_9, NAME##_10, NAME##_11, NAME##_12, NAME##_13, NAME##_14}
