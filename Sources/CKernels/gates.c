#include "common.h"
#include "include/decoder_kernels.h"

INLINE float logistic(float x) { return 1.0f / (1.0f + inline_exp(-x)); }

VECTORISED void ck_silu_forward(const float *x, float *y, long count) {
  INDEPENDENT for (long i = 0; i < count; i++) y[i] = x[i] * logistic(x[i]);
}

VECTORISED void ck_silu_backward(const float *restrict x, float *restrict gradient, long count) {
  for (long i = 0; i < count; i++) {
    float s = logistic(x[i]);
    gradient[i] *= s + x[i] * s * (1.0f - s);
  }
}

// x (1 + tanh(u)) / 2 = x logistic(2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3).
INLINE float doubled_argument(float x) {
  return 1.5957691216f * (x + 0.044715f * x * x * x);
}

VECTORISED void ck_gelu_tanh_forward(const float *x, float *y, long count) {
  INDEPENDENT for (long i = 0; i < count; i++) y[i] = x[i] * logistic(doubled_argument(x[i]));
}

VECTORISED void ck_gelu_tanh_backward(const float *restrict x, float *restrict gradient,
                                      long count) {
  for (long i = 0; i < count; i++) {
    float s = logistic(doubled_argument(x[i]));
    float slope = 1.5957691216f * (1.0f + 3.0f * 0.044715f * x[i] * x[i]);
    gradient[i] *= s + x[i] * s * (1.0f - s) * slope;
  }
}

VECTORISED void ck_multiply(const float *restrict x, float *restrict y, long count) {
  for (long i = 0; i < count; i++) y[i] *= x[i];
}
