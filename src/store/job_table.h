// SPDX-License-Identifier: Apache-2.0
// Jobs: long operations with progress, and what became of them.
#ifndef SL_STORE_JOB_TABLE_H
#define SL_STORE_JOB_TABLE_H

#include "store/store.h"

typedef enum sl_job_state {
  SL_JOB_QUEUED = 0,
  SL_JOB_RUNNING,
  SL_JOB_DONE,
  SL_JOB_FAILED,
  SL_JOB_CANCELLED,
  SL_JOB_INTERRUPTED,
  SL_JOB_STATE_COUNT
} sl_job_state;

const char *sl_job_state_name(sl_job_state state);  // "queued", ...

typedef struct sl_job_row {
  int64_t id;
  const char *op;
  const char *params;  // JSON
  sl_job_state state;
  int64_t done, total;              // total 0 = not known
  const char *message;              // or NULL
  const char *result;               // JSON, or NULL
  const char *error;                // text, or NULL
  int64_t created_ms, finished_ms;  // finished 0 = not yet
} sl_job_row;

// A queued job. It belongs to this process: when the process dies, the next one that opens the
// workspace finds it "interrupted".
SL_MUST_CHECK sl_status sl_store_add_job(sl_store *store, const char *op, const char *params,
                                         int64_t *id, sl_error *err);
// From queued, or from interrupted, failed or cancelled to take it up again, to running.
SL_MUST_CHECK sl_status sl_store_start_job(sl_store *store, int64_t id, sl_error *err);
// Of a running job; `message` may be NULL. Once or twice a second is plenty.
SL_MUST_CHECK sl_status sl_store_progress_job(sl_store *store, int64_t id, int64_t done,
                                              int64_t total, const char *message, sl_error *err);
// To done, failed or cancelled; `result` and `error` may be NULL. SL_E_STALE when it has ended.
SL_MUST_CHECK sl_status sl_store_finish_job(sl_store *store, int64_t id, sl_job_state state,
                                            const char *result, const char *error, sl_error *err);
SL_MUST_CHECK sl_status sl_store_get_job(sl_store *store, sl_arena *arena, int64_t id,
                                         sl_job_row *out, sl_error *err);
// Newest first: jobs below `before` (0 = from the newest), at most `limit`.
SL_MUST_CHECK sl_status sl_store_list_jobs(sl_store *store, sl_arena *arena, int64_t before,
                                           size_t limit, sl_job_row **out, size_t *count,
                                           sl_error *err);

#endif
