// SPDX-License-Identifier: Apache-2.0
// Choosing the batch size, and whether every processor runs its own session or all share one.
//
// Batch sizes are tried on the real rows while the run goes on, so that nothing is computed twice:
// early stretches are claimed in several sizes, and the size with the least time per row in its
// best run wins. Only the choice between own and shared sessions costs extra runs, and only long
// runs make it. Start at sl_runner_tune().
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "model/runner_state.h"

enum {
  TARGET_RUN_NS = 2000000,  // a run this long hides the cost of starting it
  STRETCH_NS = 30000,       // about what claiming and handing over a stretch costs besides
  SHARED_FROM_S = 30,       // shorter runs do not pay for opening a second session
  SHARED_BATCH = 16,
  SHARED_SLICE_NS = 300000000,
  TRIAL_SHARE = 20  // at most one row in so many is spent on a batch size that may be slow
};

static int64_t memory_batch(const sl_runner *r, const sl_prep *prep, int64_t columns) {
  size_t row;
  sl_prep_row(prep, NULL, NULL, &row);
  size_t most = r->options.memory_max > 0 ? r->options.memory_max : (size_t)1 << 30;
  size_t each = (row + (size_t)columns * sizeof(float)) * (size_t)r->workers;
  return most / each > 0 ? (int64_t)(most / each) : 1;
}

// ---- runs on a made-up batch
// ---------------------------------------------------------------------

typedef struct trial {
  sl_runner *runner;
  const sl_prep *prep;
  int64_t columns, batch, slice_ns;
  atomic_llong rows, best_ns;  // rows run; shortest run
} trial;

static sl_status run_slice(trial *t, const sl_tensor *input, float *scores, sl_error *err) {
  int64_t columns, room = t->batch * t->columns;
  SL_TRY(sl_runner_infer(t->runner, input, t->batch, scores, room, &columns, err));
  int64_t began = sl_clock_ns(), now = began, before;
  do {
    before = now;
    SL_TRY(sl_runner_infer(t->runner, input, t->batch, scores, room, &columns, err));
    now = sl_clock_ns();
    if (now - before < atomic_load(&t->best_ns)) atomic_store(&t->best_ns, now - before);
    atomic_fetch_add(&t->rows, t->batch);
  } while (now - began < t->slice_ns);
  return SL_OK;
}

static sl_status run_one(void *ctx, int worker, int64_t item, sl_error *err) {
  (void)worker, (void)item;
  trial *t = ctx;
  sl_tensor input = {0};
  sl_buffer *scores = NULL;
  sl_status status = sl_runner_tensor(t->runner, t->prep, t->batch, &input, err);
  if (status == SL_OK)
    status = sl_buffer_new((size_t)(t->batch * t->columns) * sizeof(float), &scores, err);
  if (status == SL_OK) status = run_slice(t, &input, (float *)(void *)scores->bytes, err);
  sl_tensor_release(&input);
  sl_buffer_release(scores);
  return status;
}

static sl_status run_trial(trial *t, int at_once, int64_t batch, int64_t slice_ns, sl_error *err) {
  t->batch = batch;
  t->slice_ns = slice_ns;
  atomic_store(&t->rows, 0);
  atomic_store(&t->best_ns, INT64_MAX);
  return sl_parallel(at_once, at_once, run_one, t, t->runner->options.cancel, err);
}

// Rows per second of all processors together.
static sl_status measure(trial *t, int64_t batch, double *rate, sl_error *err) {
  int at_once = t->runner->gated ? 1 : t->runner->workers;
  int64_t began = sl_clock_ns();
  SL_TRY(run_trial(t, at_once, batch, SHARED_SLICE_NS, err));
  *rate = (double)atomic_load(&t->rows) / ((double)(sl_clock_ns() - began) * 1e-9);
  return SL_OK;
}

// One session that uses all processors, against one each.
static sl_status try_shared(trial *t, int64_t own_batch, sl_error *err) {
  sl_runner *r = t->runner;
  sl_session *own = r->session, *shared;
  double own_rate, rate = 0;
  SL_TRY(measure(t, own_batch, &own_rate, err));
  SL_TRY(sl_model_session(r->model, SL_PROVIDER_CPU, r->threads, &shared, err));
  r->session = shared;
  r->gated = 1;
  r->intra_threads = r->threads;
  sl_status status = measure(t, SHARED_BATCH, &rate, err);
  if (status == SL_OK && rate > 1.05 * own_rate) {
    sl_session_close(own);
    return SL_OK;
  }
  sl_session_close(shared);
  r->session = own;
  r->gated = 0;
  r->intra_threads = 1;
  return status;
}

// ---- batch sizes
// ---------------------------------------------------------------------------------

static int64_t power_of_two(double number, int64_t most) {
  int64_t power = 1;
  while (2 * power <= number && 2 * power <= most) power *= 2;
  return power;
}

static void plan_trials(sl_runner *r, int64_t first_guess, int64_t most, int64_t count) {
  sl_runner_trials *trials = &r->trials;
  *trials = (sl_runner_trials){.batch[0] = first_guess, .count = 1, .most = first_guess};
  for (int64_t batch = 1; batch <= most; batch *= 2) {
    int64_t rows = batch * r->workers * SL_TRIAL_RUNS;
    if (batch == first_guess || rows * TRIAL_SHARE > count) continue;
    trials->batch[trials->count++] = batch;
    if (batch > trials->most) trials->most = batch;
  }
  for (int i = 0; i < trials->count; i++) trials->row_ns[i] = INT64_MAX;
}

sl_status sl_runner_tune(sl_runner *runner, const sl_prep *prep, int64_t count, int64_t columns,
                         sl_error *err) {
  runner->trials = (sl_runner_trials){.most = runner->batch};
  if (runner->batch > 0) return SL_OK;
  trial t = {.runner = runner, .prep = prep, .columns = columns};
  sl_session_resume(runner->session);
  SL_TRY(run_trial(&t, 1, 1, 0, err));
  double single_ns = (double)atomic_load(&t.best_ns);
  int64_t most = memory_batch(runner, prep, columns);
  int64_t cap = runner->gated ? SL_BATCH_MAX : SL_BATCH_CPU_MAX;
  if (most > cap) most = cap;
  int64_t first_guess = power_of_two(TARGET_RUN_NS / single_ns, most);
  double expected_s = single_ns * 1e-9 * (double)count / runner->workers;
  if (!runner->gated && runner->threads >= 4 && expected_s > SHARED_FROM_S)
    SL_TRY(try_shared(&t, first_guess, err));
  plan_trials(runner, first_guess, most, count);
  return SL_OK;
}

int64_t sl_runner_next_batch(sl_runner *runner) {
  sl_runner_trials *trials = &runner->trials;
  if (runner->batch > 0) return runner->batch;
  int64_t at = trials->claimed++ / (runner->workers * SL_TRIAL_RUNS);
  if (at < trials->count) return trials->batch[at];
  int best = 0;
  for (int i = 1; i < trials->count; i++)
    if ((double)trials->row_ns[i] < 0.95 * (double)trials->row_ns[best]) best = i;
  runner->batch = trials->batch[best];
  return runner->batch;
}

void sl_runner_note(sl_runner *runner, int64_t rows, int64_t elapsed_ns) {
  sl_runner_trials *trials = &runner->trials;
  if (elapsed_ns == INT64_MAX) return;
  int64_t row_ns = (elapsed_ns + STRETCH_NS) / rows;
  for (int i = 0; i < trials->count; i++)
    if (trials->batch[i] == rows && row_ns < trials->row_ns[i]) trials->row_ns[i] = row_ns;
}
