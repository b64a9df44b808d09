// SPDX-License-Identifier: Apache-2.0
// Choosing the batch size, and whether every processor runs its own session or all share one.
//
// The choice is by measurement on the first real rows, in a few per cent of the time the whole run
// is expected to take; short runs take the defaults.
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "model/runner_state.h"

enum { BATCH_DEFAULT = 4, SAMPLE_ROWS = 8 };

static const int64_t batches[] = {1, 2, 4, 8, 16, 32, 64};
enum { BATCH_COUNT = sizeof batches / sizeof batches[0] };

typedef struct trial {
  sl_runner *runner;
  const sl_prep *prep;
  const sl_run_source *source;
  const sl_tensor *sample;  // SAMPLE_ROWS prepared rows
  int64_t columns, batch, slice_ns;
  atomic_llong rows, elapsed_ns;
} trial;

static int64_t memory_batch(const sl_runner *r, const sl_prep *prep, int64_t columns) {
  size_t row;
  sl_prep_row(prep, NULL, NULL, &row);
  size_t most = r->options.memory_max > 0 ? r->options.memory_max : (size_t)1 << 30;
  size_t each = (row + (size_t)columns * sizeof(float)) * (size_t)r->workers;
  return most / each > 0 ? (int64_t)(most / each) : 1;
}

// Repeats the sample rows to a whole batch.
static void fill(const trial *t, sl_tensor *input) {
  size_t row;
  sl_prep_row(t->prep, NULL, NULL, &row);
  for (int64_t i = 0; i < t->batch; i++)
    memcpy((uint8_t *)input->data + (size_t)i * row,
           (const uint8_t *)t->sample->data + (size_t)(i % SAMPLE_ROWS) * row, row);
}

static sl_status run_slice(trial *t, const sl_tensor *input, float *scores, sl_error *err) {
  int64_t columns, rows = 0, room = t->batch * t->columns;
  SL_TRY(sl_runner_infer(t->runner, input, t->batch, scores, room, &columns, err));
  int64_t began = sl_clock_ns(), now = began;
  for (; now - began < t->slice_ns; now = sl_clock_ns(), rows += t->batch)
    SL_TRY(sl_runner_infer(t->runner, input, t->batch, scores, room, &columns, err));
  atomic_fetch_add(&t->rows, rows);
  atomic_fetch_add(&t->elapsed_ns, now - began);
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
  if (status == SL_OK) {
    fill(t, &input);
    status = run_slice(t, &input, (float *)(void *)scores->bytes, err);
  }
  sl_tensor_release(&input);
  sl_buffer_release(scores);
  return status;
}

// Samples per second of all workers together at one batch size.
static sl_status measure(trial *t, int64_t batch, double *rate, sl_error *err) {
  int at_once = t->runner->gated ? 1 : t->runner->workers;
  t->batch = batch;
  atomic_store(&t->rows, 0);
  atomic_store(&t->elapsed_ns, 0);
  SL_TRY(sl_parallel(at_once, at_once, run_one, t, t->runner->options.cancel, err));
  double seconds = (double)atomic_load(&t->elapsed_ns) * 1e-9 / at_once;
  *rate = seconds > 0 ? (double)atomic_load(&t->rows) / seconds : 0;
  return SL_OK;
}

// A larger batch must win clearly: it costs memory and makes the end of the run uneven.
static sl_status try_batches(trial *t, int64_t most, double first_rate, sl_error *err) {
  double best = first_rate;
  t->runner->batch = 1;
  for (int i = 1; i < BATCH_COUNT && batches[i] <= most; i++) {
    double rate;
    SL_TRY(measure(t, batches[i], &rate, err));
    if (rate > 1.02 * best) {
      best = rate;
      t->runner->batch = batches[i];
    } else if (rate < 0.85 * best) {
      break;
    }
  }
  return SL_OK;
}

// For long runs on many processors: one session that uses all of them, against one each.
static sl_status try_shared(trial *t, double best, sl_error *err) {
  sl_runner *r = t->runner;
  sl_session *own = r->session, *shared;
  SL_TRY(sl_model_session(r->model, SL_PROVIDER_CPU, r->threads, &shared, err));
  r->session = shared;
  r->gated = 1;
  r->intra_threads = r->threads;
  double rate = 0;
  sl_status status = measure(t, r->batch, &rate, err);
  if (status == SL_OK && rate > 1.05 * best) {
    sl_session_close(own);
    return SL_OK;
  }
  sl_session_close(shared);
  r->session = own;
  r->gated = 0;
  r->intra_threads = 1;
  return status;
}

static sl_status tune(trial *t, int64_t most, sl_error *err) {
  enum { SHARED_FROM_S = 30 };
  sl_runner *r = t->runner;
  double rate, best;
  t->slice_ns = 5000000;
  SL_TRY(measure(t, 1, &rate, err));
  double expected_s = rate > 0 ? (double)t->source->count / rate : 1e9;
  double slice_s = expected_s * 0.004;
  slice_s = slice_s < 0.01 ? 0.01 : slice_s > 0.2 ? 0.2 : slice_s;
  t->slice_ns = (int64_t)(slice_s * 1e9);
  if (expected_s < 1) {
    r->batch = most < BATCH_DEFAULT ? most : BATCH_DEFAULT;
    return SL_OK;
  }
  SL_TRY(measure(t, 1, &rate, err));
  SL_TRY(try_batches(t, most, rate, err));
  if (r->gated || r->threads < 4 || expected_s < SHARED_FROM_S) return SL_OK;
  SL_TRY(measure(t, r->batch, &best, err));
  return try_shared(t, best, err);
}

// The first rows that can be prepared; rows that fail leave zeros, which run as fast.
static sl_status prepare_sample(trial *t, sl_tensor *sample, sl_error *err) {
  size_t row;
  sl_prep_row(t->prep, NULL, NULL, &row);
  SL_TRY(sl_runner_tensor(t->runner, t->prep, SAMPLE_ROWS, sample, err));
  for (int64_t i = 0; i < SAMPLE_ROWS && i < t->source->count; i++) {
    sl_input input = {0};
    sl_error why = {0};
    sl_status status = t->source->fetch(t->source->ctx, 0, i, &input, &why);
    if (status == SL_OK)
      status = sl_prep_run(t->prep, &input, (uint8_t *)sample->data + (size_t)i * row, &why);
    if (status != SL_E_CANCELLED && status != SL_E_BUG) continue;
    if (err != NULL) *err = why;
    return status;
  }
  return SL_OK;
}

sl_status sl_runner_tune(sl_runner *runner, const sl_prep *prep, const sl_run_source *source,
                         int64_t columns, sl_error *err) {
  if (runner->batch > 0) return SL_OK;
  int64_t most = memory_batch(runner, prep, columns);
  if (source->count < 4 * runner->workers) {
    runner->batch = 1;
    return SL_OK;
  }
  trial t = {.runner = runner, .prep = prep, .source = source, .columns = columns};
  sl_tensor sample = {0};
  sl_session_resume(runner->session);
  sl_status status = prepare_sample(&t, &sample, err);
  t.sample = &sample;
  if (status == SL_OK) status = tune(&t, most, err);
  sl_tensor_release(&sample);
  return status;
}
