#include "common.h"

#include <math.h>

// Writes exp(x - maximum) into p, and returns the sum and, through a pointer, the maximum.
INLINE float exponentials(const float *x, float *p, long width, float *largest) {
#pragma clang fp reassociate(on)
  float maximum = inline_maximum(x, width), sum = 0;
  INDEPENDENT for (long i = 0; i < width; i++) {
    float e = inline_exp(x[i] - maximum);
    p[i] = e;
    sum += e;
  }
  *largest = maximum;
  return sum;
}

VECTORISED void ck_softmax_rows(const float *x, float *p, float *log_normalizers, long rows,
                                long width) {
  if (width < 1) return;
  for (long r = 0; r < rows; r++) {
    float maximum, *row = p + r * width;
    float sum = exponentials(x + r * width, row, width, &maximum);
    float reciprocal = 1.0f / sum;
    for (long i = 0; i < width; i++) row[i] *= reciprocal;
    if (log_normalizers) log_normalizers[r] = maximum + logf(sum);
  }
}

VECTORISED double ck_cross_entropy(const float *logits, const int32_t *targets, float *gradient,
                                   long rows, long vocabulary, float scale) {
  double loss = 0;
  for (long r = 0; r < rows; r++) {
    float *row = gradient + r * vocabulary;
    int32_t target = targets[r];
    if (target < 0) {
      memset(row, 0, (size_t)vocabulary * sizeof(float));
      continue;
    }
    float maximum, chosen = logits[r * vocabulary + target];
    float sum = exponentials(logits + r * vocabulary, row, vocabulary, &maximum);
    loss += log((double)sum) + (double)maximum - (double)chosen;
    float factor = scale / sum;
    for (long i = 0; i < vocabulary; i++) row[i] *= factor;
    row[target] -= scale;
  }
  return loss;
}
