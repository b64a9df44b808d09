// SPDX-License-Identifier: Apache-2.0
// Runs (model x dataset version x pipeline -> predictions) and how far they came.
//
// Invariant: a chunk row exists only when the score rows it names are on the disk; a run is "done"
// only in the transaction that named its columns.
#ifndef SL_STORE_RUN_TABLE_H
#define SL_STORE_RUN_TABLE_H

#include "store/partial_matrix.h"
#include "store/store.h"

typedef enum sl_run_state {
  SL_RUN_RUNNING = 0,
  SL_RUN_DONE,
  SL_RUN_FAILED,
  SL_RUN_INTERRUPTED,
  SL_RUN_STATE_COUNT
} sl_run_state;

const char *sl_run_state_name(sl_run_state state);  // "running", ...

typedef struct sl_run_row {
  int64_t id;
  const char *key;  // 64 hex digits over all that decides the predictions
  int64_t model;    // 0 = predictions made elsewhere
  int64_t version;  // dataset version
  const char *name;
  const char *pipeline;  // JSON, or NULL
  const char *head;      // "softmax", ..., or NULL
  sl_run_state state;
  int64_t created_ms, finished_ms;  // finished 0 = not yet
  int64_t samples, scored;
  int64_t batch, threads;
  const char *provider;  // or NULL
  const char *notes;     // JSON, or NULL
  const char *classes;   // JSON list, or NULL
  int64_t journal;       // entry that made it, or 0
} sl_run_row;

// Makes a run in state "running" owned by this process (id, state and times are ignored). Data:
// needs the write lock.
SL_MUST_CHECK sl_status sl_store_add_run(sl_store *store, const sl_run_row *row, int64_t *id,
                                         sl_error *err);

// Takes up an interrupted or failed run again: state "running", owned by this process. SL_E_STALE
// when it is done. Data.
SL_MUST_CHECK sl_status sl_store_resume_run(sl_store *store, int64_t id, sl_error *err);

// Ends a running run with `row`'s state (not "running"), samples, scored, batch, threads, provider,
// notes, classes and head. Call it for "done" inside the DURABLE transaction that also adopted its
// matrices. SL_E_STALE when it is not running. Data.
SL_MUST_CHECK sl_status sl_store_finish_run(sl_store *store, const sl_run_row *row, sl_error *err);

SL_MUST_CHECK sl_status sl_store_get_run(sl_store *store, sl_arena *arena, int64_t id,
                                         sl_run_row *out, sl_error *err);
// The newest run with that key; *id is 0 when there is none.
SL_MUST_CHECK sl_status sl_store_find_run(sl_store *store, const char *key, int64_t *id,
                                          sl_error *err);
// In order of creation; `version` and `model` filter when not 0.
SL_MUST_CHECK sl_status sl_store_list_runs(sl_store *store, sl_arena *arena, int64_t version,
                                           int64_t model, sl_run_row **out, size_t *count,
                                           sl_error *err);

// Rows [first, first + count) of a run's partial matrices.
typedef struct sl_run_chunk {
  int64_t first, count;
} sl_run_chunk;

// Syncs `partials` (all matrices the run writes), then commits the chunk and adds its count to the
// run's `scored`. A chunk that overlaps a committed one is SL_E_ARG. Data.
SL_MUST_CHECK sl_status sl_store_add_run_chunk(sl_store *store, int64_t run,
                                               sl_partial *const *partials, size_t partial_count,
                                               sl_run_chunk chunk, sl_error *err);

// Forgets the chunks of a running run and then its matrix under construction `name`, in this order,
// so that a crash between the two leaves no chunk without its rows. Data.
SL_MUST_CHECK sl_status sl_store_restart_run(sl_store *store, int64_t run, const char *name,
                                             sl_error *err);

// Committed chunks by first row, neighbours merged.
SL_MUST_CHECK sl_status sl_store_list_run_chunks(sl_store *store, sl_arena *arena, int64_t run,
                                                 sl_run_chunk **out, size_t *count, sl_error *err);

#endif
