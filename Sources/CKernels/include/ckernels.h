#pragma once
#include <stdint.h>

// Float kernels behind the Swift module `Kernels`. Every matrix is row-major; a `stride` or `ld…`
// counts floats from one row to the next. No function keeps a pointer after it returns, and all of
// them may run on several threads at once.

#pragma clang assume_nonnull begin

// scratch.c: called instead of abort() when memory cannot be had; it does not return.
typedef void (*ck_allocation_failure)(long bytes);
void ck_on_allocation_failure(ck_allocation_failure _Nullable handler);

// gemm.c: C [m][n] (+)= op(A) op(B), all in f32 except as `ck_gemm_kind` says.
typedef struct {
  long m, n, k;
  long lda, ldb, ldc;
  long transpose_a, transpose_b;  // 0 or 1: A is stored [k][m], B is stored [n][k]
  long accumulate;
} ck_gemm_shape;

// Which instructions do the work. The other functions of this section need a kind that
// `ck_gemm_supported` returns 1 for on the CPU that runs.
typedef enum {
  CK_GEMM_AVX512,
  CK_GEMM_AVX2,
  CK_GEMM_BF16,  // AVX512_BF16: operands rounded to bf16, sums in f32
} ck_gemm_kind;

int ck_gemm_supported(ck_gemm_kind kind);
void ck_gemm(ck_gemm_kind kind, const ck_gemm_shape *shape, const float *a, const float *b,
             float *c);

// W [rows][columns], or [columns][rows] where `transposed`, packed for
// C [m][rows] (+)= A [m][columns] Wᵀ; the shape's n and k are rows and columns. `packed` has
// `ck_packed_count` floats.
long ck_packed_count(ck_gemm_kind kind, long rows, long columns);
// Rows of W in one panel of the copy; the first so many whole panels are a packed matrix themselves.
long ck_packed_panel(ck_gemm_kind kind);
void ck_pack_weights(ck_gemm_kind kind, const float *weights, long rows, long columns, long stride,
                     int transposed, float *packed);

// gemm_fused.c: what surrounds a product, done while its rows are near.
typedef struct {
  const float *_Nullable bias;      // [n]; every row of C starts with it
  const float *_Nullable residual;  // [m] rows, residual_stride apart; added to the start
  long residual_stride;
  void (*_Nullable activation)(const float *x, float *y, long count);
  float *_Nullable activated;  // [m] rows, activated_stride apart: activation(C)
  long activated_stride;
} ck_gemm_ends;

// C = bias + residual + A Wᵀ; with neither, C (+)= A Wᵀ as the shape says.
void ck_gemm_fused(ck_gemm_kind kind, const ck_gemm_shape *shape, const ck_gemm_ends *ends,
                   const float *a, const float *packed, float *c);

// bf16.c: y [rows][width] = x rounded to the nearest bf16, ties to even, subnormal numbers to zero
void ck_round_to_bf16(const float *x, long x_stride, float *y, long y_stride, long rows,
                      long width);

// norms.c: x, y, gradients [rows][width]; mean, deviation [rows]; gain, bias [width]
void ck_layer_norm_forward(const float *x, const float *gain, const float *bias, float epsilon,
                           float *y, float *mean, float *reciprocal_deviation, long rows,
                           long width);
void ck_layer_norm_backward(const float *x, const float *gain, const float *mean,
                            const float *reciprocal_deviation, const float *gradient_y,
                            float *gradient_x, float *gradient_gain, float *gradient_bias,
                            long rows, long width);

// activations.c
void ck_relu_forward(const float *x, float *y, long count);
void ck_relu_backward(const float *x, float *gradient, long count);
void ck_gelu_forward(const float *x, float *y, long count);
void ck_gelu_backward(const float *x, float *gradient, long count);

// elementwise.c
void ck_fill_rows(float *y, const float *row, long rows, long width, long stride);
void ck_add_rows(float *y, const float *row, long rows, long width, long stride);
void ck_column_sums(const float *x, float *sums, long rows, long width, long stride);
void ck_add(const float *x, float *y, long count);
void ck_scale(float *y, float factor, long count);
double ck_dot(const float *x, const float *y, long count);
long ck_index_of_maximum(const float *x, long count);
void ck_accumulate_taylor(const float *weights, const float *gradients, float *scores, long count);

// softmax.c: x, p, logits, gradient [rows][width]
void ck_softmax_rows(const float *x, float *p, float *_Nullable log_normalizers, long rows,
                     long width);
double ck_cross_entropy(const float *logits, const int32_t *targets, float *gradient, long rows,
                        long vocabulary, float scale);

// attention_forward.c, attention_backward.c
typedef struct {
  long query_heads, key_value_heads, head_size, value_head_size;
  float scale;
  long causal;  // 0 or 1
  long window;  // newest keys that a query sees where causal; 0 for all
} ck_attention_geometry;

typedef struct {
  const float *queries;  // [query_count] rows, query_stride apart
  long query_stride, query_count;
  const float *_Nullable prefix_keys;  // [prefix_count] rows, key_stride apart
  const float *_Nullable prefix_values;
  long prefix_count;
  const float *keys;  // [key_count] rows, key_stride apart
  const float *values;
  long key_count, key_stride, value_stride;
} ck_attention_inputs;

void ck_attention_forward(const ck_attention_geometry *geometry, const ck_attention_inputs *inputs,
                          float *output, long output_stride, float *_Nullable probabilities);
void ck_attention_backward(const ck_attention_geometry *geometry,
                           const ck_attention_inputs *inputs, const float *probabilities,
                           const float *gradient_output, long output_stride,
                           float *gradient_queries, float *_Nullable gradient_prefix_keys,
                           float *_Nullable gradient_prefix_values, float *gradient_keys,
                           float *gradient_values);

// team.c: threads that share one product or one attention, for work that is too short to wake a
// thread for. One caller at a time; results have the bytes of the functions without a team.
typedef struct ck_team ck_team;
typedef void (*ck_team_work)(void *_Nullable context, long worker, long workers);

ck_team *ck_team_create(long workers);
void ck_team_destroy(ck_team *team);
// Runs `work` once on every worker, the caller being worker 0, and returns when all have finished.
void ck_team_run(ck_team *team, ck_team_work work, void *_Nullable context);
void ck_gemm_fused_team(ck_team *team, ck_gemm_kind kind, const ck_gemm_shape *shape,
                        const ck_gemm_ends *ends, const float *a, const float *packed, float *c);
void ck_attention_forward_team(ck_team *team, const ck_attention_geometry *geometry,
                               const ck_attention_inputs *inputs, float *output,
                               long output_stride);

// optimizer.c
typedef struct {
  float learning_rate, beta1, beta2, epsilon, weight_decay, correction1, correction2,
      gradient_scale;
} ck_adamw_step;

void ck_adamw(const ck_adamw_step *step, float *parameters, const float *gradients,
              float *first_moments, float *second_moments, long count);

#pragma clang assume_nonnull end
