#include "gemm.h"

#ifdef GEMM_AVX512

int ck_gemm_supported(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

// Up to this many rows, reading B where it lies costs less than packing it.
enum { UNPACKED_ROWS = 2 * TILE_ROWS, DOT_ROWS = 4 };

INLINE long least(long x, long y) { return x < y ? x : y; }

// The length of the blocks when `extent` is cut evenly into as few as `limit` allows.
INLINE long even_block(long extent, long limit) {
  long blocks = (extent + limit - 1) / limit;
  return (extent + blocks - 1) / blocks;
}

// One block of C: `rows` by `columns`, one panel after the other, all tiles under each.
static void block_product(long rows, long columns, long depth, const float *a, long a_stride,
                          int a_packed, const float *b, long b_stride, long panel_stride, float *c,
                          long c_stride, int accumulate) {
  const long tiles = tile_count(rows);
  gemm_tile tile = {.a_stride = a_stride,
                    .b_stride = b_stride,
                    .depth = depth,
                    .c_stride = c_stride,
                    .accumulate = accumulate};
  for (long j = 0; j < columns; j += PANEL) {
    const long width = least(columns - j, PANEL);
    const int narrow = width <= 16;
    const gemm_kernel *kernels =
        a_packed ? (narrow ? gemm_narrow_packed_kernels : gemm_packed_kernels)
                 : (narrow ? gemm_narrow_row_kernels : gemm_row_kernels);
    tile.b = b + j / PANEL * panel_stride;
    tile.columns = (uint32_t)((1ull << width) - 1);
    for (long index = 0; index < tiles; index++) {
      const long first = first_row(rows, tiles, index);
      const long count = first_row(rows, tiles, index + 1) - first;
      tile.a = a + first * (a_packed ? depth : a_stride);
      tile.c = c + first * c_stride + j;
      kernels[count - 1](&tile);
    }
  }
}

// Rows of A whole pages apart fall on the same lines of the L1 cache, so many uses of them pay for
// a copy; a transposed A is copied because its kernels would touch a page per step.
static int packs_left(const ck_gemm_shape *shape) {
  return shape->transpose_a || (shape->lda % 512 == 0 && shape->m >= 8 && shape->n >= 96);
}

void ck_gemm(const ck_gemm_shape *shape, const float *a, const float *b, float *c) {
  const long m = shape->m, n = shape->n, k = shape->k;
  const long lda = shape->lda, ldb = shape->ldb, ldc = shape->ldc;
  if (m <= DOT_ROWS && shape->transpose_b && !shape->transpose_a) {
    gemm_few_rows(m, n, k, a, lda, b, ldb, c, ldc, shape->accumulate);
    return;
  }
  const long depth_block = even_block(k, DEPTH_BLOCK), row_block = even_block(m, ROW_BLOCK);
  float *strips = packs_left(shape) ? scratch(SCRATCH_PACKED_A, row_block * depth_block) : NULL;
  for (long j = 0; j < n; j += COLUMN_BLOCK) {
    const long columns = least(n - j, COLUMN_BLOCK);
    // Whole panels of few-row products are read where they lie.
    const long unpacked =
        m <= UNPACKED_ROWS && !shape->transpose_b ? columns / PANEL * PANEL : 0;
    const long packed = columns - unpacked;
    for (long p = 0; p < k; p += depth_block) {
      const long depth = least(k - p, depth_block), panel_stride = depth * PANEL;
      const int accumulate = shape->accumulate || p > 0;
      const float *right = b + (shape->transpose_b ? j * ldb + p : p * ldb + j);
      float *panels = NULL;
      if (packed) {
        panels = scratch(SCRATCH_PACKED_B, (packed + PANEL - 1) / PANEL * panel_stride);
        gemm_pack_right(right + unpacked, ldb, shape->transpose_b, depth, packed, panels,
                        panel_stride);
      }
      for (long i = 0; i < m; i += row_block) {
        const long rows = least(m - i, row_block);
        const float *left = a + i * lda + p;
        if (strips) {
          gemm_pack_left(a + (shape->transpose_a ? p * lda + i : i * lda + p), lda,
                         (int)shape->transpose_a, rows, depth, strips);
          left = strips;
        }
        float *out = c + i * ldc + j;
        if (unpacked)
          block_product(rows, unpacked, depth, left, lda, strips != NULL, right, ldb, PANEL,
                        out, ldc, accumulate);
        if (packed)
          block_product(rows, packed, depth, left, lda, strips != NULL, panels, PANEL,
                        panel_stride, out + unpacked, ldc, accumulate);
      }
    }
  }
}

long ck_packed_count(long rows, long columns) {
  return (rows + PANEL - 1) / PANEL * PANEL * columns;
}

void ck_pack_weights(const float *weights, long rows, long columns, long stride, float *packed) {
  gemm_pack_right(weights, stride, 1, columns, rows, packed, columns * PANEL);
}

void ck_gemm_packed(const ck_gemm_shape *shape, const float *a, const float *packed, float *c) {
  const long m = shape->m, n = shape->n, k = shape->k, lda = shape->lda, ldc = shape->ldc;
  const long depth_block = even_block(k, DEPTH_BLOCK), row_block = even_block(m, ROW_BLOCK);
  float *strips = packs_left(shape) ? scratch(SCRATCH_PACKED_A, row_block * depth_block) : NULL;
  for (long p = 0; p < k; p += depth_block) {
    const long depth = least(k - p, depth_block);
    for (long i = 0; i < m; i += row_block) {
      const long rows = least(m - i, row_block);
      const float *left = a + i * lda + p;
      if (strips) {
        gemm_pack_left(left, lda, 0, rows, depth, strips);
        left = strips;
      }
      block_product(rows, n, depth, left, lda, strips != NULL, packed + p * PANEL, PANEL,
                    k * PANEL, c + i * ldc, ldc, shape->accumulate || p > 0);
    }
  }
}

#else

int ck_gemm_supported(void) { return 0; }
void ck_gemm(const ck_gemm_shape *shape, const float *a, const float *b, float *c) {}
long ck_packed_count(long rows, long columns) { return 0; }
void ck_pack_weights(const float *weights, long rows, long columns, long stride, float *packed) {}
void ck_gemm_packed(const ck_gemm_shape *shape, const float *a, const float *packed, float *c) {}

#endif
