#pragma once
#include "gemm.h"

#ifdef GEMM_X86
#include <immintrin.h>

// Microkernels for CPUs with AVX-512: 14 rows by 32 columns of C take 28 of the 32 registers.
// TARGET and MULTIPLY_ADD(sum, left, right), which consumes one word of depth, tell f32 from bf16.
enum { PANEL = 32, TILE_ROWS = 14 };

// The first `count` of 16 lanes.
INLINE __mmask16 lanes(long count) {
  return count >= 16 ? (__mmask16)0xFFFF : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

// Transposes 16 rows of 16 words in registers.
AVX512 INLINE void transpose_words(__m512 *restrict r, __m512 *restrict t) {
  _Pragma("unroll") for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  // r[4g + c]: column c of each 128-bit lane, rows 4g to 4g + 3.
  _Pragma("unroll") for (int g = 0; g < 16; g += 4) {
    r[g] = _mm512_shuffle_ps(t[g], t[g + 2], 0x44);
    r[g + 1] = _mm512_shuffle_ps(t[g], t[g + 2], 0xEE);
    r[g + 2] = _mm512_shuffle_ps(t[g + 1], t[g + 3], 0x44);
    r[g + 3] = _mm512_shuffle_ps(t[g + 1], t[g + 3], 0xEE);
  }
  _Pragma("unroll") for (int c = 0; c < 4; c++) {
    __m512 low = _mm512_shuffle_f32x4(r[c], r[4 + c], 0x88);       // lanes 0 and 2
    __m512 high = _mm512_shuffle_f32x4(r[c], r[4 + c], 0xDD);      // lanes 1 and 3
    __m512 low2 = _mm512_shuffle_f32x4(r[8 + c], r[12 + c], 0x88);
    __m512 high2 = _mm512_shuffle_f32x4(r[8 + c], r[12 + c], 0xDD);
    t[c] = _mm512_shuffle_f32x4(low, low2, 0x88);
    t[8 + c] = _mm512_shuffle_f32x4(low, low2, 0xDD);
    t[4 + c] = _mm512_shuffle_f32x4(high, high2, 0x88);
    t[12 + c] = _mm512_shuffle_f32x4(high, high2, 0xDD);
  }
}

#endif
