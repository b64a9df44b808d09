// SPDX-License-Identifier: Apache-2.0
// Jobs: rows of long operations, their progress and their ends.
//
// Invariant: done, failed, cancelled and interrupted are ends; only sl_store_start_job() leaves
// one.
#include "store/job_table.h"

#include "base/clock.h"
#include "store/connection.h"
#include "store/store_error.h"
#include "store/store_state.h"

static const char *const state_names[SL_JOB_STATE_COUNT] = {"queued", "running",   "done",
                                                            "failed", "cancelled", "interrupted"};

const char *sl_job_state_name(sl_job_state state) {
  return (unsigned)state < SL_JOB_STATE_COUNT ? state_names[state] : "unknown";
}

static sl_record_ref job_ref(int64_t id) { return (sl_record_ref){SL_RECORD_JOB, id}; }

static sl_status add(sl_store *store, const char *op, const char *params, int64_t *id,
                     sl_error *err) {
  return sl_query_int(
      store,
      "INSERT INTO job(op, params, state, done, total, created_ms, finished_ms, owner)"
      " VALUES(?, ?, 'queued', 0, 0, ?, 0, ?) RETURNING id",
      SL_VALUES(sl_v_text(op), sl_v_text(params), sl_v_int(sl_clock_utc_ms()),
                sl_v_text(store->owner)),
      0, id, err);
}

sl_status sl_store_add_job(sl_store *store, const char *op, const char *params, int64_t *id,
                           sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_FAST, err));
  return sl_write_leave(store, add(store, op, params, id, err), err);
}

// One update that must hit the row, in a transaction of its own.
static sl_status change(sl_store *store, int64_t id, const char *sql, sl_values values,
                        const char *needed, sl_error *err) {
  int64_t changed = 0;
  SL_TRY(sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_FAST, err));
  sl_status status = sl_query_change(store, sql, values, &changed, err);
  if (status == SL_OK && changed == 0) status = sl_store_fail_stale(job_ref(id), needed, err);
  return sl_write_leave(store, status, err);
}

sl_status sl_store_start_job(sl_store *store, int64_t id, sl_error *err) {
  return change(store, id,
                "UPDATE job SET state = 'running', owner = ?2, error = NULL, finished_ms = 0"
                " WHERE id = ?1 AND state IN ('queued', 'interrupted', 'failed', 'cancelled')",
                SL_VALUES(sl_v_int(id), sl_v_text(store->owner)), "waiting to run", err);
}

sl_status sl_store_progress_job(sl_store *store, int64_t id, int64_t done, int64_t total,
                                const char *message, sl_error *err) {
  return change(store, id,
                "UPDATE job SET done = ?2, total = ?3, message = ?4"
                " WHERE id = ?1 AND state = 'running'",
                SL_VALUES(sl_v_int(id), sl_v_int(done), sl_v_int(total), sl_v_text(message)),
                "running", err);
}

sl_status sl_store_finish_job(sl_store *store, int64_t id, sl_job_state state, const char *result,
                              const char *error, sl_error *err) {
  if (state != SL_JOB_DONE && state != SL_JOB_FAILED && state != SL_JOB_CANCELLED)
    return sl_fail(err, SL_E_ARG, "a job cannot finish as \"%s\"", sl_job_state_name(state));
  return change(store, id,
                "UPDATE job SET state = ?2, result = ?3, error = ?4, finished_ms = ?5"
                " WHERE id = ?1 AND state IN ('queued', 'running')",
                SL_VALUES(sl_v_int(id), sl_v_text(sl_job_state_name(state)), sl_v_text(result),
                          sl_v_text(error), sl_v_int(sl_clock_utc_ms())),
                "queued or running", err);
}

#define JOB_COLUMNS \
  "id, op, params, state, done, total, message, result, error, created_ms, finished_ms"

static void read_job(sl_cursor *cursor, void *out) {
  sl_job_row *row = out;
  row->id = sl_take_int(cursor);
  row->op = sl_take_text(cursor);
  row->params = sl_take_text(cursor);
  row->state = (sl_job_state)sl_take_choice(cursor, state_names, SL_JOB_STATE_COUNT);
  row->done = sl_take_int(cursor);
  row->total = sl_take_int(cursor);
  row->message = sl_take_text(cursor);
  row->result = sl_take_text(cursor);
  row->error = sl_take_text(cursor);
  row->created_ms = sl_take_int(cursor);
  row->finished_ms = sl_take_int(cursor);
}

sl_status sl_store_get_job(sl_store *store, sl_arena *arena, int64_t id, sl_job_row *out,
                           sl_error *err) {
  return sl_query_record(store, arena, "SELECT " JOB_COLUMNS " FROM job WHERE id = ?", job_ref(id),
                         read_job, out, err);
}

sl_status sl_store_list_jobs(sl_store *store, sl_arena *arena, int64_t before, size_t limit,
                             sl_job_row **out, size_t *count, sl_error *err) {
  void *rows = NULL;
  sl_status status = sl_query_rows(store, arena,
                                   "SELECT " JOB_COLUMNS
                                   " FROM job WHERE (?1 = 0 OR id < ?1) ORDER BY id DESC LIMIT ?2",
                                   SL_VALUES(sl_v_int(before), sl_v_int((int64_t)limit)), read_job,
                                   sizeof **out, &rows, count, err);
  *out = rows;
  return status;
}
