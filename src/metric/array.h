// SPDX-License-Identifier: Apache-2.0
// Zeroed arrays whose length comes from the input; private to src/metric.
//
// Invariant: a length of zero gives a valid pointer, so that callers need no special case.
#ifndef SL_METRIC_ARRAY_H
#define SL_METRIC_ARRAY_H

#include <stdint.h>

#include "base/arena.h"

// SL_ARRAY(arena, count, at, err): `at` becomes an array of `count` elements of its own type, or
// the status says why not (SL_E_LIMIT, SL_E_MEMORY).
#define SL_ARRAY(arena, count, at, err) \
  sl_array_push((arena), (int64_t)(count), sizeof *(at), (void **)&(at), (err))

static inline sl_status sl_array_push(sl_arena *arena, int64_t count, size_t size, void **out,
                                      sl_error *err) {
  size_t n = count > 0 ? (size_t)count : 1;
  return sl_arena_try_push(arena, n, size, SIZE_MAX / 2, "arrays of an evaluation", out, err);
}

#endif
