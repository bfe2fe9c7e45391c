#include "peak.h"

#if defined(__x86_64__)

#define ONE(OPERATION, REGISTER, SUM) \
  OPERATION " %%" REGISTER "15, %%" REGISTER "14, %%" REGISTER #SUM "\n"
#define TWELVE(OPERATION, REGISTER)                                                            \
  ONE(OPERATION, REGISTER, 0) ONE(OPERATION, REGISTER, 1) ONE(OPERATION, REGISTER, 2)          \
  ONE(OPERATION, REGISTER, 3) ONE(OPERATION, REGISTER, 4) ONE(OPERATION, REGISTER, 5)          \
  ONE(OPERATION, REGISTER, 6) ONE(OPERATION, REGISTER, 7) ONE(OPERATION, REGISTER, 8)          \
  ONE(OPERATION, REGISTER, 9) ONE(OPERATION, REGISTER, 10) ONE(OPERATION, REGISTER, 11)
// Registers that only AVX-512 has: nothing that the compiler makes of this file uses them.
#define TWELVE_MORE(OPERATION)                                                                 \
  ONE(OPERATION, "zmm", 16) ONE(OPERATION, "zmm", 17) ONE(OPERATION, "zmm", 18)                \
  ONE(OPERATION, "zmm", 19) ONE(OPERATION, "zmm", 20) ONE(OPERATION, "zmm", 21)                \
  ONE(OPERATION, "zmm", 22) ONE(OPERATION, "zmm", 23) ONE(OPERATION, "zmm", 24)                \
  ONE(OPERATION, "zmm", 25) ONE(OPERATION, "zmm", 26) ONE(OPERATION, "zmm", 27)
#define LOOP(OPERATIONS)                                                                       \
  for (long round = 0; round < rounds; round++)                                                \
  __asm__ volatile(OPERATIONS::                                                                \
                       : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",       \
                         "xmm8", "xmm9", "xmm10", "xmm11")

// As many sums as registers allow: with 12, the fifth generation of EPYC ran its bf16 products 5 to 7 %
// below what 24 reach, and single precision alike.
double peak_run(peak_kind kind, long rounds) {
  switch (kind) {
    case PEAK_AVX512:
      if (!__builtin_cpu_supports("avx512f")) return 0;
      LOOP(TWELVE("vfmadd231ps", "zmm") TWELVE_MORE("vfmadd231ps"));
      return 24.0 * 32.0 * (double)rounds;
    case PEAK_AVX2:
      if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 0;
      LOOP(TWELVE("vfmadd231ps", "ymm"));
      return 12.0 * 16.0 * (double)rounds;
    case PEAK_BF16:
      if (!__builtin_cpu_supports("avx512bf16")) return 0;
      LOOP(TWELVE("vdpbf16ps", "zmm") TWELVE_MORE("vdpbf16ps"));
      return 24.0 * 64.0 * (double)rounds;
  }
  return 0;
}

#else

double peak_run(peak_kind kind, long rounds) { return 0; }

#endif
