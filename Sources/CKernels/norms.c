#include "common.h"

VECTORISED void ck_layer_norm_forward(const float *restrict x, const float *restrict gain,
                                      const float *restrict bias, float epsilon,
                                      float *restrict y, float *restrict mean,
                                      float *restrict reciprocal_deviation, long rows,
                                      long width) {
  for (long r = 0; r < rows; r++) {
    const float *restrict row = x + r * width;
    float *restrict out = y + r * width;
    float sum = 0, squares = 0;
    {
#pragma clang fp reassociate(on)
      for (long i = 0; i < width; i++) sum += row[i];
      sum /= (float)width;
      for (long i = 0; i < width; i++) squares += (row[i] - sum) * (row[i] - sum);
    }
    float reciprocal = 1.0f / __builtin_elementwise_sqrt(squares / (float)width + epsilon);
    mean[r] = sum;
    reciprocal_deviation[r] = reciprocal;
    for (long i = 0; i < width; i++) out[i] = (row[i] - sum) * reciprocal * gain[i] + bias[i];
  }
}

// With h = (x - mean) / deviation and t = gradient_y * gain:
// gradient_x += (t - average(t) - h * average(t h)) / deviation.
VECTORISED void ck_layer_norm_backward(const float *restrict x, const float *restrict gain,
                                       const float *restrict mean,
                                       const float *restrict reciprocal_deviation,
                                       const float *restrict gradient_y,
                                       float *restrict gradient_x, float *restrict gradient_gain,
                                       float *restrict gradient_bias, long rows, long width) {
  for (long r = 0; r < rows; r++) {
    const float *restrict row = x + r * width;
    const float *restrict above = gradient_y + r * width;
    float *restrict out = gradient_x + r * width;
    float center = mean[r], reciprocal = reciprocal_deviation[r], average = 0, projection = 0;
    {
#pragma clang fp reassociate(on)
      for (long i = 0; i < width; i++) {
        float h = (row[i] - center) * reciprocal, t = above[i] * gain[i];
        average += t;
        projection += t * h;
        gradient_gain[i] += above[i] * h;
        gradient_bias[i] += above[i];
      }
    }
    average /= (float)width;
    projection /= (float)width;
    for (long i = 0; i < width; i++) {
      float h = (row[i] - center) * reciprocal;
      out[i] += reciprocal * (above[i] * gain[i] - average - h * projection);
    }
  }
}
