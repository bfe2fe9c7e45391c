#pragma once

// Multiply-adds in registers alone, on 12 independent sums or more: the most that a product can reach.
typedef enum { PEAK_AVX512, PEAK_AVX2, PEAK_BF16 } peak_kind;

// Operations (a multiply-add is two) of `rounds` rounds; 0 where this processor lacks the
// instruction, and nothing is run.
double peak_run(peak_kind kind, long rounds);
