// SPDX-License-Identifier: Apache-2.0
// The inside of an sl_runner, shared by runner.c and runner_tune.c only.
#ifndef SL_MODEL_RUNNER_STATE_H
#define SL_MODEL_RUNNER_STATE_H

#include <pthread.h>

#include "model/contract_state.h"
#include "model/runner.h"

enum { SL_TRIALS_MAX = 10, SL_TRIAL_RUNS = 2, SL_BATCH_CPU_MAX = 64, SL_BATCH_MAX = 256 };

// Batch sizes that are being tried on the first rows of a run; guarded by the run's lock.
typedef struct sl_runner_trials {
  int64_t batch[SL_TRIALS_MAX];
  int64_t row_ns[SL_TRIALS_MAX];  // time per row in the best run so far
  int count;
  int64_t claimed;  // stretches given out
  int64_t most;     // largest batch there will be
} sl_runner_trials;

struct sl_runner {
  const sl_model *model;
  sl_run_options options;
  sl_session *session;
  int32_t threads;        // processors to use
  int32_t workers;        // threads that prepare and run
  int32_t intra_threads;  // inside one run
  int gated;              // one run at a time: a GPU, or a session that uses all processors
  pthread_mutex_t gate;
  int64_t batch;  // 0 until it is known
  sl_runner_trials trials;
};

// Input tensor for `batch` rows of the prep, zeroed.
SL_MUST_CHECK sl_status sl_runner_tensor(const sl_runner *runner, const sl_prep *prep,
                                         int64_t batch, sl_tensor *out, sl_error *err);

// Runs `rows` rows of `input` (whose batch axis is replaced by them unless it is fixed) and writes
// the model's numbers as float32, [rows x *columns]; `scores` has room for `room` numbers.
SL_MUST_CHECK sl_status sl_runner_infer(sl_runner *runner, const sl_tensor *input, int64_t rows,
                                        float *scores, int64_t room, int64_t *columns,
                                        sl_error *err);

// Settles how processors are shared and which batch sizes to try; `count` rows will follow.
SL_MUST_CHECK sl_status sl_runner_tune(sl_runner *runner, const sl_prep *prep, int64_t count,
                                       int64_t columns, sl_error *err);
// Size of the next stretch; the caller holds the run's lock, here and below.
int64_t sl_runner_next_batch(sl_runner *runner);
// Tells how long the model took for `rows` rows.
void sl_runner_note(sl_runner *runner, int64_t rows, int64_t elapsed_ns);

#endif
