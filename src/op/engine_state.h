// SPDX-License-Identifier: Apache-2.0
// What an engine holds; seen by dispatch, jobs, events and blobs of this folder only.
#ifndef SL_OP_ENGINE_STATE_H
#define SL_OP_ENGINE_STATE_H

#include <pthread.h>

#include "op/op.h"

enum { SL_EVENT_RING = 256, SL_JOB_QUEUE = 64 };

typedef struct sl_event {
  int64_t seq;
  char *json;  // heap
} sl_event;

typedef struct sl_event_log {
  pthread_mutex_t lock;
  pthread_cond_t arrived;
  sl_event ring[SL_EVENT_RING];
  int64_t first_seq, next_seq;  // of the first event and of the next one
  int closed;
} sl_event_log;

typedef struct sl_job_queue {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  pthread_t thread;
  int64_t waiting[SL_JOB_QUEUE];
  int count, started, closing;
  int64_t running;          // job the worker thread is in, 0 = none
  atomic_int stop_running;  // asks that job to stop
} sl_job_queue;

struct sl_engine {
  sl_arena *arena;
  sl_store *store;
  const char *workspace;
  int threads;
  int read_only;
  atomic_int cancel;  // asks every call to stop
  void (*on_progress)(void *ctx, const sl_progress *progress);
  void *ctx;
  sl_event_log events;
  sl_job_queue jobs;
  struct sl_table_cache *tables;  // open views (table_cache.c)
  struct sl_box_cache *boxes;     // open models (box_cache.c)
};

struct sl_reply {
  sl_arena *arena;
  char *json;
  size_t size;
};

// ---- events (event.c) --------------------------------------------------------------------------
void sl_event_log_open(sl_event_log *log);
void sl_event_log_close(sl_event_log *log);  // wakes and empties
void sl_event_put(sl_engine *engine, const char *event, int64_t job, const char *member_key,
                  const char *member_json);

// ---- jobs (job.c) ------------------------------------------------------------------------------
void sl_job_queue_open(sl_job_queue *queue);
void sl_job_queue_close(sl_engine *engine);
// Runs a slow operation under a job record, on the calling thread. `job` 0 makes a new record.
SL_MUST_CHECK sl_status sl_job_run(sl_engine *engine, int64_t job, const sl_op *op,
                                   const char *params, size_t size, const atomic_int *cancel,
                                   sl_reply **out, sl_error *err);

// ---- dispatch (dispatch.c) ---------------------------------------------------------------------
// Parses, journals, runs, prints. `job` is 0 for calls that are no job.
SL_MUST_CHECK sl_status sl_dispatch(sl_engine *engine, const sl_op *op, const char *params,
                                    size_t size, int64_t job, const atomic_int *cancel,
                                    sl_reply **out, sl_error *err);
SL_MUST_CHECK sl_status sl_dispatch_find(const char *name, const sl_op **out, sl_error *err);
SL_MUST_CHECK sl_status sl_dispatch_parse(sl_arena *arena, const sl_op *op, const char *params,
                                          size_t size, void **out, sl_error *err);

sl_reply *sl_reply_new(sl_arena *arena, const char *json, size_t size);  // takes the arena

// ---- open views (table_cache.c) ----------------------------------------------------------------
void sl_table_cache_open(sl_engine *engine);
void sl_table_cache_close(sl_engine *engine);

// ---- open models (box_cache.c) -----------------------------------------------------------------
void sl_box_cache_open(sl_engine *engine);
void sl_box_cache_close(sl_engine *engine);

#endif
