#pragma once
#include <stdint.h>

// Kernels of decoders with rotary positions, RMS norms and gated feed-forward layers, under the
// conventions of ckernels.h.

#pragma clang assume_nonnull begin

// rms_norm.c: x, y, gradients [rows][width]; reciprocal [rows]; gain [width]
void ck_rms_norm_forward(const float *x, const float *gain, float epsilon, float *y,
                         float *reciprocal, long rows, long width);
void ck_rms_norm_backward(const float *x, const float *gain, const float *reciprocal,
                          const float *gradient_y, float *gradient_x, float *gradient_gain,
                          long rows, long width);

// rotary.c: each of `rows` rows of x, `stride` floats apart, holds `heads` heads of `head_size`;
// table [rows][2 * pairs] holds the cosines, then the sines.
void ck_rotate(float *x, long stride, const float *table, long rows, long heads, long head_size,
               long pairs, int inverse);

// gates.c
void ck_silu_forward(const float *x, float *y, long count);
void ck_silu_backward(const float *x, float *gradient, long count);
void ck_gelu_tanh_forward(const float *x, float *y, long count);
void ck_gelu_tanh_backward(const float *x, float *gradient, long count);
void ck_multiply(const float *x, float *y, long count);

#pragma clang assume_nonnull end
