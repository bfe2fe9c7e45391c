#include "common.h"
#include "include/decoder_kernels.h"

VECTORISED void ck_rotate(float *x, long stride, const float *table, long rows, long heads,
                          long head_size, long pairs, int inverse) {
  const float direction = inverse ? -1.0f : 1.0f;
  for (long r = 0; r < rows; r++) {
    const float *restrict cosines = table + r * 2 * pairs;
    const float *restrict sines = cosines + pairs;
    for (long h = 0; h < heads; h++) {
      float *restrict first = x + r * stride + h * head_size;
      float *restrict second = first + pairs;
      INDEPENDENT for (long i = 0; i < pairs; i++) {
        const float a = first[i], b = second[i], s = sines[i] * direction;
        first[i] = a * cosines[i] - b * s;
        second[i] = b * cosines[i] + a * s;
      }
    }
  }
}
