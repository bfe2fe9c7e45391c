// The C kernels at awkward shapes under the address and undefined-behaviour sanitizers, on buffers
// that end with their last element: one float too far is reported. Products are also compared with
// double precision. `make sanitize` compiles and runs this; it exits with 1 where a product is
// wrong.
#include "ckernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252ull;

static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static long below(long limit) { return (long)(next() % (uint64_t)limit); }

static long awkward(long limit) {
  static const long favourites[] = {1, 2, 3, 7, 13, 15, 16, 17, 31, 32, 33, 47, 63, 65, 97, 127};
  long pick = favourites[below(16)];
  return below(2) && pick <= limit ? pick : 1 + below(limit);
}

static float *memory(long count) { return malloc((size_t)(count > 0 ? count : 1) * sizeof(float)); }

static float *random_floats(long count) {
  float *x = memory(count);
  for (long i = 0; i < count; i++) x[i] = (float)below(2001) / 1000.0f - 1.0f;
  return x;
}

// Floats that a matrix takes whose last row has no gap behind it.
static long extent(long rows, long width, long stride) { return (rows - 1) * stride + width; }

static int product(ck_gemm_kind kind, long m, long n, long k, int packed) {
  const int transpose_a = packed ? 0 : (int)below(2), transpose_b = (int)below(2);
  const int accumulate = (int)below(2);
  const long a_width = transpose_a ? m : k, b_width = transpose_b ? k : n;
  const long lda = a_width + below(4), ldb = b_width + below(4), ldc = n + below(4);
  const long a_count = extent(transpose_a ? k : m, a_width, lda);
  const long b_count = extent(transpose_b ? n : k, b_width, ldb), c_count = extent(m, n, ldc);
  float *a = random_floats(a_count), *b = random_floats(b_count), *c = random_floats(c_count);
  float *left = memory(a_count), *right = memory(b_count), *before = memory(c_count);
  memcpy(left, a, (size_t)a_count * sizeof(float));
  memcpy(right, b, (size_t)b_count * sizeof(float));
  memcpy(before, c, (size_t)c_count * sizeof(float));
  if (kind == CK_GEMM_BF16) {
    ck_round_to_bf16(a, a_count, left, a_count, 1, a_count);
    ck_round_to_bf16(b, b_count, right, b_count, 1, b_count);
  }
  const ck_gemm_shape shape = {.m = m, .n = n, .k = k, .lda = lda, .ldb = ldb, .ldc = ldc,
                               .transpose_a = transpose_a, .transpose_b = transpose_b,
                               .accumulate = accumulate};
  // A packed product may start from a bias and a residual, and end in an activation.
  const long ldr = n + below(4), ldy = n + below(4);
  float *bias = packed && below(2) ? random_floats(n) : NULL;
  float *residual = packed && below(2) ? random_floats(extent(m, n, ldr)) : NULL;
  float *activated = packed && below(2) ? memory(extent(m, n, ldy)) : NULL;
  if (packed) {
    const ck_gemm_ends ends = {.bias = bias, .residual = residual, .residual_stride = ldr,
                               .activation = activated ? ck_relu_forward : NULL,
                               .activated = activated, .activated_stride = ldy};
    float *panels = memory(ck_packed_count(kind, n, k));
    ck_pack_weights(kind, b, n, k, ldb, !transpose_b, panels);
    ck_gemm_fused(kind, &shape, &ends, a, panels, c);
    free(panels);
  } else {
    ck_gemm(kind, &shape, a, b, c);
  }
  double worst = 0;
  for (long i = 0; i < m; i++) {
    for (long j = 0; j < n; j++) {
      double sum = accumulate && !bias && !residual ? before[i * ldc + j] : 0;
      if (bias) sum += bias[j];
      if (residual) sum += residual[i * ldr + j];
      for (long p = 0; p < k; p++)
        sum += (double)left[transpose_a ? p * lda + i : i * lda + p] *
               (double)right[transpose_b ? j * ldb + p : p * ldb + j];
      const double error = fabs(c[i * ldc + j] - sum) / (1 + fabs(sum));
      worst = error > worst || isnan(error) ? error : worst;
      const float y = c[i * ldc + j];
      if (activated && activated[i * ldy + j] != (y > 0 ? y : 0)) worst = NAN;
    }
  }
  const int wrong = !(worst < 2e-6 * sqrt((double)k) + 1e-6);
  if (wrong)
    printf("kind %d: m %ld n %ld k %ld transposed %d %d packed %d: %g\n", kind, m, n, k,
           transpose_a, transpose_b, packed, worst);
  free(a), free(b), free(c), free(left), free(right), free(before);
  free(bias), free(residual), free(activated);
  return wrong;
}

static void attention(void) {
  const long group = 1 + below(2), kv = 1 + below(3), size = awkward(40), value = awkward(40);
  const long heads = kv * group, queries = awkward(33), prefix = below(2) * awkward(9);
  const long own = queries + below(3), keys = prefix + own;
  const ck_attention_geometry geometry = {.query_heads = heads, .key_value_heads = kv,
                                          .head_size = size, .value_head_size = value,
                                          .scale = 0.3f, .causal = below(2)};
  float *q = random_floats(queries * heads * size), *k = random_floats(own * kv * size);
  float *v = random_floats(own * kv * value), *pk = random_floats(prefix * kv * size);
  float *pv = random_floats(prefix * kv * value);
  float *out = memory(queries * heads * value), *p = memory(heads * queries * keys);
  const ck_attention_inputs inputs = {.queries = q, .query_stride = heads * size,
                                      .query_count = queries, .prefix_keys = prefix ? pk : NULL,
                                      .prefix_values = prefix ? pv : NULL, .prefix_count = prefix,
                                      .keys = k, .values = v, .key_count = own,
                                      .key_stride = kv * size, .value_stride = kv * value};
  ck_attention_forward(&geometry, &inputs, out, heads * value, p);
  float *d = random_floats(queries * heads * value), *dq = memory(queries * heads * size);
  float *dk = random_floats(own * kv * size), *dv = random_floats(own * kv * value);
  float *dpk = random_floats(prefix * kv * size), *dpv = random_floats(prefix * kv * value);
  ck_attention_backward(&geometry, &inputs, p, d, heads * value, dq, prefix ? dpk : NULL,
                        prefix ? dpv : NULL, dk, dv);
  free(q), free(k), free(v), free(pk), free(pv), free(out), free(p), free(d), free(dq), free(dk);
  free(dv), free(dpk), free(dpv);
}

static void rows(void) {
  const long count = awkward(20), width = awkward(130), all = count * width;
  float *x = random_floats(all), *y = random_floats(all), *gain = random_floats(width);
  float *bias = random_floats(width), *mean = memory(count), *deviation = memory(count);
  float *gradient = random_floats(all);
  ck_layer_norm_forward(x, gain, bias, 1e-5f, y, mean, deviation, count, width);
  ck_layer_norm_backward(x, gain, mean, deviation, gradient, y, gain, bias, count, width);
  ck_relu_forward(x, y, all), ck_relu_backward(x, gradient, all);
  ck_gelu_forward(x, y, all), ck_gelu_backward(x, gradient, all);
  ck_add_rows(y, gain, count, width, width), ck_column_sums(y, gain, count, width, width);
  ck_fill_rows(y, gain, count, width, width), ck_add(x, y, all), ck_scale(y, 0.5f, all);
  if (!isfinite(ck_dot(x, x, all)) || ck_index_of_maximum(x, all) >= all) exit(1);
  ck_softmax_rows(x, y, mean, count, width);
  int32_t *targets = malloc((size_t)count * sizeof(int32_t));
  for (long i = 0; i < count; i++) targets[i] = (int32_t)(below(width + 1) - 1);
  ck_cross_entropy(x, targets, gradient, count, width, 0.1f);
  const ck_adamw_step step = {1e-3f, 0.9f, 0.98f, 1e-8f, 0.1f, 0.1f, 0.02f, 1.0f};
  float *first = random_floats(all), *second = memory(all);
  memset(second, 0, (size_t)all * sizeof(float));
  ck_adamw(&step, x, gradient, first, second, all);
  ck_round_to_bf16(x, width, y, width, count, width);
  free(x), free(y), free(gain), free(bias), free(mean), free(deviation), free(gradient);
  free(targets), free(first), free(second);
}

int main(void) {
  int wrong = 0;
  const ck_gemm_kind kinds[] = {CK_GEMM_AVX512, CK_GEMM_AVX2, CK_GEMM_BF16};
  for (int index = 0; index < 3; index++) {
    if (!ck_gemm_supported(kinds[index])) continue;
    for (int round = 0; round < 200; round++)
      wrong += product(kinds[index], awkward(120), awkward(130), awkward(200), round % 2);
    wrong += product(kinds[index], 301, 70, 1100, 0) + product(kinds[index], 30, 1100, 515, 1);
    printf("product %d: 202 shapes\n", kinds[index]);
  }
  for (int round = 0; round < 200; round++) attention(), rows();
  printf("%s\n", wrong ? "wrong products" : "clean");
  return wrong != 0;
}
