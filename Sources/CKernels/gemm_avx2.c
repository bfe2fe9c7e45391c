#include "gemm.h"

// Single precision for CPUs with AVX2 and FMA: 6 rows by 16 columns of C take 12 of the 16
// registers.

#ifdef GEMM_X86
#include <immintrin.h>

enum { PANEL = 16, TILE_ROWS = 6 };

// All bits set in the first `count` of 8 lanes.
AVX2 INLINE __m256i lane_mask(long count) {
  const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(count < 0 ? 0 : count)), index);
}

#define STEP(SUM, ROWS, VECTORS, LEFT)                                                            \
  do {                                                                                            \
    __m256 right[VECTORS];                                                                        \
    _Pragma("unroll") for (int v = 0; v < VECTORS; v++) right[v] = _mm256_loadu_ps(b + 8 * v);    \
    _Pragma("unroll") for (int i = 0; i < ROWS; i++) {                                            \
      __m256 left = _mm256_broadcast_ss(&LEFT);                                                   \
      _Pragma("unroll") for (int v = 0; v < VECTORS; v++) SUM[i][v] =                             \
          _mm256_fmadd_ps(left, right[v], SUM[i][v]);                                             \
    }                                                                                             \
  } while (0)

// As the kernels of gemm_avx512_tiles.h: ROWS by 8 VECTORS of C with CHAINS independent sums.
#define KERNEL(NAME, ROWS, VECTORS, CHAINS, LEFT, ADVANCE)                                        \
  AVX2 static void NAME##_##ROWS(const gemm_tile *tile) {                                         \
    const float *a = tile->a, *b = tile->b;                                                       \
    const char *ahead = tile->ahead;                                                              \
    const long a_stride = tile->a_stride, b_stride = tile->b_stride;                              \
    __m256 sum[CHAINS][ROWS][VECTORS];                                                            \
    (void)a_stride;                                                                               \
    _Pragma("unroll") for (int i = 0; i < ROWS; i++) {                                            \
      __builtin_prefetch(tile->c + i * tile->c_stride, 1);                                        \
      _Pragma("unroll") for (int v = 0; v < VECTORS; v++)                                         \
          _Pragma("unroll") for (int u = 0; u < CHAINS; u++) sum[u][i][v] = _mm256_setzero_ps();  \
    }                                                                                             \
    long k = tile->depth;                                                                         \
    for (; k >= CHAINS; k -= CHAINS) {                                                            \
      _Pragma("unroll") for (int u = 0; u < CHAINS; u++) {                                        \
        STEP(sum[u], ROWS, VECTORS, LEFT);                                                        \
        __builtin_prefetch(ahead, 0, 2);                                                          \
        ahead += tile->ahead_step;                                                                \
        a += ADVANCE;                                                                             \
        b += b_stride;                                                                            \
      }                                                                                           \
    }                                                                                             \
    for (; CHAINS > 1 && k > 0; k--) {                                                            \
      STEP(sum[0], ROWS, VECTORS, LEFT);                                                          \
      a += ADVANCE;                                                                               \
      b += b_stride;                                                                              \
    }                                                                                             \
    const gemm_start start = tile->start;                                                         \
    const long c_stride = tile->c_stride;                                                         \
    _Pragma("unroll") for (int v = 0; v < VECTORS; v++) {                                         \
      const uint32_t columns = tile->columns >> (8 * v) & 0xFF;                                   \
      const __m256i mask = lane_mask(__builtin_popcount(columns));                                \
      const int whole = columns == 0xFF;                                                          \
      const __m256 bias =                                                                         \
          start.bias ? _mm256_maskload_ps(start.bias + 8 * v, mask) : _mm256_setzero_ps();        \
      _Pragma("unroll") for (int i = 0; i < ROWS; i++) {                                          \
        float *c = tile->c + i * c_stride + 8 * v;                                                \
        __m256 total = bias;                                                                      \
        if (start.rows) {                                                                         \
          const float *row = start.rows + i * start.stride + 8 * v;                               \
          total = _mm256_add_ps(whole ? _mm256_loadu_ps(row) : _mm256_maskload_ps(row, mask), total);\
        }                                                                                         \
        _Pragma("unroll") for (int u = 0; u < CHAINS; u++) total =                                \
            _mm256_add_ps(total, sum[u][i][v]);                                                   \
        if (whole)                                                                                \
          _mm256_storeu_ps(c, total);                                                             \
        else                                                                                      \
          _mm256_maskstore_ps(c, mask, total);                                                    \
      }                                                                                           \
    }                                                                                             \
  }

#define KERNELS(ROWS, CHAINS)                                      \
  KERNEL(wide_rows, ROWS, 2, CHAINS, a[i * a_stride], 1)           \
  KERNEL(narrow_rows, ROWS, 1, CHAINS, a[i * a_stride], 1)         \
  KERNEL(wide_packed, ROWS, 2, CHAINS, a[i], ROWS)                 \
  KERNEL(narrow_packed, ROWS, 1, CHAINS, a[i], ROWS)

KERNELS(1, 4)
KERNELS(2, 2)
KERNELS(3, 2)
KERNELS(4, 1)
KERNELS(5, 1)
KERNELS(6, 1)

#define TABLE(NAME) {NAME##_1, NAME##_2, NAME##_3, NAME##_4, NAME##_5, NAME##_6}

// to [steps][8] = transpose of from [rows][steps], both at most 8; absent rows read as zero. Rows of
// `to` may overlap: each is stored whole, in order, because masked stores take AMD's processors a
// dozen cycles.
AVX2 INLINE void transpose_8(const float *from, long stride, long steps, long rows, float *to,
                             long to_stride) {
  const __m256i read = lane_mask(steps);
  __m256 r[8], t[8];
  _Pragma("unroll") for (int i = 0; i < 8; i++) r[i] =
      i < rows ? _mm256_maskload_ps(from + i * stride, read) : _mm256_setzero_ps();
  _Pragma("unroll") for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  _Pragma("unroll") for (int g = 0; g < 8; g += 4) {
    r[g] = _mm256_shuffle_ps(t[g], t[g + 2], 0x44);
    r[g + 1] = _mm256_shuffle_ps(t[g], t[g + 2], 0xEE);
    r[g + 2] = _mm256_shuffle_ps(t[g + 1], t[g + 3], 0x44);
    r[g + 3] = _mm256_shuffle_ps(t[g + 1], t[g + 3], 0xEE);
  }
  _Pragma("unroll") for (int c = 0; c < 4; c++) {
    t[c] = _mm256_permute2f128_ps(r[c], r[4 + c], 0x20);
    t[4 + c] = _mm256_permute2f128_ps(r[c], r[4 + c], 0x31);
  }
  _Pragma("unroll") for (int k = 0; k < 8; k++) {
    if (k < steps) _mm256_storeu_ps(to + k * to_stride, t[k]);
  }
}

AVX2 static void pack_right(const float *b, long stride, int transposed, long depth, long columns,
                            float *packed, long panel_stride) {
  for (long j = 0; j < columns; j += PANEL, packed += panel_stride) {
    const long width = columns - j < PANEL ? columns - j : PANEL;
    for (long half = 0; half < PANEL; half += 8) {
      if (transposed) {
        const float *from = b + (j + half) * stride;
        for (long k = 0; k < depth; k += 8)
          transpose_8(from + k, stride, depth - k, width - half, packed + k * PANEL + half, PANEL);
        continue;
      }
      const __m256i mask = lane_mask(width - half);
      for (long k = 0; k < depth; k++)
        _mm256_storeu_ps(packed + k * PANEL + half,
                         _mm256_maskload_ps(b + k * stride + j + half, mask));
    }
  }
}

AVX2 static void pack_left(const float *a, long stride, int transposed, long rows, long depth,
                           float *packed) {
  const long tiles = tile_count(rows, TILE_ROWS);
  for (long index = 0; index < tiles; index++) {
    const long first = first_row(rows, tiles, index);
    const long count = first_row(rows, tiles, index + 1) - first;
    float *to = packed + first * depth;
    if (transposed) {
      const __m256i mask = lane_mask(count);
      for (long k = 0; k < depth; k++)
        _mm256_storeu_ps(to + k * count, _mm256_maskload_ps(a + k * stride + first, mask));
      continue;
    }
    for (long k = 0; k < depth; k += 8)
      transpose_8(a + first * stride + k, stride, depth - k, count, to + k * count, count);
  }
}

static const gemm_kernel wide_row_kernels[TILE_ROWS] = TABLE(wide_rows);
static const gemm_kernel narrow_row_kernels[TILE_ROWS] = TABLE(narrow_rows);
static const gemm_kernel wide_packed_kernels[TILE_ROWS] = TABLE(wide_packed);
static const gemm_kernel narrow_packed_kernels[TILE_ROWS] = TABLE(narrow_packed);

const gemm_path gemm_avx2_path = {
    .panel = PANEL,
    .tile_rows = TILE_ROWS,
    .word_depth = 1,
    .reads_floats = 1,
    .kernels = {wide_row_kernels, wide_packed_kernels},
    .narrow_kernels = {narrow_row_kernels, narrow_packed_kernels},
    .pack_right = pack_right,
    .pack_left = pack_left,
    .left_layout = {LEFT_STRIPS, LEFT_STRIPS},
};
#endif
