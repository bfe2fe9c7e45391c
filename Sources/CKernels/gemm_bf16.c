#include "gemm.h"

// bf16 operands, f32 accumulation: a word is the pair of numbers 2w and 2w + 1 of the depth, and
// one instruction multiplies 16 pairs and adds both products to 16 sums. Operands are rounded to
// the nearest bf16, ties to even, while they are packed; subnormal numbers count as zero.

#ifdef GEMM_X86
#define TARGET AVX512_BF16
#define MULTIPLY_ADD(SUM, LEFT, RIGHT) \
  _mm512_dpbf16_ps(SUM, (__m512bh)(LEFT), (__m512bh)(RIGHT))
#include "gemm_avx512_tiles.h"

// Words of numbers that follow one another: (x0, x1), (x2, x3), …
AVX512_BF16 INLINE __m512 adjacent(__m512 first, __m512 second) {
  return (__m512)_mm512_cvtne2ps_pbh(second, first);
}

// Words of one row's numbers with the next row's: (x0, y0), (x1, y1), …
AVX512_BF16 INLINE __m512 interleaved(__m512 x, __m512 y) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24,
                                         8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return (__m512)_mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(y, x));
}

// 16 words of a row that has `rest` more numbers, zeros behind.
AVX512_BF16 INLINE __m512 row_of_words(const float *from, long rest) {
  if (rest >= 32) return adjacent(_mm512_loadu_ps(from), _mm512_loadu_ps(from + 16));
  return adjacent(_mm512_maskz_loadu_ps(lanes(rest), from),
                  _mm512_maskz_loadu_ps(lanes(rest - 16), from + 16));
}

AVX512_BF16 void gemm_bf16_pack_right(const float *b, long stride, int transposed, long depth,
                                      long columns, float *packed, long panel_stride) {
  const long words = (depth + 1) / 2;
  for (long j = 0; j < columns; j += PANEL, packed += panel_stride) {
    const long width = columns - j < PANEL ? columns - j : PANEL;
    for (long half = 0; half < PANEL; half += 16) {
      if (!transposed) {
        const __mmask16 mask = lanes(width - half);
        const float *from = b + j + half;
        for (long w = 0; w < words; w++, from += 2 * stride) {
          const __mmask16 second = 2 * w + 1 < depth ? mask : 0;
          _mm512_storeu_ps(packed + w * PANEL + half,
                           interleaved(_mm512_maskz_loadu_ps(mask, from),
                                       _mm512_maskz_loadu_ps(second, from + stride)));
        }
        continue;
      }
      const float *from = b + (j + half) * stride;
      for (long w = 0; w < words; w += 16) {
        __m512 r[16], t[16];
        _Pragma("unroll") for (int i = 0; i < 16; i++) r[i] =
            half + i < width ? row_of_words(from + i * stride + 2 * w, depth - 2 * w)
                             : _mm512_setzero_ps();
        transpose_words(r, t);
        float *to = packed + w * PANEL + half;
        _Pragma("unroll") for (int i = 0; i < 16; i++) {
          if (w + i < words) _mm512_storeu_ps(to + i * PANEL, t[i]);
        }
      }
    }
  }
}

AVX512_BF16 void gemm_bf16_pack_left(const float *a, long stride, int transposed, long rows,
                                     long depth, float *packed) {
  const long words = (depth + 1) / 2;
  if (!transposed) {
    const long row = row_words(words);
    for (long i = 0; i < rows; i++) {
      for (long w = 0; w < words; w += 16)
        _mm512_storeu_ps(packed + i * row + w, row_of_words(a + i * stride + 2 * w, depth - 2 * w));
    }
    return;
  }
  // Along the rows of A as stored: along the depth, each step would touch another page.
  const long tiles = tile_count(rows, TILE_ROWS), smaller = rows / tiles, larger = rows % tiles;
  for (long w = 0; w < words; w++) {
    const float *from = a + 2 * w * stride;
    const int pair = 2 * w + 1 < depth;
    long first = 0;
    for (long index = 0; index < tiles; index++) {
      const long count = smaller + (index < larger);
      const __mmask16 mask = lanes(count);
      _mm512_mask_storeu_ps(packed + first * words + w * count, mask,
                            interleaved(_mm512_maskz_loadu_ps(mask, from + first),
                                        _mm512_maskz_loadu_ps(pair ? mask : 0,
                                                              from + stride + first)));
      first += count;
    }
  }
}

static const gemm_kernel wide_row_kernels[TILE_ROWS] = TABLE(wide_rows);
static const gemm_kernel narrow_row_kernels[TILE_ROWS] = TABLE(narrow_rows);
static const gemm_kernel wide_packed_kernels[TILE_ROWS] = TABLE(wide_packed);
static const gemm_kernel narrow_packed_kernels[TILE_ROWS] = TABLE(narrow_packed);

const gemm_path gemm_bf16_path = {
    .panel = PANEL,
    .tile_rows = TILE_ROWS,
    .fetches_rows = 1,
    .word_depth = 2,
    .reads_floats = 0,
    .kernels = {wide_row_kernels, wide_packed_kernels},
    .narrow_kernels = {narrow_row_kernels, narrow_packed_kernels},
    .pack_right = gemm_bf16_pack_right,
    .pack_left = gemm_bf16_pack_left,
    .left_layout = {LEFT_ROWS, LEFT_STRIPS},
};
#endif
