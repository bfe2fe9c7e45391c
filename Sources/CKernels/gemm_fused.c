#include "gemm.h"

#include <stdatomic.h>

// So many rows of the result are still near when the activation reads them. Rows are cut evenly: a
// few left over would go to kernels that sum in another order.
enum { NEAR_ROWS = 72 };

typedef struct {
  ck_gemm_kind kind;
  const ck_gemm_shape *shape;
  const ck_gemm_ends *ends;
  const float *a, *packed;
  float *c;
  long panels;                   // of the packed matrix
  long row_block, row_blocks;
  _Alignas(64) atomic_long next;  // the first unit that no worker has claimed
} fused_product;

static fused_product fuse(ck_gemm_kind kind, const ck_gemm_shape *shape, const ck_gemm_ends *ends,
                          const float *a, const float *packed, float *c) {
  const long panel = ck_packed_panel(kind), row_block = even_block(shape->m, NEAR_ROWS);
  return (fused_product){.kind = kind,
                         .shape = shape,
                         .ends = ends,
                         .a = a,
                         .packed = packed,
                         .c = c,
                         .panels = (shape->n + panel - 1) / panel,
                         .row_block = row_block,
                         .row_blocks = (shape->m + row_block - 1) / row_block};
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
  const long ldc = all->shape->ldc;
  const float *out = all->c + part->row * ldc + part->column;
  float *activated = ends->activated + part->row * ends->activated_stride + part->column;
  for (long r = 0; r < part->rows; r++)
    ends->activation(out + r * ldc, activated + r * ends->activated_stride, part->columns);
}

// Units are panels by blocks of rows, the panels of the first rows first.
static void compute_units(const fused_product *all, gemm_product *product, long first, long last,
                          long next) {
  const long panel = ck_packed_panel(all->kind), m = all->shape->m, n = all->shape->n;
  while (first < last) {
    const long block = first / all->panels, from = first % all->panels;
    const long to = least(from + last - first, all->panels);
    const long row = block * all->row_block;
    gemm_part part = {.row = row, .rows = least(m - row, all->row_block), .column = from * panel};
    part.columns = least(n - part.column, (to - from) * panel);
    first += to - from;
    const long following = first < last ? first : next;
    if (following < all->panels * all->row_blocks)
      part.follows = all->packed + ck_packed_count(all->kind, following % all->panels * panel,
                                                   all->shape->k);
    compute_part(all, product, &part);
  }
}

void ck_gemm_fused(ck_gemm_kind kind, const ck_gemm_shape *shape, const ck_gemm_ends *ends,
                   const float *a, const float *packed, float *c) {
  if (shape->m < 1 || shape->n < 1) return;
  fused_product all = fuse(kind, shape, ends, a, packed, c);
  if (!ends->activation) {
    all.row_block = shape->m;
    all.row_blocks = 1;
  }
  gemm_product product = gemm_begin(kind, shape, a);
  const long units = all.panels * all.row_blocks;
  compute_units(&all, &product, 0, units, units);
}

// Each worker computes a share of its own, then what it can claim of the rest: a core that others
// slow down holds up nobody.
static void multiply_share(void *context, long index, long workers) {
  fused_product *all = context;
  const long units = all->panels * all->row_blocks, shared = units - units / 4;
  gemm_product product = gemm_begin(all->kind, all->shape, all->a);
  compute_units(all, &product, shared * index / workers, shared * (index + 1) / workers,
                shared + index);
  for (;;) {
    const long unit = atomic_fetch_add_explicit(&all->next, 1, memory_order_relaxed);
    if (unit >= units) return;
    compute_units(all, &product, unit, unit + 1, unit + workers);
  }
}

void ck_gemm_fused_team(ck_team *team, ck_gemm_kind kind, const ck_gemm_shape *shape,
                        const ck_gemm_ends *ends, const float *a, const float *packed, float *c) {
  if (shape->m < 1 || shape->n < 1) return;
  fused_product all = fuse(kind, shape, ends, a, packed, c);
  const long units = all.panels * all.row_blocks;
  atomic_init(&all.next, units - units / 4);
  ck_team_run(team, multiply_share, &all);
}
