#include "gemm_avx512.h"

#ifdef GEMM_X86

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
