#pragma once
#include "common.h"

// Matrix product after Van Zee and van de Geijn, "BLIS", 2015: the right matrix is packed into
// panels of a few columns, [depth][panel] with zeros behind the last column, and a microkernel
// keeps a tile of C in registers. What differs between instruction sets is a `gemm_path`; the loops
// around it (gemm.c) are the same.
//
// The depth is counted in 32-bit words: a float, or two bf16 numbers that follow one another along
// the depth. To everything but the microkernel and the packing a word is a word.

#if defined(__x86_64__)
#define GEMM_X86 1
#define AVX2 __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#endif

enum {
  // Words: the depth is cut as seldom as packing allows, for each cut reads and writes C once more.
  DEPTH_BLOCK = 1024,
  COLUMN_BLOCK = 1024,  // columns of B that are packed at a time
  LEFT_BLOCK = 64 * 1024,  // words of A between two passes over B's panels: 256 KiB, in L2
};

// Words that are needed next; `words` null where that is not known.
typedef struct {
  const float *words;
  long count;
} gemm_ahead;

// What the rows of C start with: those of a matrix or zeros, and a bias.
typedef struct {
  const float *rows;  // or null
  long stride;        // from row to row
  const float *bias;  // of each column, or null
} gemm_start;

INLINE gemm_start start_at(gemm_start start, long row, long column) {
  if (start.rows) start.rows += row * start.stride + column;
  if (start.bias) start.bias += column;
  return start;
}

// A tile's operands. C's columns in `columns` (bit j for column j) are written, no others.
typedef struct {
  const float *a;
  long a_stride;  // from row to row; unused where A lies in strips
  const float *b;
  long b_stride;  // from word to word
  long depth;     // in words
  float *c;
  long c_stride;
  uint32_t columns;
  gemm_start start;
  // What is fetched into L2 meanwhile: `ahead_step` bytes further with every word of the depth but
  // those that fetch the rows of C and of its start.
  const char *ahead;
  long ahead_step;
} gemm_tile;

typedef void (*gemm_kernel)(const gemm_tile *tile);

// Whether A is read row by row, or from strips: [depth][rows of the tile], tile after tile.
typedef enum { LEFT_ROWS, LEFT_STRIPS } gemm_left;

// The length of the blocks when `extent` is cut evenly into as few as `limit` allows.
INLINE long even_block(long extent, long limit) {
  long blocks = (extent + limit - 1) / limit;
  return (extent + blocks - 1) / blocks;
}

// A's rows shared evenly among tiles of at most `most` rows.
INLINE long tile_count(long rows, long most) { return (rows + most - 1) / most; }

INLINE long first_row(long rows, long tiles, long index) {
  long least = rows / tiles, larger = rows % tiles;
  return index * least + (index < larger ? index : larger);
}

// Words from row to row of an A that is converted row by row: an odd number of cache lines, so that
// the rows of a tile fall on different lines of the L1 cache.
INLINE long row_words(long depth) { return (((depth + 15) / 16) | 1) * 16; }

typedef struct {
  long panel;       // columns of a panel
  long tile_rows;   // most rows of a tile
  long word_depth;  // numbers in a word along the depth
  int reads_floats; // whether kernels read the operands where the caller has them
  int fetches_rows; // whether kernels fetch the rows of C, and of its start, with their first steps
  // Indexed by rows - 1; narrow kernels compute the first half of a panel only.
  const gemm_kernel *kernels[2], *narrow_kernels[2];  // by gemm_left
  // Packs `depth` numbers of B's `columns` columns into panels `panel_stride` apart. `transposed`:
  // B is stored [columns][depth].
  void (*pack_right)(const float *b, long stride, int transposed, long depth, long columns,
                     float *packed, long panel_stride);
  // Packs A [rows][depth], or [depth][rows] where `transposed`, in the layout `left_layout` names.
  void (*pack_left)(const float *a, long stride, int transposed, long rows, long depth,
                    float *packed);
  gemm_left left_layout[2];  // by `transposed`
  // C (+)= A Bᵀ for at most 4 rows of A, B [columns][depth] as stored; null where there is none.
  void (*few_rows)(long rows, long columns, long depth, const float *a, long a_stride,
                   const float *b, long b_stride, float *c, long c_stride, int accumulate);
} gemm_path;

// One product of a packed matrix, computed in parts by one thread. A's rows are packed for a part and
// kept for the next part of the same rows.
typedef struct {
  const gemm_path *path;
  const ck_gemm_shape *shape;
  const float *a;
  long words;        // of the whole depth
  long depth_block;  // words
  long most_rows;    // of A in a block
  float *packed_a;   // null where A is read in place
  long kept_row, kept_rows, kept_word;  // what `packed_a` holds
} gemm_product;

// Some tiles of rows `row` to `row + rows`, which are a block, and columns `column` to
// `column + columns`, whose first begins a panel.
typedef struct {
  long row, rows;
  long first_tile, last_tile;
  long column, columns;
  gemm_ahead follows;  // needed after this part
} gemm_part;

gemm_product gemm_begin(ck_gemm_kind kind, const ck_gemm_shape *shape, const float *a);
// Rows of A that lie together, and a panel, to be fetched meanwhile.
gemm_ahead gemm_rows_ahead(const gemm_product *product, long row, long rows);
gemm_ahead gemm_panel_ahead(const gemm_product *product, const float *packed, long column);
// `start` is that of the whole of C.
void gemm_packed_part(gemm_product *product, const gemm_part *part, const float *packed, float *c,
                      gemm_start start);

#ifdef GEMM_X86
extern const gemm_path gemm_avx512_path, gemm_avx2_path, gemm_bf16_path;

void gemm_few_rows(long rows, long columns, long depth, const float *a, long a_stride,
                   const float *b, long b_stride, float *c, long c_stride, int accumulate);
void gemm_avx512_pack_right(const float *b, long stride, int transposed, long depth, long columns,
                            float *packed, long panel_stride);
void gemm_avx512_pack_left(const float *a, long stride, int transposed, long rows, long depth,
                           float *packed);
void gemm_bf16_pack_right(const float *b, long stride, int transposed, long depth, long columns,
                          float *packed, long panel_stride);
void gemm_bf16_pack_left(const float *a, long stride, int transposed, long rows, long depth,
                         float *packed);
#endif
