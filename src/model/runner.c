// SPDX-License-Identifier: Apache-2.0
// The evaluation engine: workers that each claim a stretch of rows, prepare it into their own batch
// tensor, run the model and hand the scores over.
//
// Invariant: rows are claimed in order from one counter and a claimed stretch is always delivered
// or the run fails, so no row is lost or given twice. With every processor running its own single-
// threaded session, decoding and inference overlap without queues. Start at sl_runner_run().
#include "model/runner.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/thread.h"
#include "model/runner_state.h"

enum { REASON_BYTES_MAX = 512 };

typedef struct run_state {
  sl_runner *runner;
  const sl_prep *prep;
  const sl_run_source *source;
  const sl_run_sink *sink;
  int64_t columns;
  size_t row_bytes;
  pthread_mutex_t lock;  // guards the sink, progress, the runner's trials and the counters below
  int64_t next, done, failed;
  atomic_int stopped;   // somebody failed or cancelled: claim nothing more
  atomic_int finished;  // workers that have ended
} run_state;

// ---- sessions
// ------------------------------------------------------------------------------------

static int is_gpu(sl_provider provider) { return provider != SL_PROVIDER_CPU; }

sl_status sl_runner_new(const sl_model *model, const sl_run_options *options, sl_runner **out,
                        sl_error *err) {
  sl_runner *r = sl_heap_alloc_zero(1, sizeof *r);
  if (r == NULL) return sl_fail(err, SL_E_MEMORY, "cannot allocate a runner");
  r->model = model;
  r->options = *options;
  r->threads = options->threads > 0 ? options->threads : sl_cpu_count();
  pthread_mutex_init(&r->gate, NULL);
  sl_status status = sl_model_session(model, options->provider, 1, &r->session, err);
  if (status != SL_OK) {
    sl_runner_free(r);
    return status;
  }
  r->gated = is_gpu(sl_session_provider(r->session));
  r->intra_threads = 1;
  r->workers = r->gated && r->threads < 2 ? 2 : r->threads;
  r->batch = model->input.batch > 0 ? model->input.batch : options->batch;
  *out = r;
  return SL_OK;
}

void sl_runner_free(sl_runner *runner) {
  if (runner == NULL) return;
  sl_session_close(runner->session);
  pthread_mutex_destroy(&runner->gate);
  sl_heap_free(runner);
}

// ---- one batch
// -----------------------------------------------------------------------------------

sl_status sl_runner_tensor(const sl_runner *runner, const sl_prep *prep, int64_t batch,
                           sl_tensor *out, sl_error *err) {
  sl_shape row, shape;
  sl_dtype dtype;
  sl_prep_row(prep, &row, &dtype, NULL);
  sl_prep_shape(runner->model, &row, batch, &shape);
  SL_TRY(sl_tensor_new(dtype, &shape, out, err));
  memset(out->data, 0, out->buffer->size);
  return SL_OK;
}

static void copy_scores(const sl_tensor *from, int64_t count, float *to) {
  if (from->dtype == SL_DTYPE_F32) {
    memcpy(to, from->data, (size_t)count * sizeof *to);
    return;
  }
  for (int64_t i = 0; i < count; i++)
    to[i] = (float)sl_dtype_load(from->dtype, from->data, (size_t)i);
}

static sl_status read_scores(const sl_runner *r, const sl_tensor *output, int64_t batch,
                             int64_t rows, float *scores, int64_t room, int64_t *columns,
                             sl_error *err) {
  int64_t count = output->dtype != SL_DTYPE_NONE ? sl_shape_count(&output->shape) : 0;
  *columns = count / batch;
  if (*columns > 0 && count % batch == 0 && *columns * rows <= room) {
    copy_scores(output, *columns * rows, scores);
    return SL_OK;
  }
  sl_arena *scratch = sl_arena_new(NULL, "shape text");
  sl_status status =
      sl_fail(err, SL_E_MODEL, "model \"%s\" gave an output of the shape %s for a batch of %lld",
              r->model->name, sl_shape_text(scratch, &output->shape), (long long)batch);
  sl_arena_free(scratch);
  return status;
}

sl_status sl_runner_infer(sl_runner *runner, const sl_tensor *input, int64_t rows, float *scores,
                          int64_t room, int64_t *columns, sl_error *err) {
  sl_tensor part = *input;
  if (runner->model->input.batch == 0) part.shape.dims[0] = rows;
  sl_tensor outputs[32];
  if (sl_session_output_count(runner->session) > 32)
    return sl_fail(err, SL_E_UNSUPPORTED, "model \"%s\" has more than 32 outputs",
                   runner->model->name);
  if (runner->gated) pthread_mutex_lock(&runner->gate);
  sl_status status = sl_session_run(runner->session, &part, outputs, err);
  if (runner->gated) pthread_mutex_unlock(&runner->gate);
  if (status != SL_OK) return status;
  status = read_scores(runner, &outputs[runner->model->output.index], part.shape.dims[0], rows,
                       scores, room, columns, err);
  for (size_t i = 0; i < sl_session_output_count(runner->session); i++)
    sl_tensor_release(&outputs[i]);
  return status;
}

// ---- one worker
// ----------------------------------------------------------------------------------

typedef struct worker {
  run_state *run;
  int index;
  sl_tensor input;
  sl_buffer *score_buffer;
  float *scores;
  sl_status *status;
  const char **reason;
  sl_arena *arena, *reasons;
  int64_t run_ns;  // of the last run of the model
} worker;

static sl_status start_worker(worker *w, sl_error *err) {
  const run_state *run = w->run;
  int64_t batch = run->runner->trials.most;
  w->arena = sl_arena_new(NULL, "worker");
  w->reasons = sl_arena_new(w->arena, "reasons");
  w->status = SL_NEW_ARRAY(w->arena, sl_status, batch);
  w->reason = SL_NEW_ARRAY(w->arena, const char *, batch);
  SL_TRY(sl_buffer_new((size_t)(batch * run->columns) * sizeof(float), &w->score_buffer, err));
  w->scores = (float *)(void *)w->score_buffer->bytes;
  return sl_runner_tensor(run->runner, run->prep, batch, &w->input, err);
}

static void end_worker(worker *w) {
  sl_tensor_release(&w->input);
  sl_buffer_release(w->score_buffer);
  sl_arena_free(w->arena);
}

// Takes the next stretch of rows; stretches shrink towards the end so that workers end together.
static int64_t claim(run_state *run, int64_t *first) {
  pthread_mutex_lock(&run->lock);
  int64_t left = run->source->count - run->next, count = 0;
  if (left > 0) {
    int64_t fair = (left + 2 * run->runner->workers - 1) / (2 * run->runner->workers);
    count = sl_runner_next_batch(run->runner);
    if (fair < count) count = fair;
  }
  *first = run->next;
  run->next += count;
  pthread_mutex_unlock(&run->lock);
  return count;
}

static int must_stop(const run_state *run) {
  const atomic_int *cancel = run->runner->options.cancel;
  return atomic_load(&run->stopped) || (cancel != NULL && atomic_load(cancel));
}

static sl_status prepare_row(worker *w, int64_t row, int64_t slot, sl_error *err) {
  const run_state *run = w->run;
  sl_error why = {0};
  sl_input input = {0};
  sl_status status = run->source->fetch(run->source->ctx, w->index, row, &input, &why);
  if (status == SL_E_CANCELLED || status == SL_E_BUG) {
    if (err != NULL) *err = why;
    return status;
  }
  if (status == SL_OK)
    status = sl_prep_run(run->prep, &input,
                         (uint8_t *)w->input.data + (size_t)slot * run->row_bytes, &why);
  w->status[slot] = status;
  w->reason[slot] = NULL;
  if (status != SL_OK)
    w->reason[slot] = sl_arena_printf(w->reasons, "%.*s", REASON_BYTES_MAX, sl_error_message(&why));
  return SL_OK;
}

static sl_status run_rows(worker *w, int64_t count, sl_error *err) {
  const run_state *run = w->run;
  int64_t good = 0, columns = run->columns;
  for (int64_t i = 0; i < count; i++) good += w->status[i] == SL_OK;
  int64_t began = sl_clock_ns();
  if (good > 0)
    SL_TRY(sl_runner_infer(run->runner, &w->input, count, w->scores, count * run->columns, &columns,
                           err));
  w->run_ns = good > 0 ? sl_clock_ns() - began : INT64_MAX;
  if (columns != run->columns)
    return sl_fail(err, SL_E_MODEL, "model \"%s\" gave %lld numbers per sample, then %lld",
                   run->runner->model->name, (long long)run->columns, (long long)columns);
  for (int64_t i = 0; i < count; i++)
    for (int64_t c = 0; c < columns && w->status[i] != SL_OK; c++) w->scores[i * columns + c] = NAN;
  return SL_OK;
}

static sl_status hand_over(worker *w, int64_t first, int64_t count, sl_error *err) {
  run_state *run = w->run;
  const sl_run_options *options = &run->runner->options;
  sl_run_block block = {.first = first,
                        .count = count,
                        .columns = run->columns,
                        .scores = w->scores,
                        .status = w->status,
                        .reason = w->reason};
  pthread_mutex_lock(&run->lock);
  sl_status status = run->sink->take(run->sink->ctx, &block, err);
  run->done += count;
  sl_runner_note(run->runner, count, w->run_ns);
  for (int64_t i = 0; i < count; i++) run->failed += w->status[i] != SL_OK;
  if (options->progress != NULL)
    options->progress(options->progress_ctx, run->done, run->source->count);
  pthread_mutex_unlock(&run->lock);
  return status;
}

static sl_status work_through(worker *w, sl_error *err) {
  int64_t first = 0, count;
  SL_TRY(start_worker(w, err));
  while ((count = claim(w->run, &first)) > 0) {
    sl_arena_reset(w->reasons);
    for (int64_t i = 0; i < count; i++) {
      if (must_stop(w->run)) return sl_fail(err, SL_E_CANCELLED, "the run was stopped");
      SL_TRY(prepare_row(w, first + i, i, err));
    }
    SL_TRY(run_rows(w, count, err));
    SL_TRY(hand_over(w, first, count, err));
  }
  return SL_OK;
}

// The item after the last worker: turns a request to cancel into the end of runs in flight.
static void watch(run_state *run) {
  const struct timespec pause = {.tv_nsec = 20000000};
  while (atomic_load(&run->finished) < run->runner->workers) {
    if (must_stop(run)) sl_session_stop(run->runner->session);
    nanosleep(&pause, NULL);
  }
}

static sl_status worker_item(void *ctx, int thread, int64_t item, sl_error *err) {
  (void)thread;
  run_state *run = ctx;
  if (item == run->runner->workers) {
    watch(run);
    return SL_OK;
  }
  worker w = {.run = run, .index = (int)item};
  sl_status status = work_through(&w, err);
  end_worker(&w);
  if (status != SL_OK) atomic_store(&run->stopped, 1);
  atomic_fetch_add(&run->finished, 1);
  return status;
}

// ---- the run
// -------------------------------------------------------------------------------------

// One row through the model, to learn how many numbers it gives.
static sl_status find_columns(sl_runner *r, const sl_prep *prep, int64_t *columns, sl_error *err) {
  enum { ROOM = 1 << 22 };
  *columns = r->model->output.columns;
  if (*columns > 0) return SL_OK;
  int64_t batch = r->model->input.batch > 0 ? r->model->input.batch : 1;
  sl_tensor input = {0};
  sl_buffer *scores = NULL;
  sl_status status = sl_buffer_new(ROOM * sizeof(float), &scores, err);
  if (status == SL_OK) status = sl_runner_tensor(r, prep, batch, &input, err);
  if (status == SL_OK)
    status = sl_runner_infer(r, &input, 1, (float *)(void *)scores->bytes, ROOM, columns, err);
  sl_tensor_release(&input);
  sl_buffer_release(scores);
  return status;
}

static sl_status run_workers(run_state *run, sl_error *err) {
  int items = run->runner->workers + (run->runner->options.cancel != NULL);
  sl_session_resume(run->runner->session);
  sl_status status = sl_parallel(items, items, worker_item, run, NULL, err);
  const atomic_int *cancel = run->runner->options.cancel;
  if (status != SL_OK && cancel != NULL && atomic_load(cancel))
    return sl_fail(err, SL_E_CANCELLED, "the run was stopped after %lld of %lld samples",
                   (long long)run->done, (long long)run->source->count);
  return status;
}

sl_status sl_runner_run(sl_runner *runner, const sl_prep *prep, const sl_run_source *source,
                        const sl_run_sink *sink, sl_run_stats *stats, sl_error *err) {
  int64_t began = sl_clock_ns();
  run_state run = {.runner = runner, .prep = prep, .source = source, .sink = sink};
  *stats = (sl_run_stats){.provider = sl_session_provider(runner->session)};
  if (source->count == 0) return SL_OK;
  SL_TRY(find_columns(runner, prep, &run.columns, err));
  SL_TRY(sl_runner_tune(runner, prep, source->count, run.columns, err));
  int64_t tuned = sl_clock_ns();
  sl_prep_row(prep, NULL, NULL, &run.row_bytes);
  pthread_mutex_init(&run.lock, NULL);
  sl_status status = run_workers(&run, err);
  pthread_mutex_destroy(&run.lock);
  int64_t ended = sl_clock_ns();
  stats->batch = runner->batch > 0 ? runner->batch : runner->trials.batch[0];
  stats->workers = runner->workers;
  stats->intra_threads = runner->intra_threads;
  stats->seconds = (double)(ended - began) * 1e-9;
  stats->tuning_seconds = (double)(tuned - began) * 1e-9;
  stats->failed = run.failed;
  stats->scored = run.done - run.failed;
  stats->samples_per_s = stats->seconds > 0 ? (double)run.done / stats->seconds : 0;
  return status;
}
