#include "common.h"

// So many rows of the result are still near when the activation reads them.
enum { NEAR_ROWS = 72 };

// The start of each row: residual, bias, or their sum.
static void start_rows(const ck_gemm_ends *ends, long first, long rows, long n, float *c, long ldc) {
  const float *residual = ends->residual;
  if (!residual) {
    ck_fill_rows(c, ends->bias, rows, n, ldc);
    return;
  }
  for (long r = 0; r < rows; r++)
    memcpy(c + r * ldc, residual + (first + r) * ends->residual_stride, (size_t)n * sizeof(float));
  if (ends->bias) ck_add_rows(c, ends->bias, rows, n, ldc);
}

void ck_gemm_fused(ck_gemm_kind kind, const ck_gemm_shape *shape, const ck_gemm_ends *ends,
                   const float *a, const float *packed, float *c) {
  const int starts = ends->bias || ends->residual;
  ck_gemm_shape part = *shape;
  part.accumulate = starts ? 1 : shape->accumulate;
  const long step = starts || ends->activation ? NEAR_ROWS : shape->m;
  for (long i = 0; i < shape->m; i += step) {
    const long rows = least(shape->m - i, step);
    float *out = c + i * shape->ldc;
    part.m = rows;
    if (starts) start_rows(ends, i, rows, shape->n, out, shape->ldc);
    ck_gemm_packed(kind, &part, a + i * shape->lda, packed, out);
    if (!ends->activation) continue;
    float *activated = ends->activated + i * ends->activated_stride;
    for (long r = 0; r < rows; r++)
      ends->activation(out + r * shape->ldc, activated + r * ends->activated_stride, shape->n);
  }
}
