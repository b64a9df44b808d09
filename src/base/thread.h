// SPDX-License-Identifier: Apache-2.0
// Threads: a parallel loop over work items, and the flag that stops it.
#ifndef SL_BASE_THREAD_H
#define SL_BASE_THREAD_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"

int sl_cpu_count(void);  // processors this process may run on (affinity and cgroup quota), >= 1

// Calls `work(ctx, worker, item)` once for every item in [0, count), from `threads` workers
// (0 = sl_cpu_count()); items are claimed in order. The first failure stops the claiming of new
// items; its error is returned. `cancel` (may be NULL) stops the loop with SL_E_CANCELLED. With one
// thread everything runs on the caller's.
typedef sl_status (*sl_work)(void *ctx, int worker, int64_t item, sl_error *err);
SL_MUST_CHECK sl_status sl_parallel(int threads, int64_t count, sl_work work, void *ctx,
                                    const atomic_int *cancel, sl_error *err);

#endif
