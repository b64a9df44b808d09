// SPDX-License-Identifier: Apache-2.0
// Hot loops that exist twice; private to src/image.
//
// In plain C, and with AVX2 intrinsics (the *_avx2.c files) where a plain loop was measured to be
// several times slower: GCC 12 widens bytes one by one. Invariant: both give the same bytes; tests
// run both. Start at sl_fast_loops_allowed().
#ifndef SL_IMAGE_FAST_LOOPS_H
#define SL_IMAGE_FAST_LOOPS_H

#if defined(__x86_64__) && defined(__GNUC__)
#define SL_HAS_AVX2 1
#define SL_AVX2 __attribute__((target("avx2,fma")))
#else
#define SL_HAS_AVX2 0
#endif

// Compiled once for AVX2 and once for the baseline; the loader picks.
#if SL_HAS_AVX2 && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
#define SL_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SL_CLONES
#endif

#define SL_INLINE static inline __attribute__((always_inline))

// Before a short loop over registers.
#define SL_UNROLL _Pragma("GCC unroll 8")

// 1 when the AVX2 loops may run here.
int sl_fast_loops_allowed(void);
// Test hook: 1 makes every thread use the plain loops.
void sl_fast_loops_forbid(int forbidden);

#endif
