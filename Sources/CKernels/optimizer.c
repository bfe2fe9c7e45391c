#include "common.h"

// Loshchilov and Hutter 2019, in the form PyTorch computes it.
VECTORISED void ck_adamw(const ck_adamw_step *step, float *restrict parameters,
                         const float *restrict gradients, float *restrict first_moments,
                         float *restrict second_moments, long count) {
  const float beta1 = step->beta1, beta2 = step->beta2, epsilon = step->epsilon;
  const float keep = 1.0f - step->learning_rate * step->weight_decay;
  const float rate = step->learning_rate / step->correction1;
  const float root = 1.0f / __builtin_elementwise_sqrt(step->correction2);
  const float factor = step->gradient_scale;
  for (long i = 0; i < count; i++) {
    float g = gradients[i] * factor;
    float first = beta1 * first_moments[i] + (1.0f - beta1) * g;
    float second = beta2 * second_moments[i] + (1.0f - beta2) * g * g;
    first_moments[i] = first;
    second_moments[i] = second;
    parameters[i] =
        parameters[i] * keep - rate * first / (__builtin_elementwise_sqrt(second) * root + epsilon);
  }
}
