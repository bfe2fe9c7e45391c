#include "gemm_avx512.h"

#ifdef GEMM_X86

// to [steps][rows] = transpose of from [rows][steps], both at most 16; absent rows read as zero and
// `written` lanes of each row of `to` are stored.
AVX512 INLINE void transpose_16(const float *from, long stride, __mmask16 steps, long rows,
                                float *to, long to_stride, __mmask16 written) {
  __m512 r[16], t[16];
  _Pragma("unroll") for (int i = 0; i < 16; i++) r[i] =
      i < rows ? _mm512_maskz_loadu_ps(steps, from + i * stride) : _mm512_setzero_ps();
  transpose_words(r, t);
  _Pragma("unroll") for (int k = 0; k < 16; k++) {
    if (steps >> k & 1) _mm512_mask_storeu_ps(to + k * to_stride, written, t[k]);
  }
}

AVX512 void gemm_avx512_pack_right(const float *b, long stride, int transposed, long depth, long columns,
                            float *packed, long panel_stride) {
  for (long j = 0; j < columns; j += PANEL, packed += panel_stride) {
    const long width = columns - j < PANEL ? columns - j : PANEL;
    if (!transposed) {
      const __mmask16 first = lanes(width), second = lanes(width - 16);
      const float *from = b + j;
      for (long k = 0; k < depth; k++, from += stride) {
        _mm512_storeu_ps(packed + k * PANEL, _mm512_maskz_loadu_ps(first, from));
        _mm512_storeu_ps(packed + k * PANEL + 16, _mm512_maskz_loadu_ps(second, from + 16));
      }
      continue;
    }
    for (long half = 0; half < PANEL; half += 16) {
      const float *from = b + (j + half) * stride;
      for (long k = 0; k < depth; k += 16) {
        // Constant arguments make the common case straight-line code.
        float *to = packed + k * PANEL + half;
        if (width - half >= 16 && depth - k >= 16)
          transpose_16(from + k, stride, 0xFFFF, 16, to, PANEL, 0xFFFF);
        else
          transpose_16(from + k, stride, lanes(depth - k), width - half, to, PANEL, 0xFFFF);
      }
    }
  }
}

AVX512 void gemm_avx512_pack_left(const float *a, long stride, int transposed, long rows, long depth,
                           float *packed) {
  const long tiles = tile_count(rows, TILE_ROWS);
  if (transposed) {
    // Along the rows of A as stored: along the depth, each step would touch another page.
    const long smaller = rows / tiles, larger = rows % tiles;
    for (long k = 0; k < depth; k++) {
      const float *from = a + k * stride;
      long first = 0;
      for (long index = 0; index < tiles; index++) {
        const long count = smaller + (index < larger);
        const __mmask16 mask = lanes(count);
        __builtin_prefetch(from + 8 * stride + first);
        _mm512_mask_storeu_ps(packed + first * depth + k * count, mask,
                              _mm512_maskz_loadu_ps(mask, from + first));
        first += count;
      }
    }
    return;
  }
  for (long index = 0; index < tiles; index++) {
    const long first = first_row(rows, tiles, index);
    const long count = first_row(rows, tiles, index + 1) - first;
    float *to = packed + first * depth;
    for (long k = 0; k < depth; k += 16) {
      const float *from = a + first * stride + k;
      if (count == TILE_ROWS && depth - k >= 16)
        transpose_16(from, stride, 0xFFFF, TILE_ROWS, to + k * count, count, lanes(count));
      else
        transpose_16(from, stride, lanes(depth - k), count, to + k * count, count, lanes(count));
    }
  }
}
#endif
