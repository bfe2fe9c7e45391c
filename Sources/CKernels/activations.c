#include "common.h"

VECTORISED void ck_relu_forward(const float *x, float *y, long count) {
  INDEPENDENT for (long i = 0; i < count; i++) y[i] = x[i] > 0.0f ? x[i] : 0.0f;
}

VECTORISED void ck_relu_backward(const float *restrict x, float *restrict gradient, long count) {
  for (long i = 0; i < count; i++) gradient[i] = x[i] > 0.0f ? gradient[i] : 0.0f;
}

// erfc(u) for u >= 0 as exp(-u R(u)): R is our own weighted least-squares fit of
// -log(erfc(u)) / u on [0, 5.5], erfc's error below 1.3e-7 there, and erfc(5.5) = 7e-15 behind.
INLINE float complementary_error(float u) {
  u = u < 5.5f ? u : 5.5f;
  float p = 3.970135367e-07f;
  p = p * u - 9.512416000e-06f;
  p = p * u + 9.524306370e-05f;
  p = p * u - 5.057742237e-04f;
  p = p * u + 1.355568180e-03f;
  p = p * u + 2.450418833e-04f;
  p = p * u - 1.944368705e-02f;
  p = p * u + 1.028880253e-01f;
  p = p * u + 6.365999579e-01f;
  p = p * u + 1.128380299e+00f;
  return inline_exp(-p * u);
}

// The standard normal distribution function; both tails keep their relative accuracy.
INLINE float normal_distribution(float x) {
  float tail = 0.5f * complementary_error(__builtin_fabsf(x) * 0.70710678f);
  return x < 0.0f ? tail : 1.0f - tail;
}

VECTORISED void ck_gelu_forward(const float *x, float *y, long count) {
  INDEPENDENT for (long i = 0; i < count; i++) y[i] = x[i] * normal_distribution(x[i]);
}

VECTORISED void ck_gelu_backward(const float *restrict x, float *restrict gradient, long count) {
  for (long i = 0; i < count; i++) {
    float density = 0.39894228f * inline_exp(-0.5f * x[i] * x[i]);
    gradient[i] *= normal_distribution(x[i]) + x[i] * density;
  }
}
