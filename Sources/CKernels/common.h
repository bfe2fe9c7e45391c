#pragma once
#include "include/ckernels.h"

#include <string.h>

// Compiles a function once per instruction-set level and picks the best at load time.
#if defined(__x86_64__) && defined(__linux__)
#define VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VECTORISED
#endif

#define INLINE static inline __attribute__((always_inline))

INLINE long least(long x, long y) { return x < y ? x : y; }

// The iterations of the next loop are independent, also where its buffers coincide.
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

// exp(x) to 2 units in the last place; 0 below -87, saturates above 88. Branch-free, so loops
// around it vectorise: exp(x) = 2^n exp(r) with n = round(x / ln 2) and |r| <= ln 2 / 2.
INLINE float inline_exp(float x) {
  const float rounder = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  float clamped = x < -87.0f ? -87.0f : x;
  clamped = clamped > 88.0f ? 88.0f : clamped;
  float shifted = clamped * 1.44269504f + rounder;
  float n = shifted - rounder;
  float r = clamped - n * 0.693359375f;  // ln 2 in two parts: the first is exact in 12 bits
  r = r + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  union {
    float f;
    uint32_t u;
  } bits = {shifted};
  bits.u = (bits.u - 0x4B400000u + 127u) << 23;
  return x < -87.0f ? 0.0f : p * bits.f;
}

// Sixteen floats anywhere in memory.
typedef float lanes16 __attribute__((ext_vector_type(16), aligned(4)));

// The largest of at least one number. Explicit lanes, because the compiler may not reorder
// comparisons of floats that could be NaN.
INLINE float inline_maximum(const float *x, long count) {
  float largest = x[0];
  if (count < 16) {
    for (long i = 1; i < count; i++) largest = x[i] > largest ? x[i] : largest;
    return largest;
  }
  lanes16 lanes = *(const lanes16 *)x;
  for (long i = 16; i < count; i += 16) {
    // The last block overlaps the one before it.
    lanes16 next = *(const lanes16 *)(x + (i + 16 <= count ? i : count - 16));
    lanes = next > lanes ? next : lanes;
  }
  return __builtin_reduce_max(lanes);
}

// Aligned memory of this thread, at least `count` floats, grown and never shrunk; the previous
// contents are lost. Each slot is one buffer.
enum { SCRATCH_ATTENTION, SCRATCH_PACKED_A, SCRATCH_PACKED_B, SCRATCH_SLOTS };
float *scratch(int slot, long count);

// Ends the process as `ck_on_allocation_failure` says.
_Noreturn void allocation_failed(long bytes);
