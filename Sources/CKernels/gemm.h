#pragma once
#include "common.h"

// Single-precision matrix product for AVX-512, after Van Zee and van de Geijn, "BLIS", 2015: the
// right matrix is packed into panels of 32 columns, [depth][32] with zeros behind the last column,
// and a microkernel keeps a tile of up to 14 rows by 32 columns of C in registers.

#if defined(__x86_64__)
#define GEMM_AVX512 1
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))

enum {
  PANEL = 32,
  TILE_ROWS = 14,
  DEPTH_BLOCK = 384,               // a panel of B: 48 KiB, streamed from L2
  ROW_BLOCK = 20 * TILE_ROWS,      // a block of A: 420 KiB, in L2
  COLUMN_BLOCK = 32 * PANEL,       // a block of B: 1.5 MiB
};

// A tile's operands. C's columns in `columns` (bit j for column j) are written, no others.
typedef struct {
  const float *a;
  long a_stride;  // from row to row; unused where A is packed as [depth][rows]
  const float *b;
  long b_stride;  // from depth to depth
  long depth;
  float *c;
  long c_stride;
  uint32_t columns;
  int accumulate;
} gemm_tile;

typedef void (*gemm_kernel)(const gemm_tile *tile);

// Indexed by rows - 1; narrow kernels compute the first 16 columns only.
extern const gemm_kernel gemm_row_kernels[TILE_ROWS], gemm_narrow_row_kernels[TILE_ROWS];
extern const gemm_kernel gemm_packed_kernels[TILE_ROWS], gemm_narrow_packed_kernels[TILE_ROWS];

// The first row of tile `index` when `rows` are shared evenly among `tiles`.
INLINE long first_row(long rows, long tiles, long index) {
  long least = rows / tiles, larger = rows % tiles;
  return index * least + (index < larger ? index : larger);
}

INLINE long tile_count(long rows) { return (rows + TILE_ROWS - 1) / TILE_ROWS; }

// Packs rows [depth] of B's columns [columns] into panels `panel_stride` apart. `transposed`: B is
// stored [columns][depth].
void gemm_pack_right(const float *b, long stride, int transposed, long depth, long columns,
                     float *packed, long panel_stride);

// Packs A into one [depth][tile's rows] strip after the other. `transposed`: A is stored
// [depth][rows].
void gemm_pack_left(const float *a, long stride, int transposed, long rows, long depth,
                    float *packed);

// C (+)= A Bᵀ for a few rows of A: dot products along the depth, B [columns][depth] as stored.
void gemm_few_rows(long rows, long columns, long depth, const float *a, long a_stride,
                   const float *b, long b_stride, float *c, long c_stride, int accumulate);
#endif
