// SPDX-License-Identifier: Apache-2.0
// Whether the AVX2 loops may run: the processor has them, and no test has switched them off.
//
// Invariant: the answer may change between two rows of an image without a change of a byte.
// Start at sl_fast_loops_allowed().
#include "image/fast_loops.h"

#include <stdatomic.h>

static atomic_int is_forbidden;

void sl_fast_loops_forbid(int forbidden) { atomic_store(&is_forbidden, forbidden); }

int sl_fast_loops_allowed(void) {
#if SL_HAS_AVX2
  if (atomic_load(&is_forbidden)) return 0;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return 0;
#endif
}
