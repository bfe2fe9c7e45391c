#include "gemm.h"

#ifdef GEMM_X86

static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

int ck_gemm_supported(ck_gemm_kind kind) {
  switch (kind) {
    case CK_GEMM_AVX512: return has_avx512();
    case CK_GEMM_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CK_GEMM_BF16: return has_avx512() && __builtin_cpu_supports("avx512bf16");
  }
  return 0;
}

static const gemm_path *path_of(ck_gemm_kind kind) {
  switch (kind) {
    case CK_GEMM_AVX2: return &gemm_avx2_path;
    case CK_GEMM_BF16: return &gemm_bf16_path;
    case CK_GEMM_AVX512: break;
  }
  return &gemm_avx512_path;
}

// Up to so many tiles of rows, reading B where it lies costs less than packing it.
enum { UNPACKED_TILES = 2, DOT_ROWS = 4 };

// Up to so many tiles of rows, the next panel is fetched while one is used.
enum { FETCHING_TILES = 16 };

// Strips of A are stored by whole vectors, whose last may reach beyond them.
enum { PACKING_SLACK = 16 };

// The length of the blocks when `extent` is cut evenly into as few as `limit` allows.
INLINE long even_block(long extent, long limit) {
  long blocks = (extent + limit - 1) / limit;
  return (extent + blocks - 1) / blocks;
}

// A block of A: in place (`stride` from row to row), or packed.
typedef struct {
  const float *words;
  long stride;
  gemm_left layout;
} left_block;

// One block of C: `rows` by `columns`, one panel after the other, all tiles under each. `depth` is
// in words.
static void block_product(const gemm_path *path, long rows, long columns, long depth,
                          left_block left, const float *b, long b_stride, long panel_stride,
                          float *c, long c_stride, int accumulate) {
  const long panel = path->panel, tiles = tile_count(rows, path->tile_rows);
  gemm_tile tile = {.a_stride = left.stride,
                    .b_stride = b_stride,
                    .depth = depth,
                    .c_stride = c_stride,
                    .accumulate = accumulate};
  for (long j = 0; j < columns; j += panel, b += panel_stride) {
    const long width = least(columns - j, panel);
    const gemm_kernel *kernels =
        width <= panel / 2 ? path->narrow_kernels[left.layout] : path->kernels[left.layout];
    tile.b = b;
    // Few tiles use a panel too seldom to pay for waiting for it: the next one comes meanwhile.
    const int fetches = j + panel < columns && b_stride == panel && tiles <= FETCHING_TILES;
    const char *next = (const char *)(fetches ? b + panel_stride : b);
    tile.ahead_step = fetches ? panel * (long)sizeof(float) / tiles : 0;
    tile.columns = (uint32_t)((1ull << width) - 1);
    for (long index = 0; index < tiles; index++) {
      const long first = first_row(rows, tiles, index);
      const long count = first_row(rows, tiles, index + 1) - first;
      tile.a = left.words + first * (left.layout == LEFT_STRIPS ? depth : left.stride);
      tile.c = c + first * c_stride + j;
      tile.ahead = next + index * depth * tile.ahead_step;
      kernels[count - 1](&tile);
    }
  }
}

// Rows of A whole pages apart fall on the same lines of the L1 cache, so many uses of them pay for
// a copy; a transposed A is copied because its kernels would touch a page per step.
static int packs_left(const gemm_path *path, const ck_gemm_shape *shape) {
  return !path->reads_floats || shape->transpose_a ||
         (shape->lda % 512 == 0 && shape->m >= 8 && shape->n >= 96);
}

// What all blocks of one product share.
typedef struct {
  const gemm_path *path;
  const ck_gemm_shape *shape;
  const float *a;
  long words;        // of the whole depth
  long depth_block;  // words
  long row_block;
  float *packed_a;   // null where A is read in place
} product;

static product begin(ck_gemm_kind kind, const ck_gemm_shape *shape, const float *a) {
  const gemm_path *path = path_of(kind);
  product p = {.path = path, .shape = shape, .a = a};
  p.words = (shape->k + path->word_depth - 1) / path->word_depth;
  p.depth_block = even_block(p.words, DEPTH_BLOCK);
  p.row_block = even_block(shape->m, path->row_block);
  if (packs_left(path, shape))
    p.packed_a = scratch(SCRATCH_PACKED_A, p.row_block * row_words(p.depth_block) + PACKING_SLACK);
  return p;
}

// Rows `i` to `i + rows` of A along `depth` numbers from word `first` on.
static left_block left_of(const product *p, long i, long rows, long first, long depth) {
  const long lda = p->shape->lda, k = first * p->path->word_depth;
  if (!p->packed_a)
    return (left_block){.words = p->a + i * lda + k, .stride = lda, .layout = LEFT_ROWS};
  const int transposed = (int)p->shape->transpose_a;
  p->path->pack_left(p->a + (transposed ? k * lda + i : i * lda + k), lda, transposed, rows, depth,
                     p->packed_a);
  const long words = (depth + p->path->word_depth - 1) / p->path->word_depth;
  return (left_block){.words = p->packed_a,
                      .stride = row_words(words),
                      .layout = p->path->left_layout[transposed]};
}

void ck_gemm(ck_gemm_kind kind, const ck_gemm_shape *shape, const float *a, const float *b,
             float *c) {
  const product p = begin(kind, shape, a);
  const gemm_path *path = p.path;
  const long m = shape->m, n = shape->n, k = shape->k, panel = path->panel;
  const long ldb = shape->ldb, ldc = shape->ldc;
  if (path->few_rows && m <= DOT_ROWS && shape->transpose_b && !shape->transpose_a) {
    path->few_rows(m, n, k, a, shape->lda, b, ldb, c, ldc, (int)shape->accumulate);
    return;
  }
  const int in_place =
      path->reads_floats && m <= UNPACKED_TILES * path->tile_rows && !shape->transpose_b;
  for (long j = 0; j < n; j += COLUMN_BLOCK) {
    const long columns = least(n - j, COLUMN_BLOCK);
    // Whole panels of few-row products are read where they lie.
    const long unpacked = in_place ? columns / panel * panel : 0;
    const long packed = columns - unpacked;
    for (long first = 0; first < p.words; first += p.depth_block) {
      const long words = least(p.words - first, p.depth_block), panel_stride = words * panel;
      const long number = first * path->word_depth;
      const long depth = least(k - number, words * path->word_depth);
      const int accumulate = shape->accumulate || first > 0;
      const float *right = b + (shape->transpose_b ? j * ldb + number : number * ldb + j);
      float *panels = NULL;
      if (packed) {
        panels = scratch(SCRATCH_PACKED_B, (packed + panel - 1) / panel * panel_stride);
        path->pack_right(right + unpacked, ldb, (int)shape->transpose_b, depth, packed, panels,
                         panel_stride);
      }
      for (long i = 0; i < m; i += p.row_block) {
        const long rows = least(m - i, p.row_block);
        const left_block left = left_of(&p, i, rows, first, depth);
        float *out = c + i * ldc + j;
        if (unpacked)
          block_product(path, rows, unpacked, words, left, right, ldb, panel, out, ldc,
                        accumulate);
        if (packed)
          block_product(path, rows, packed, words, left, panels, panel, panel_stride,
                        out + unpacked, ldc, accumulate);
      }
    }
  }
}

long ck_packed_count(ck_gemm_kind kind, long rows, long columns) {
  const gemm_path *path = path_of(kind);
  return (rows + path->panel - 1) / path->panel * path->panel *
         ((columns + path->word_depth - 1) / path->word_depth);
}

long ck_packed_panel(ck_gemm_kind kind) { return path_of(kind)->panel; }

void ck_pack_weights(ck_gemm_kind kind, const float *weights, long rows, long columns, long stride,
                     int transposed, float *packed) {
  const gemm_path *path = path_of(kind);
  const long words = (columns + path->word_depth - 1) / path->word_depth;
  path->pack_right(weights, stride, !transposed, columns, rows, packed, words * path->panel);
}

void ck_gemm_packed(ck_gemm_kind kind, const ck_gemm_shape *shape, const float *a,
                    const float *packed, float *c) {
  const product p = begin(kind, shape, a);
  const long panel = p.path->panel, word_depth = p.path->word_depth;
  for (long first = 0; first < p.words; first += p.depth_block) {
    const long words = least(p.words - first, p.depth_block);
    const long depth = least(shape->k - first * word_depth, words * word_depth);
    for (long i = 0; i < shape->m; i += p.row_block) {
      const long rows = least(shape->m - i, p.row_block);
      block_product(p.path, rows, shape->n, words, left_of(&p, i, rows, first, depth),
                    packed + first * panel, panel, p.words * panel, c + i * shape->ldc,
                    shape->ldc, shape->accumulate || first > 0);
    }
  }
}

#else

int ck_gemm_supported(ck_gemm_kind kind) { return 0; }
void ck_gemm(ck_gemm_kind kind, const ck_gemm_shape *shape, const float *a, const float *b,
             float *c) {}
long ck_packed_count(ck_gemm_kind kind, long rows, long columns) { return 0; }
long ck_packed_panel(ck_gemm_kind kind) { return 1; }
void ck_pack_weights(ck_gemm_kind kind, const float *weights, long rows, long columns, long stride,
                     int transposed, float *packed) {}
void ck_gemm_packed(ck_gemm_kind kind, const ck_gemm_shape *shape, const float *a,
                    const float *packed, float *c) {}

#endif
