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

// One block of C: `rows` by `columns`, one panel after the other, all tiles under each. `depth` is
// in words.
static void block_product(const gemm_path *path, long rows, long columns, long depth,
                          left_block left, right_block right, float *c, long c_stride,
                          gemm_start start) {
  const long panel = path->panel, tiles = tile_count(rows, path->tile_rows);
  gemm_tile tile = {.a_stride = left.stride,
                    .b_stride = right.stride,
                    .depth = depth,
                    .c_stride = c_stride};
  const float *b = right.words;
  for (long j = 0; j < columns; j += panel, b += right.panel_stride) {
    const long width = least(columns - j, panel);
    const gemm_kernel *kernels =
        width <= panel / 2 ? path->narrow_kernels[left.layout] : path->kernels[left.layout];
    tile.b = b;
    // Few tiles use a panel too seldom to pay for waiting for it: the next one comes meanwhile.
    gemm_ahead ahead = right.follows;
    if (j + panel < columns)
      ahead = (gemm_ahead){.words = b + right.panel_stride, .count = right.panel_stride};
    if (!ahead.words || right.stride != panel || tiles > FETCHING_TILES)
      ahead = (gemm_ahead){.words = b};
    const long steps = depth * tiles;
    tile.ahead_step = (ahead.count * (long)sizeof(float) + steps - 1) / steps;
    tile.columns = (uint32_t)((1ull << width) - 1);
    for (long index = 0; index < tiles; index++) {
      const long first = first_row(rows, tiles, index);
      const long count = first_row(rows, tiles, index + 1) - first;
      tile.a = left.words + first * (left.layout == LEFT_STRIPS ? depth : left.stride);
      tile.c = c + first * c_stride + j;
      tile.start = start_at(start, first, j);
      tile.ahead = (const char *)ahead.words + index * depth * tile.ahead_step;
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
        float *out = c + i * ldc + j;
        const gemm_start start = accumulation(shape->accumulate || first > 0, out, ldc);
        if (unpacked) {
          const right_block where = {.words = right, .stride = ldb, .panel_stride = panel};
          block_product(path, rows, unpacked, words, left, where, out, ldc, start);
        }
        if (packed) {
          const right_block where = {
              .words = panels, .stride = panel, .panel_stride = panel_stride};
          block_product(path, rows, packed, words, left, where, out + unpacked, ldc,
                        start_at(start, 0, unpacked));
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

// What is needed after rows up to `next` of a part: more rows of A where they lie together, else the
// panel that follows.
static gemm_ahead after_rows(const gemm_product *p, const gemm_part *part, long next, long rows) {
  const ck_gemm_shape *shape = p->shape;
  if (next == part->row + part->rows)
    return (gemm_ahead){.words = part->follows,
                        .count = part->follows ? p->words * p->path->panel : 0};
  if (shape->transpose_a || shape->lda != shape->k) return (gemm_ahead){.words = NULL};
  return (gemm_ahead){.words = p->a + next * shape->lda, .count = rows * shape->lda};
}

void gemm_packed_part(gemm_product *p, const gemm_part *part, const float *packed, float *c,
                      gemm_start start) {
  const long panel = p->path->panel, word_depth = p->path->word_depth, ldc = p->shape->ldc;
  const long row_block = even_block(part->rows, p->most_rows), end = part->row + part->rows;
  for (long first = 0; first < p->words; first += p->depth_block) {
    const long words = least(p->words - first, p->depth_block);
    const long depth = least(p->shape->k - first * word_depth, words * word_depth);
    right_block right = {.words = packed + part->column * p->words + first * panel,
                         .stride = panel,
                         .panel_stride = p->words * panel};
    for (long i = part->row; i < end; i += row_block) {
      const long rows = least(end - i, row_block);
      float *out = c + i * ldc + part->column;
      right.follows = after_rows(p, part, i + rows, least(end - i - rows, row_block));
      block_product(p->path, rows, part->columns, words, left_of(p, i, rows, first, depth), right,
                    out, ldc,
                    first > 0 ? accumulation(1, out, ldc) : start_at(start, i, part->column));
    }
  }
}

void ck_gemm_packed(ck_gemm_kind kind, const ck_gemm_shape *shape, const float *a,
                    const float *packed, float *c) {
  gemm_product p = gemm_begin(kind, shape, a);
  const gemm_part whole = {.rows = shape->m, .columns = shape->n};
  gemm_packed_part(&p, &whole, packed, c, accumulation(shape->accumulate, c, shape->ldc));
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
gemm_product gemm_begin(ck_gemm_kind kind, const ck_gemm_shape *shape, const float *a) {
  return (gemm_product){.shape = shape, .a = a};
}
void gemm_packed_part(gemm_product *product, const gemm_part *part, const float *packed, float *c,
                      gemm_start start) {}

#endif
