#include "gemm.h"

#ifdef GEMM_AVX512
#include <immintrin.h>

// One step along the depth, added to one of several sets of sums.
#define STEP(SUM, ROWS, VECTORS, LEFT)                                                            \
  do {                                                                                            \
    __m512 right[VECTORS];                                                                        \
    _Pragma("unroll") for (int v = 0; v < VECTORS; v++) right[v] = _mm512_loadu_ps(b + 16 * v);   \
    _Pragma("unroll") for (int i = 0; i < ROWS; i++) {                                            \
      __m512 left = _mm512_set1_ps(LEFT);                                                         \
      _Pragma("unroll") for (int v = 0; v < VECTORS; v++) SUM[i][v] =                             \
          _mm512_fmadd_ps(left, right[v], SUM[i][v]);                                             \
    }                                                                                             \
  } while (0)

// One microkernel: ROWS by 16 VECTORS of C. LEFT is A's element of row i in the current step,
// ADVANCE moves `a` to the next one. Few rows need CHAINS independent sums to hide the latency of
// the multiplier.
#define KERNEL(NAME, ROWS, VECTORS, CHAINS, LEFT, ADVANCE)                                        \
  AVX512 static void NAME##_##ROWS(const gemm_tile *tile) {                                       \
    const float *a = tile->a, *b = tile->b;                                                       \
    const long a_stride = tile->a_stride, b_stride = tile->b_stride;                              \
    __m512 sum[CHAINS][ROWS][VECTORS];                                                            \
    (void)a_stride;                                                                               \
    _Pragma("unroll") for (int i = 0; i < ROWS; i++) {                                            \
      _Pragma("unroll") for (int v = 0; v < VECTORS; v++) {                                       \
        __builtin_prefetch(tile->c + i * tile->c_stride + 16 * v, 1);                             \
        _Pragma("unroll") for (int u = 0; u < CHAINS; u++) sum[u][i][v] = _mm512_setzero_ps();    \
      }                                                                                           \
    }                                                                                             \
    long k = tile->depth;                                                                         \
    for (; k >= CHAINS; k -= CHAINS) {                                                            \
      _Pragma("unroll") for (int u = 0; u < CHAINS; u++) {                                        \
        STEP(sum[u], ROWS, VECTORS, LEFT);                                                        \
        a += ADVANCE;                                                                             \
        b += b_stride;                                                                            \
      }                                                                                           \
    }                                                                                             \
    for (; CHAINS > 1 && k > 0; k--) {                                                            \
      STEP(sum[0], ROWS, VECTORS, LEFT);                                                          \
      a += ADVANCE;                                                                               \
      b += b_stride;                                                                              \
    }                                                                                             \
    _Pragma("unroll") for (int i = 0; i < ROWS; i++) {                                            \
      _Pragma("unroll") for (int v = 0; v < VECTORS; v++) {                                       \
        __mmask16 mask = (__mmask16)(tile->columns >> (16 * v));                                  \
        float *c = tile->c + i * tile->c_stride + 16 * v;                                         \
        __m512 total = _mm512_setzero_ps();                                                       \
        if (tile->accumulate) total = _mm512_maskz_loadu_ps(mask, c);                             \
        _Pragma("unroll") for (int u = 0; u < CHAINS; u++) total =                                \
            _mm512_add_ps(total, sum[u][i][v]);                                                   \
        _mm512_mask_storeu_ps(c, mask, total);                                                    \
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

#define TABLE(NAME)                                                                              \
  {NAME##_1, NAME##_2, NAME##_3, NAME##_4,  NAME##_5,  NAME##_6,  NAME##_7,                      \
   NAME##_8, NAME##_9, NAME##_10, NAME##_11, NAME##_12, NAME##_13, NAME##_14}

const gemm_kernel gemm_row_kernels[TILE_ROWS] = TABLE(wide_rows);
const gemm_kernel gemm_narrow_row_kernels[TILE_ROWS] = TABLE(narrow_rows);
const gemm_kernel gemm_packed_kernels[TILE_ROWS] = TABLE(wide_packed);
const gemm_kernel gemm_narrow_packed_kernels[TILE_ROWS] = TABLE(narrow_packed);

// The sum of each of eight vectors, in order.
AVX512 INLINE __m256 eight_sums(const __m512 *sum) {
  __m256 half[8];
  _Pragma("unroll") for (int q = 0; q < 8; q++) half[q] =
      _mm256_add_ps(_mm512_castps512_ps256(sum[q]), _mm512_extractf32x8_ps(sum[q], 1));
  __m256 first = _mm256_hadd_ps(_mm256_hadd_ps(half[0], half[1]), _mm256_hadd_ps(half[2], half[3]));
  __m256 last = _mm256_hadd_ps(_mm256_hadd_ps(half[4], half[5]), _mm256_hadd_ps(half[6], half[7]));
  return _mm256_add_ps(_mm256_permute2f128_ps(first, last, 0x20),
                       _mm256_permute2f128_ps(first, last, 0x31));
}

// Up to 16 steps of ROWS rows of A against eight rows of B.
#define DOT_STEP(ROWS, LOAD)                                                                 \
  do {                                                                                       \
    __m512 x[ROWS];                                                                          \
    _Pragma("unroll") for (int i = 0; i < ROWS; i++) x[i] = LOAD(left + i * a_stride + k);   \
    _Pragma("unroll") for (int q = 0; q < 8; q++) {                                          \
      __m512 y = LOAD(right[q] + k);                                                         \
      _Pragma("unroll") for (int i = 0; i < ROWS; i++) sum[i][q] =                           \
          _mm512_fmadd_ps(x[i], y, sum[i][q]);                                               \
    }                                                                                        \
  } while (0)

#define LOAD_REST(FROM) _mm512_maskz_loadu_ps(rest, FROM)

#define DOT(ROWS)                                                                            \
  do {                                                                                       \
    const float *left = a + row * a_stride;                                                  \
    __m512 sum[ROWS][8];                                                                     \
    _Pragma("unroll") for (int i = 0; i < ROWS; i++) {                                       \
      _Pragma("unroll") for (int q = 0; q < 8; q++) sum[i][q] = _mm512_setzero_ps();         \
    }                                                                                        \
    long k = 0;                                                                              \
    for (; k < whole; k += 16) DOT_STEP(ROWS, _mm512_loadu_ps);                              \
    if (rest) DOT_STEP(ROWS, LOAD_REST);                                                     \
    _Pragma("unroll") for (int i = 0; i < ROWS; i++) {                                       \
      float *out = c + (row + i) * c_stride + j;                                             \
      __m256 total = eight_sums(sum[i]);                                                     \
      if (accumulate) total = _mm256_add_ps(total, _mm256_maskz_loadu_ps(mask, out));        \
      _mm256_mask_storeu_ps(out, mask, total);                                               \
    }                                                                                        \
  } while (0)

AVX512 void gemm_few_rows(long rows, long columns, long depth, const float *a, long a_stride,
                          const float *b, long b_stride, float *c, long c_stride, int accumulate) {
  const long whole = depth / 16 * 16;
  const __mmask16 rest = (__mmask16)((1u << (depth - whole)) - 1);
  for (long j = 0; j < columns; j += 8) {
    const long count = columns - j < 8 ? columns - j : 8;
    const __mmask8 mask = (__mmask8)((1u << count) - 1);
    const float *right[8];
    for (long q = 0; q < 8; q++) right[q] = b + (j + (q < count ? q : count - 1)) * b_stride;
    long row = 0;
    for (; row + 2 <= rows; row += 2) DOT(2);
    if (row < rows) DOT(1);
  }
}
#endif
