// SPDX-License-Identifier: Apache-2.0
// Jobs: slow operations with a record, one at a time on a thread of their own, or on the caller's.
//
// Invariant: a job record in state "running" belongs to a living process; the store turns what a
// dead one left into "interrupted", and "resume" runs its parameters again. Operations resume by
// themselves from what they committed.
#include <slitlamp/slitlamp.h>
#include <string.h>

#include "base/log.h"
#include "op/engine_state.h"
#include "store/job_table.h"

void sl_job_queue_open(sl_job_queue *queue) {
  pthread_mutex_init(&queue->lock, NULL);
  pthread_cond_init(&queue->changed, NULL);
}

static void put_error_json(sl_text *out, const sl_error *err) {
  sl_json_writer w;
  sl_json_begin(&w, out);
  sl_json_open_object(&w);
  sl_json_key(&w, "code");
  sl_json_put_text(&w, sl_status_name((sl_status)err->status));
  sl_json_key(&w, "message");
  sl_json_put_text(&w, sl_error_message(err));
  sl_json_key(&w, "detail");
  sl_json_put_text(&w, sl_error_detail(err));
  sl_json_key(&w, "hint");
  sl_json_put_text(&w, sl_error_hint(err));
  sl_json_key(&w, "context");
  sl_json_put_text(&w, sl_error_context(err));
  sl_json_close_object(&w);
}

static sl_status record_end(sl_engine *engine, int64_t job, sl_status status, const sl_reply *reply,
                            const sl_error *reason, sl_error *err) {
  sl_job_state state = status == SL_OK            ? SL_JOB_DONE
                       : status == SL_E_CANCELLED ? SL_JOB_CANCELLED
                                                  : SL_JOB_FAILED;
  sl_text error = {0};
  if (status != SL_OK) put_error_json(&error, reason);
  sl_status kept =
      sl_store_finish_job(engine->store, job, state, reply != NULL ? reply->json : NULL,
                          status != SL_OK ? error.at : NULL, err);
  sl_event_put(engine, sl_job_state_name(state), job, status != SL_OK ? "error" : NULL, error.at);
  sl_text_free(&error);
  return kept;
}

sl_status sl_job_run(sl_engine *engine, int64_t job, const sl_op *op, const char *params,
                     size_t size, const atomic_int *cancel, sl_reply **out, sl_error *err) {
  *out = NULL;
  sl_error local = {0};
  if (err == NULL) err = &local;
  if (job == 0) {
    sl_arena *scratch = sl_arena_new(NULL, "job");
    const char *text = params != NULL ? sl_arena_copy_bytes(scratch, params, size) : "{}";
    sl_status added = sl_store_add_job(engine->store, op->info.name, text, &job, err);
    sl_arena_free(scratch);
    SL_TRY(added);
  }
  SL_TRY(sl_store_start_job(engine->store, job, err));
  sl_event_put(engine, "running", job, NULL, NULL);
  sl_status status = sl_dispatch(engine, op, params, size, job, cancel, out, err);
  sl_error second = {0};
  sl_status kept = record_end(engine, job, status, *out, err, &second);
  if (kept != SL_OK) sl_log(SL_LOG_WARNING, "cannot record a job: %s", sl_error_message(&second));
  return status;
}

// ---- the worker thread -------------------------------------------------------------------------

static int64_t take_next(sl_job_queue *queue) {
  pthread_mutex_lock(&queue->lock);
  while (queue->count == 0 && !queue->closing) pthread_cond_wait(&queue->changed, &queue->lock);
  int64_t job = queue->closing ? 0 : queue->waiting[0];
  if (job != 0) {
    queue->count--;
    memmove(queue->waiting, queue->waiting + 1, (size_t)queue->count * sizeof queue->waiting[0]);
    queue->running = job;
    atomic_store(&queue->stop_running, 0);
  }
  pthread_mutex_unlock(&queue->lock);
  return job;
}

static void run_queued(sl_engine *engine, int64_t job) {
  sl_arena *scratch = sl_arena_new(NULL, "queued job");
  sl_error err = {0};
  sl_job_row row;
  sl_reply *reply = NULL;
  const sl_op *op = NULL;
  sl_status status = sl_store_get_job(engine->store, scratch, job, &row, &err);
  if (status == SL_OK) status = sl_dispatch_find(row.op, &op, &err);
  if (status == SL_OK)
    status = sl_job_run(engine, job, op, row.params, strlen(row.params), &engine->jobs.stop_running,
                        &reply, &err);
  if (status != SL_OK && status != SL_E_CANCELLED)
    sl_log(SL_LOG_ERROR, "job b%lld failed: %s", (long long)job, sl_error_message(&err));
  sl_reply_free(reply);
  sl_arena_free(scratch);
}

static void *work(void *arg) {
  sl_engine *engine = arg;
  for (int64_t job; (job = take_next(&engine->jobs)) != 0;) {
    run_queued(engine, job);
    pthread_mutex_lock(&engine->jobs.lock);
    engine->jobs.running = 0;
    pthread_mutex_unlock(&engine->jobs.lock);
  }
  return NULL;
}

static sl_status enqueue(sl_engine *engine, int64_t job, sl_error *err) {
  sl_job_queue *queue = &engine->jobs;
  sl_status status = SL_OK;
  pthread_mutex_lock(&queue->lock);
  if (queue->count == SL_JOB_QUEUE)
    status = sl_fail(err, SL_E_LIMIT, "%d jobs are waiting already", SL_JOB_QUEUE);
  else if (!queue->started && pthread_create(&queue->thread, NULL, work, engine) != 0)
    status = sl_fail(err, SL_E_MEMORY, "cannot start the job thread");
  if (status == SL_OK) {
    queue->started = 1;
    queue->waiting[queue->count++] = job;
    pthread_cond_signal(&queue->changed);
  }
  pthread_mutex_unlock(&queue->lock);
  return status;
}

void sl_job_queue_close(sl_engine *engine) {
  sl_job_queue *queue = &engine->jobs;
  pthread_mutex_lock(&queue->lock);
  queue->closing = 1;
  atomic_store(&queue->stop_running, 1);
  pthread_cond_signal(&queue->changed);
  pthread_mutex_unlock(&queue->lock);
  if (queue->started) pthread_join(queue->thread, NULL);
}

static sl_status end_unqueued(sl_engine *engine, int64_t job, sl_status status) {
  sl_error second = {0};
  if (sl_store_finish_job(engine->store, job, SL_JOB_FAILED, NULL, NULL, &second) != SL_OK)
    sl_log(SL_LOG_WARNING, "cannot end job b%lld: %s", (long long)job, sl_error_message(&second));
  sl_event_put(engine, "failed", job, NULL, NULL);
  return status;
}

sl_status sl_job_start(sl_engine *engine, const char *name, const char *params, size_t size,
                       char id[32], sl_error *err) {
  const sl_op *op;
  SL_TRY(sl_dispatch_find(name, &op, err));
  if (engine->read_only)
    return sl_fail(err, SL_E_DENIED, "the workspace is open read-only; it takes no jobs");
  sl_arena *scratch = sl_arena_new(NULL, "job start");
  void *filled;
  int64_t job = 0;
  sl_status status = sl_dispatch_parse(scratch, op, params, size, &filled, err);
  if (status == SL_OK)
    status =
        sl_store_add_job(engine->store, name,
                         size > 0 ? sl_arena_copy_bytes(scratch, params, size) : "{}", &job, err);
  sl_arena_free(scratch);
  SL_TRY(status);
  // Told before it can run, so that nobody hears of it in the wrong order.
  sl_event_put(engine, "queued", job, NULL, NULL);
  status = enqueue(engine, job, err);
  if (status != SL_OK) return end_unqueued(engine, job, status);
  memcpy(id, sl_record_text_of(SL_RECORD_JOB, job).text, sizeof(sl_record_text));
  return SL_OK;
}

static void put_job_json(sl_text *out, const sl_job_row *row) {
  sl_json_writer w;
  sl_json_begin(&w, out);
  sl_json_open_object(&w);
  sl_json_key(&w, "id");
  sl_json_put_text(&w, sl_record_text_of(SL_RECORD_JOB, row->id).text);
  sl_json_key(&w, "op");
  sl_json_put_text(&w, row->op);
  sl_json_key(&w, "state");
  sl_json_put_text(&w, sl_job_state_name(row->state));
  sl_json_key(&w, "done");
  sl_json_put_int(&w, row->done);
  sl_json_key(&w, "total");
  sl_json_put_int(&w, row->total);
  sl_json_key(&w, "message");
  sl_json_put_text(&w, row->message);
  sl_json_key(&w, "result");
  sl_json_put_raw(&w, row->result != NULL ? row->result : "null");
  sl_json_key(&w, "error");
  if (row->error != NULL && row->error[0] == '{')
    sl_json_put_raw(&w, row->error);
  else
    sl_json_put_text(&w, row->error);
  sl_json_close_object(&w);
}

sl_status sl_job_get(sl_engine *engine, const char *id, sl_reply **out, sl_error *err) {
  *out = NULL;
  int64_t job = sl_record_parse(SL_RECORD_JOB, id);
  if (job == 0) return sl_fail(err, SL_E_ARG, "\"%.32s\" is not the id of a job", id);
  sl_arena *arena = sl_arena_new(engine->arena, "job");
  sl_job_row row;
  sl_status status = sl_store_get_job(engine->store, arena, job, &row, err);
  if (status != SL_OK) {
    sl_arena_free(arena);
    return status;
  }
  sl_text text = {0};
  put_job_json(&text, &row);
  size_t size = text.size;
  *out = sl_reply_new(arena, sl_text_take(&text, arena), size);
  return SL_OK;
}

// Takes a waiting job out of the queue; 1 when it was there.
static int withdraw(sl_job_queue *queue, int64_t job) {
  for (int i = 0; i < queue->count; i++) {
    if (queue->waiting[i] != job) continue;
    queue->count--;
    memmove(queue->waiting + i, queue->waiting + i + 1,
            (size_t)(queue->count - i) * sizeof queue->waiting[0]);
    return 1;
  }
  return 0;
}

// What a dead process left can be called off; a living one must stop its own.
static sl_status cancel_absent(sl_engine *engine, int64_t job, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "cancel");
  sl_job_row row;
  sl_status status = sl_store_get_job(engine->store, scratch, job, &row, err);
  sl_job_state state = status == SL_OK ? row.state : SL_JOB_DONE;
  sl_arena_free(scratch);
  SL_TRY(status);
  if (state == SL_JOB_INTERRUPTED) return sl_store_start_job(engine->store, job, err);
  if (state == SL_JOB_QUEUED || state == SL_JOB_RUNNING) {
    sl_fail(err, SL_E_BUSY, "job \"b%lld\" runs in another process", (long long)job);
    return sl_hint(err, SL_E_BUSY, "Stop it there with Ctrl-C; what it committed is kept.");
  }
  return sl_fail(err, SL_E_ARG, "job \"b%lld\" is %s; there is nothing to cancel", (long long)job,
                 sl_job_state_name(state));
}

sl_status sl_job_cancel(sl_engine *engine, const char *id, sl_error *err) {
  int64_t job = sl_record_parse(SL_RECORD_JOB, id);
  if (job == 0) return sl_fail(err, SL_E_ARG, "\"%.32s\" is not the id of a job", id);
  sl_job_queue *queue = &engine->jobs;
  pthread_mutex_lock(&queue->lock);
  int waiting = withdraw(queue, job);
  int running = queue->running == job;
  if (running) atomic_store(&queue->stop_running, 1);
  pthread_mutex_unlock(&queue->lock);
  if (running) return SL_OK;
  if (!waiting) SL_TRY(cancel_absent(engine, job, err));
  SL_TRY(sl_store_finish_job(engine->store, job, SL_JOB_CANCELLED, NULL, NULL, err));
  sl_event_put(engine, "cancelled", job, NULL, NULL);
  return SL_OK;
}
