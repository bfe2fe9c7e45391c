#include "gemm.h"

#ifdef GEMM_X86
#define TARGET AVX512
#define MULTIPLY_ADD(SUM, LEFT, RIGHT) _mm512_fmadd_ps(LEFT, RIGHT, SUM)
#include "gemm_avx512_tiles.h"

static const gemm_kernel wide_row_kernels[TILE_ROWS] = TABLE(wide_rows);
static const gemm_kernel narrow_row_kernels[TILE_ROWS] = TABLE(narrow_rows);
static const gemm_kernel wide_packed_kernels[TILE_ROWS] = TABLE(wide_packed);
static const gemm_kernel narrow_packed_kernels[TILE_ROWS] = TABLE(narrow_packed);

const gemm_path gemm_avx512_path = {
    .panel = PANEL,
    .tile_rows = TILE_ROWS,
    .fetches_rows = 1,
    .word_depth = 1,
    .reads_floats = 1,
    .kernels = {wide_row_kernels, wide_packed_kernels},
    .narrow_kernels = {narrow_row_kernels, narrow_packed_kernels},
    .pack_right = gemm_avx512_pack_right,
    .pack_left = gemm_avx512_pack_left,
    .left_layout = {LEFT_STRIPS, LEFT_STRIPS},
    .few_rows = gemm_few_rows,
};
#endif
