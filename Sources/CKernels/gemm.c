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

// A block of A: in place (`stride` from row to row), or packed.
typedef struct {
  const float *words;
  long stride;
  gemm_left layout;
} left_block;

// A block of B: panels `panel_stride` apart, or in place, where the panels are columns of its rows.
typedef struct {
  const float *words;
  long stride;  // from word to word of the depth
  long panel_stride;
  gemm_ahead follows;  // needed after the last panel
} right_block;

// `rows` by `columns` of C; of its tiles those from `first_tile` to `last_tile`.
typedef struct {
  long rows, columns;
  long first_tile, last_tile;
  float *c;
  long stride;
  gemm_start start;
} result_block;

// One panel after the other, all tiles under each. `depth` is in words.
static void block_product(const gemm_path *path, long depth, left_block left, right_block right,
                          result_block result) {
  const long panel = path->panel, all_tiles = tile_count(result.rows, path->tile_rows);
  const long tiles = result.last_tile - result.first_tile;
  const long own = path->fetches_rows ? path->tile_rows * (result.start.rows ? 2 : 1) : 0;
  const long fetching = depth > own ? depth - own : 1;
  gemm_tile tile = {.a_stride = left.stride,
                    .b_stride = right.stride,
                    .depth = depth,
                    .c_stride = result.stride};
  const float *b = right.words;
  for (long j = 0; j < result.columns; j += panel, b += right.panel_stride) {
    const long width = least(result.columns - j, panel);
    const gemm_kernel *kernels =
        width <= panel / 2 ? path->narrow_kernels[left.layout] : path->kernels[left.layout];
    tile.b = b;
    // Few tiles use a panel too seldom to pay for waiting for it: the next one comes meanwhile.
    gemm_ahead ahead = right.follows;
    if (j + panel < result.columns)
      ahead = (gemm_ahead){.words = b + right.panel_stride, .count = right.panel_stride};
    if (!ahead.words || right.stride != panel || tiles > FETCHING_TILES)
      ahead = (gemm_ahead){.words = b};
    const long steps = fetching * tiles;
    tile.ahead_step = (ahead.count * (long)sizeof(float) + steps - 1) / steps;
    tile.columns = (uint32_t)((1ull << width) - 1);
    tile.ahead = (const char *)ahead.words;
    for (long index = result.first_tile; index < result.last_tile; index++) {
      const long first = first_row(result.rows, all_tiles, index);
      const long count = first_row(result.rows, all_tiles, index + 1) - first;
      tile.a = left.words + first * (left.layout == LEFT_STRIPS ? depth : left.stride);
      tile.c = result.c + first * result.stride + j;
      tile.start = start_at(result.start, first, j);
      kernels[count - 1](&tile);
      tile.ahead += fetching * tile.ahead_step;
    }
  }
}

// The L1 caches in use keep 8 to 12 lines whose addresses differ by whole pages.
enum { LEAST_WAYS = 8 };

// Rows of A half a page apart fall on the same lines of the L1 cache, so many uses of them pay for
// a copy; where a tile's rows do not even fit there together, a second use does. A transposed A is
// copied because its kernels would touch a page per step.
static int packs_left(const gemm_path *path, const ck_gemm_shape *shape) {
  if (!path->reads_floats || shape->transpose_a) return 1;
  if (shape->lda % 512 || shape->m < 8) return 0;
  const int fits = shape->lda % 1024 || path->tile_rows <= LEAST_WAYS;
  return shape->n >= (fits ? 96 : path->panel + 1);
}

// C starts with what it holds, or with zeros.
INLINE gemm_start accumulation(long accumulate, const float *c, long stride) {
  return (gemm_start){.rows = accumulate ? c : NULL, .stride = stride};
}

gemm_product gemm_begin(ck_gemm_kind kind, const ck_gemm_shape *shape, const float *a) {
  const gemm_path *path = path_of(kind);
  gemm_product p = {.path = path, .shape = shape, .a = a};
  p.words = (shape->k + path->word_depth - 1) / path->word_depth;
  p.depth_block = even_block(p.words, DEPTH_BLOCK);
  const long tiles = LEFT_BLOCK / (p.depth_block * path->tile_rows);
  p.most_rows = least(shape->m, (tiles > 1 ? tiles : 1) * path->tile_rows);
  if (packs_left(path, shape))
    p.packed_a = scratch(SCRATCH_PACKED_A, p.most_rows * row_words(p.depth_block) + PACKING_SLACK);
  return p;
}

// Rows `i` to `i + rows` of A along `depth` numbers from word `first` on.
static left_block left_of(gemm_product *p, long i, long rows, long first, long depth) {
  const long lda = p->shape->lda, k = first * p->path->word_depth;
  if (!p->packed_a)
    return (left_block){.words = p->a + i * lda + k, .stride = lda, .layout = LEFT_ROWS};
  const int transposed = (int)p->shape->transpose_a;
  if (p->kept_row != i || p->kept_rows != rows || p->kept_word != first) {
    p->path->pack_left(p->a + (transposed ? k * lda + i : i * lda + k), lda, transposed, rows,
                       depth, p->packed_a);
    p->kept_row = i;
    p->kept_rows = rows;
    p->kept_word = first;
  }
  const long words = (depth + p->path->word_depth - 1) / p->path->word_depth;
  return (left_block){.words = p->packed_a,
                      .stride = row_words(words),
                      .layout = p->path->left_layout[transposed]};
}

void ck_gemm(ck_gemm_kind kind, const ck_gemm_shape *shape, const float *a, const float *b,
             float *c) {
  gemm_product p = gemm_begin(kind, shape, a);
  const gemm_path *path = p.path;
  const long row_block = even_block(shape->m, p.most_rows);
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
      const float *right = b + (shape->transpose_b ? j * ldb + number : number * ldb + j);
      float *panels = NULL;
      if (packed) {
        panels = scratch(SCRATCH_PACKED_B, (packed + panel - 1) / panel * panel_stride);
        path->pack_right(right + unpacked, ldb, (int)shape->transpose_b, depth, packed, panels,
                         panel_stride);
      }
      for (long i = 0; i < m; i += row_block) {
        const long rows = least(m - i, row_block);
        const left_block left = left_of(&p, i, rows, first, depth);
        result_block out = {.rows = rows,
                            .columns = unpacked,
                            .last_tile = tile_count(rows, path->tile_rows),
                            .c = c + i * ldc + j,
                            .stride = ldc};
        out.start = accumulation(shape->accumulate || first > 0, out.c, ldc);
        if (unpacked) {
          const right_block where = {.words = right, .stride = ldb, .panel_stride = panel};
          block_product(path, words, left, where, out);
        }
        if (packed) {
          const right_block where = {
              .words = panels, .stride = panel, .panel_stride = panel_stride};
          out.columns = packed;
          out.c += unpacked;
          out.start = start_at(out.start, 0, unpacked);
          block_product(path, words, left, where, out);
        }
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

gemm_ahead gemm_rows_ahead(const gemm_product *p, long row, long rows) {
  const ck_gemm_shape *shape = p->shape;
  if (shape->transpose_a || shape->lda != shape->k || rows < 1) return (gemm_ahead){.words = NULL};
  return (gemm_ahead){.words = p->a + row * shape->lda, .count = rows * shape->lda};
}

gemm_ahead gemm_panel_ahead(const gemm_product *p, const float *packed, long column) {
  return (gemm_ahead){.words = packed + column * p->words, .count = p->path->panel * p->words};
}

void gemm_packed_part(gemm_product *p, const gemm_part *part, const float *packed, float *c,
                      gemm_start start) {
  const long panel = p->path->panel, word_depth = p->path->word_depth, ldc = p->shape->ldc;
  result_block out = {.rows = part->rows,
                      .columns = part->columns,
                      .first_tile = part->first_tile,
                      .last_tile = part->last_tile,
                      .c = c + part->row * ldc + part->column,
                      .stride = ldc,
                      .start = start_at(start, part->row, part->column)};
  for (long first = 0; first < p->words; first += p->depth_block) {
    const long words = least(p->words - first, p->depth_block);
    const long depth = least(p->shape->k - first * word_depth, words * word_depth);
    const right_block right = {.words = packed + part->column * p->words + first * panel,
                               .stride = panel,
                               .panel_stride = p->words * panel,
                               .follows = part->follows};
    block_product(p->path, words, left_of(p, part->row, part->rows, first, depth), right, out);
    out.start = accumulation(1, out.c, ldc);
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
gemm_product gemm_begin(ck_gemm_kind kind, const ck_gemm_shape *shape, const float *a) {
  return (gemm_product){.shape = shape, .a = a};
}
void gemm_packed_part(gemm_product *product, const gemm_part *part, const float *packed, float *c,
                      gemm_start start) {}
gemm_ahead gemm_rows_ahead(const gemm_product *product, long row, long rows) {
  return (gemm_ahead){.words = NULL};
}
gemm_ahead gemm_panel_ahead(const gemm_product *product, const float *packed, long column) {
  return (gemm_ahead){.words = NULL};
}

#endif
