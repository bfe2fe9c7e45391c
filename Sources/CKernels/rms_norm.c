#include "common.h"
#include "include/decoder_kernels.h"

VECTORISED void ck_rms_norm_forward(const float *restrict x, const float *restrict gain,
                                    float epsilon, float *restrict y,
                                    float *restrict reciprocal_root, long rows, long width) {
  for (long r = 0; r < rows; r++) {
    const float *restrict row = x + r * width;
    float *restrict out = y + r * width;
    float squares = 0;
    {
#pragma clang fp reassociate(on)
      for (long i = 0; i < width; i++) squares += row[i] * row[i];
    }
    float reciprocal = 1.0f / __builtin_elementwise_sqrt(squares / (float)width + epsilon);
    reciprocal_root[r] = reciprocal;
    for (long i = 0; i < width; i++) out[i] = row[i] * reciprocal * gain[i];
  }
}

// With h = x / root mean square and t = gradient_y * gain:
// gradient_x += (t - h * average(t h)) / root mean square.
VECTORISED void ck_rms_norm_backward(const float *restrict x, const float *restrict gain,
                                     const float *restrict reciprocal_root,
                                     const float *restrict gradient_y,
                                     float *restrict gradient_x, float *restrict gradient_gain,
                                     long rows, long width) {
  for (long r = 0; r < rows; r++) {
    const float *restrict row = x + r * width;
    const float *restrict above = gradient_y + r * width;
    float *restrict out = gradient_x + r * width;
    float reciprocal = reciprocal_root[r], projection = 0;
    {
#pragma clang fp reassociate(on)
      for (long i = 0; i < width; i++) {
        float h = row[i] * reciprocal;
        projection += above[i] * gain[i] * h;
        gradient_gain[i] += above[i] * h;
      }
    }
    projection /= (float)width;
    for (long i = 0; i < width; i++)
      out[i] += reciprocal * (above[i] * gain[i] - row[i] * reciprocal * projection);
  }
}
