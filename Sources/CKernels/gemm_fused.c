#include "gemm.h"

#include <stdatomic.h>

// So many rows of the result are still near when the activation reads them.
enum { NEAR_ROWS = 72 };

// What a worker claims at a time takes about as long as so many words of depth under one tile.
enum { CLAIM_WORDS = 512 };

// A product in units of one tile: those of one panel after another, blocks of rows one after
// another.
typedef struct {
  ck_gemm_kind kind;
  const ck_gemm_shape *shape;
  const ck_gemm_ends *ends;
  const float *a, *packed;
  float *c;
  long row_block, tiles, panels;  // tiles of a block of rows; panels of the packed matrix
  long units;
  _Alignas(64) atomic_long next;  // the first unit that no worker has claimed
} fused_product;

// Cuts `product` into units, with blocks of at most `most_rows` rows. They are even: a few rows left
// over would go to kernels that sum in another order.
static void cut(fused_product *all, const gemm_product *product, long most_rows) {
  const ck_gemm_shape *shape = all->shape;
  all->row_block = even_block(shape->m, least(most_rows, product->most_rows));
  all->tiles = tile_count(all->row_block, product->path->tile_rows);
  all->panels = (shape->n + product->path->panel - 1) / product->path->panel;
  all->units = (shape->m + all->row_block - 1) / all->row_block * all->panels * all->tiles;
}

// Of the whole of C.
static gemm_start start_of(const fused_product *all) {
  const ck_gemm_ends *ends = all->ends;
  if (ends->bias || ends->residual)
    return (gemm_start){
        .rows = ends->residual, .stride = ends->residual_stride, .bias = ends->bias};
  return (gemm_start){.rows = all->shape->accumulate ? all->c : NULL, .stride = all->shape->ldc};
}

// One part of the result, from its start to its activation.
static void compute_part(const fused_product *all, gemm_product *product, const gemm_part *part) {
  const ck_gemm_ends *ends = all->ends;
  gemm_packed_part(product, part, all->packed, all->c, start_of(all));
  if (!ends->activation) return;
  const long ldc = all->shape->ldc, tiles = tile_count(part->rows, product->path->tile_rows);
  const long end = part->row + first_row(part->rows, tiles, part->last_tile);
  for (long r = part->row + first_row(part->rows, tiles, part->first_tile); r < end; r++)
    ends->activation(all->c + r * ldc + part->column,
                     ends->activated + r * ends->activated_stride + part->column, part->columns);
}

// Units `first` to `last`; `next` is the one that this thread computes after them.
static void compute_units(const fused_product *all, gemm_product *product, long first, long last,
                          long next) {
  const long m = all->shape->m, n = all->shape->n, panel = product->path->panel;
  const long in_block = all->panels * all->tiles;
  while (first < last) {
    const long block = first / in_block, unit = first % in_block;
    const long count = least(last - first, in_block - unit), tile = unit % all->tiles;
    gemm_part part = {.row = block * all->row_block, .column = unit / all->tiles * panel};
    part.rows = least(m - part.row, all->row_block);
    long done;
    if (tile || count < all->tiles) {
      done = least(count, all->tiles - tile);
      part.columns = least(n - part.column, panel);
      part.first_tile = tile;
      part.last_tile = tile + done;
    } else {
      done = count / all->tiles * all->tiles;
      part.columns = least(n - part.column, count / all->tiles * panel);
      part.last_tile = all->tiles;
    }
    // The last block may have a tile less.
    part.last_tile = least(part.last_tile, tile_count(part.rows, product->path->tile_rows));
    first += done;
    const long following = first < last ? first : next, row = following / in_block * all->row_block;
    if (following < all->units)
      part.follows = row > part.row
                         ? gemm_rows_ahead(product, row, least(m - row, all->row_block))
                         : gemm_panel_ahead(product, all->packed,
                                            following % in_block / all->tiles * panel);
    if (part.first_tile < part.last_tile) compute_part(all, product, &part);
  }
}

void ck_gemm_fused(ck_gemm_kind kind, const ck_gemm_shape *shape, const ck_gemm_ends *ends,
                   const float *a, const float *packed, float *c) {
  if (shape->m < 1 || shape->n < 1) return;
  fused_product all = {
      .kind = kind, .shape = shape, .ends = ends, .a = a, .packed = packed, .c = c};
  gemm_product product = gemm_begin(kind, shape, a);
  cut(&all, &product, ends->activation ? NEAR_ROWS : shape->m);
  compute_units(&all, &product, 0, all.units, all.units);
}

// The units that are shared out beforehand.
static long own_units(const fused_product *all) { return all->units - all->units / 4; }

// Each worker computes a share of its own, then what it can claim of the rest: a core that others
// slow down holds up nobody.
static void multiply_share(void *context, long index, long workers) {
  fused_product *all = context;
  gemm_product product = gemm_begin(all->kind, all->shape, all->a);
  const long own = own_units(all);
  const long claim = CLAIM_WORDS / product.words > 1 ? CLAIM_WORDS / product.words : 1;
  compute_units(all, &product, own * index / workers, own * (index + 1) / workers,
                own + index * claim);
  for (;;) {
    const long unit = atomic_fetch_add_explicit(&all->next, claim, memory_order_relaxed);
    if (unit >= all->units) return;
    compute_units(all, &product, unit, least(unit + claim, all->units), unit + workers * claim);
  }
}

void ck_gemm_fused_team(ck_team *team, ck_gemm_kind kind, const ck_gemm_shape *shape,
                        const ck_gemm_ends *ends, const float *a, const float *packed, float *c) {
  if (shape->m < 1 || shape->n < 1) return;
  fused_product all = {
      .kind = kind, .shape = shape, .ends = ends, .a = a, .packed = packed, .c = c};
  const gemm_product product = gemm_begin(kind, shape, a);
  cut(&all, &product, NEAR_ROWS);
  atomic_init(&all.next, own_units(&all));
  ck_team_run(team, multiply_share, &all);
}
