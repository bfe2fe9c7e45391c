#include "common.h"

void ck_fill_rows(float *y, const float *row, long rows, long width, long stride) {
  for (long r = 0; r < rows; r++) memcpy(y + r * stride, row, (size_t)width * sizeof(float));
}

VECTORISED void ck_add_rows(float *restrict y, const float *restrict row, long rows, long width,
                            long stride) {
  for (long r = 0; r < rows; r++)
    for (long i = 0; i < width; i++) y[r * stride + i] += row[i];
}

VECTORISED void ck_column_sums(const float *restrict x, float *restrict sums, long rows,
                               long width, long stride) {
  for (long r = 0; r < rows; r++)
    for (long i = 0; i < width; i++) sums[i] += x[r * stride + i];
}

VECTORISED void ck_add(const float *x, float *y, long count) {
  INDEPENDENT for (long i = 0; i < count; i++) y[i] += x[i];
}

VECTORISED void ck_scale(float *y, float factor, long count) {
  for (long i = 0; i < count; i++) y[i] *= factor;
}

VECTORISED double ck_dot(const float *x, const float *y, long count) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (long i = 0; i < count; i++) sum += (double)x[i] * (double)y[i];
  return sum;
}

VECTORISED long ck_index_of_maximum(const float *x, long count) {
  if (count < 1) return 0;
  const float maximum = inline_maximum(x, count);
  long start = 0;
  for (; start + 16 <= count; start += 16) {
    int found = 0;
    for (long i = 0; i < 16; i++) found |= x[start + i] == maximum;
    if (found) break;
  }
  for (long i = start; i < count; i++)
    if (x[i] == maximum) return i;
  return 0;
}

VECTORISED void ck_accumulate_taylor(const float *restrict weights,
                                     const float *restrict gradients, float *restrict scores,
                                     long count) {
  for (long i = 0; i < count; i++) scores[i] += __builtin_fabsf(weights[i] * gradients[i]);
}
