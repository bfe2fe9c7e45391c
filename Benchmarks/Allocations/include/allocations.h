#pragma once

// What this process has asked the allocator for so far, on all threads. The target replaces malloc
// and its kin with counting ones, for the program that links it alone.
typedef struct {
  long calls;
  long bytes;
} allocation_count;

allocation_count allocations(void);

// 0 where the C library cannot be counted; the figures are then all 0.
int allocations_counted(void);
