#include "common.h"

// What the bf16 product does to its operands, for CPUs that lack the instruction.
VECTORISED void ck_round_to_bf16(const float *x, long x_stride, float *y, long y_stride, long rows,
                                 long width) {
  for (long r = 0; r < rows; r++) {
    INDEPENDENT for (long i = 0; i < width; i++) {
      union {
        float f;
        uint32_t u;
      } bits = {x[r * x_stride + i]};
      const uint32_t magnitude = bits.u & 0x7FFFFFFFu;
      const uint32_t rounded = (bits.u + 0x7FFFu + (bits.u >> 16 & 1u)) & 0xFFFF0000u;
      // What is not a number stays so: rounding could carry it to infinity.
      const uint32_t quiet = (bits.u | 0x00400000u) & 0xFFFF0000u;
      bits.u = magnitude > 0x7F800000u  ? quiet
               : magnitude < 0x00800000u ? bits.u & 0x80000000u
                                         : rounded;
      y[r * y_stride + i] = bits.f;
    }
  }
}
