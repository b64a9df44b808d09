// SPDX-License-Identifier: Apache-2.0
// Batched runs of a model over many samples: decoding, preprocessing and inference overlap on all
// processors.
//
// Invariants: every row reaches the sink exactly once, with scores or with an error; memory does
// not grow with the number of rows; the scores of a row do not depend on the other rows of its
// batch beyond the tolerance in README.md.
#ifndef SL_MODEL_RUNNER_H
#define SL_MODEL_RUNNER_H

#include <stdatomic.h>

#include "model/contract.h"

// Where rows come from. fetch() is called from several threads, `worker` in [0, threads): what it
// gives must stay until the same worker's next fetch. A failure is that row's error, not the run's,
// except SL_E_CANCELLED and SL_E_BUG.
typedef struct sl_run_source {
  int64_t count;  // rows are [0, count)
  sl_status (*fetch)(void *ctx, int worker, int64_t row, sl_input *out, sl_error *err);
  void *ctx;
} sl_run_source;

// One finished stretch of rows [first, first + count). scores is [count x columns], what the model
// gave as float32, NaN in rows that failed; status[i] is SL_OK or what failed, reason[i] the
// message (NULL when ok).
typedef struct sl_run_block {
  int64_t first, count, columns;
  const float *scores;
  const sl_status *status;
  const char *const *reason;
} sl_run_block;

// Called from worker threads, one at a time, in no particular order. Everything is borrowed. A
// failure ends the run.
typedef struct sl_run_sink {
  sl_status (*take)(void *ctx, const sl_run_block *block, sl_error *err);
  void *ctx;
} sl_run_sink;

typedef struct sl_run_options {
  sl_provider provider;
  int32_t threads;                                           // 0 = all processors
  int64_t batch;                                             // 0 = by measurement on the first rows
  size_t memory_max;                                         // of batches in flight; 0 = 1 GiB
  const atomic_int *cancel;                                  // may be NULL
  void (*progress)(void *ctx, int64_t done, int64_t total);  // may be NULL; any thread, one a time
  void *progress_ctx;
} sl_run_options;

typedef struct sl_run_stats {
  int64_t batch;
  int32_t workers, intra_threads;
  sl_provider provider;
  double seconds, tuning_seconds, samples_per_s;
  int64_t scored, failed;
} sl_run_stats;

// A model, a prep and sessions that can be run again and again.
typedef struct sl_runner sl_runner;
SL_MUST_CHECK sl_status sl_runner_new(const sl_model *model, const sl_run_options *options,
                                      sl_runner **out, sl_error *err);
void sl_runner_free(sl_runner *runner);  // NULL is allowed

// Runs all rows of the source. SL_E_CANCELLED when stopped: what the sink took stands.
SL_MUST_CHECK sl_status sl_runner_run(sl_runner *runner, const sl_prep *prep,
                                      const sl_run_source *source, const sl_run_sink *sink,
                                      sl_run_stats *stats, sl_error *err);

#endif
