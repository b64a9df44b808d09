// SPDX-License-Identifier: Apache-2.0
// Runs and their chunks.
//
// Invariant: sl_store_add_run_chunk() syncs the matrices before the chunk's transaction begins.
#include "store/run_table.h"

#include "base/clock.h"
#include "store/connection.h"
#include "store/store_error.h"
#include "store/store_state.h"

static const char *const state_names[SL_RUN_STATE_COUNT] = {"running", "done", "failed",
                                                            "interrupted"};

const char *sl_run_state_name(sl_run_state state) {
  return (unsigned)state < SL_RUN_STATE_COUNT ? state_names[state] : "unknown";
}

static sl_record_ref run_ref(int64_t id) { return (sl_record_ref){SL_RECORD_RUN, id}; }

static sl_status add(sl_store *store, const sl_run_row *row, int64_t *id, sl_error *err) {
  sl_values values = SL_VALUES(
      sl_v_text(row->key), sl_v_ref(row->model), sl_v_int(row->version), sl_v_text(row->name),
      sl_v_text(row->pipeline), sl_v_text(row->head), sl_v_int(sl_clock_utc_ms()),
      sl_v_int(row->samples), sl_v_int(row->scored), sl_v_int(row->batch), sl_v_int(row->threads),
      sl_v_text(row->provider), sl_v_text(row->notes), sl_v_text(row->classes),
      sl_v_ref(row->journal), sl_v_text(store->owner));
  return sl_query_int(
      store,
      "INSERT INTO run(key, model, version, name, pipeline, head, state, created_ms, finished_ms,"
      " samples, scored, batch, threads, provider, notes, classes, journal, owner)"
      " VALUES(?, ?, ?, ?, ?, ?, 'running', ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
      values, 0, id, err);
}

sl_status sl_store_add_run(sl_store *store, const sl_run_row *row, int64_t *id, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_FAST, err));
  return sl_write_leave(store, add(store, row, id, err), err);
}

static sl_status resume(sl_store *store, int64_t id, sl_error *err) {
  int64_t changed = 0;
  SL_TRY(sl_query_change(store,
                         "UPDATE run SET state = 'running', finished_ms = 0, owner = ?2"
                         " WHERE id = ?1 AND state IN ('interrupted', 'failed')",
                         SL_VALUES(sl_v_int(id), sl_v_text(store->owner)), &changed, err));
  return changed > 0 ? SL_OK : sl_store_fail_stale(run_ref(id), "interrupted or failed", err);
}

sl_status sl_store_resume_run(sl_store *store, int64_t id, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_FAST, err));
  return sl_write_leave(store, resume(store, id, err), err);
}

static sl_status finish(sl_store *store, const sl_run_row *row, sl_error *err) {
  int64_t changed = 0;
  sl_values values =
      SL_VALUES(sl_v_int(row->id), sl_v_text(sl_run_state_name(row->state)),
                sl_v_int(sl_clock_utc_ms()), sl_v_int(row->samples), sl_v_int(row->scored),
                sl_v_int(row->batch), sl_v_int(row->threads), sl_v_text(row->provider),
                sl_v_text(row->notes), sl_v_text(row->classes), sl_v_text(row->head));
  SL_TRY(sl_query_change(
      store,
      "UPDATE run SET state = ?2, finished_ms = ?3, samples = ?4, scored = ?5, batch = ?6,"
      " threads = ?7, provider = ?8, notes = ?9, classes = ?10, head = ?11"
      " WHERE id = ?1 AND state = 'running'",
      values, &changed, err));
  return changed > 0 ? SL_OK : sl_store_fail_stale(run_ref(row->id), "running", err);
}

sl_status sl_store_finish_run(sl_store *store, const sl_run_row *row, sl_error *err) {
  if (row->state <= SL_RUN_RUNNING || row->state >= SL_RUN_STATE_COUNT)
    return sl_fail(err, SL_E_ARG, "a run cannot finish as \"%s\"", sl_run_state_name(row->state));
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_DURABLE, err));
  return sl_write_leave(store, finish(store, row, err), err);
}

// ---- reading ------------------------------------------------------------------------------------

#define RUN_COLUMNS                                                                         \
  "id, key, model, version, name, pipeline, head, state, created_ms, finished_ms, samples," \
  " scored, batch, threads, provider, notes, classes, journal"

static void read_run(sl_cursor *cursor, void *out) {
  sl_run_row *row = out;
  row->id = sl_take_int(cursor);
  row->key = sl_take_text(cursor);
  row->model = sl_take_int(cursor);
  row->version = sl_take_int(cursor);
  row->name = sl_take_text(cursor);
  row->pipeline = sl_take_text(cursor);
  row->head = sl_take_text(cursor);
  row->state = (sl_run_state)sl_take_choice(cursor, state_names, SL_RUN_STATE_COUNT);
  row->created_ms = sl_take_int(cursor);
  row->finished_ms = sl_take_int(cursor);
  row->samples = sl_take_int(cursor);
  row->scored = sl_take_int(cursor);
  row->batch = sl_take_int(cursor);
  row->threads = sl_take_int(cursor);
  row->provider = sl_take_text(cursor);
  row->notes = sl_take_text(cursor);
  row->classes = sl_take_text(cursor);
  row->journal = sl_take_int(cursor);
}

sl_status sl_store_get_run(sl_store *store, sl_arena *arena, int64_t id, sl_run_row *out,
                           sl_error *err) {
  return sl_query_record(store, arena, "SELECT " RUN_COLUMNS " FROM run WHERE id = ?", run_ref(id),
                         read_run, out, err);
}

sl_status sl_store_find_run(sl_store *store, const char *key, int64_t *id, sl_error *err) {
  return sl_query_int(store, "SELECT id FROM run WHERE key = ? ORDER BY id DESC LIMIT 1",
                      SL_VALUES(sl_v_text(key)), 0, id, err);
}

sl_status sl_store_list_runs(sl_store *store, sl_arena *arena, int64_t version, int64_t model,
                             sl_run_row **out, size_t *count, sl_error *err) {
  void *rows = NULL;
  sl_status status = sl_query_rows(
      store, arena,
      "SELECT " RUN_COLUMNS
      " FROM run WHERE (?1 = 0 OR version = ?1) AND (?2 = 0 OR model = ?2) ORDER BY id",
      SL_VALUES(sl_v_int(version), sl_v_int(model)), read_run, sizeof **out, &rows, count, err);
  *out = rows;
  return status;
}

// ---- chunks -------------------------------------------------------------------------------------

static sl_status add_chunk(sl_store *store, int64_t run, sl_run_chunk chunk, sl_error *err) {
  int64_t overlap = 0, changed = 0;
  sl_values values = SL_VALUES(sl_v_int(run), sl_v_int(chunk.first), sl_v_int(chunk.count));
  SL_TRY(sl_query_int(store,
                      "SELECT 1 FROM run_chunk WHERE run = ?1 AND first < ?2 + ?3"
                      " AND first + count > ?2",
                      values, 0, &overlap, err));
  if (overlap)
    return sl_fail(err, SL_E_ARG, "rows %lld to %lld of run \"%s\" are there already",
                   (long long)chunk.first, (long long)(chunk.first + chunk.count - 1),
                   sl_record_text_of(SL_RECORD_RUN, run).text);
  SL_TRY(sl_query_change(store,
                         "UPDATE run SET scored = scored + ?2 WHERE id = ?1 AND state = 'running'",
                         SL_VALUES(sl_v_int(run), sl_v_int(chunk.count)), &changed, err));
  if (changed == 0) return sl_store_fail_stale(run_ref(run), "running", err);
  return sl_query_change(store, "INSERT INTO run_chunk(run, first, count) VALUES(?, ?, ?)", values,
                         NULL, err);
}

sl_status sl_store_add_run_chunk(sl_store *store, int64_t run, sl_partial *const *partials,
                                 size_t partial_count, sl_run_chunk chunk, sl_error *err) {
  if (chunk.first < 0 || chunk.count <= 0 || chunk.first > INT64_MAX - chunk.count)
    return sl_fail(err, SL_E_ARG, "a chunk of a run needs rows");
  for (size_t i = 0; i < partial_count; i++) SL_TRY(sl_partial_sync(partials[i], err));
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_FAST, err));
  return sl_write_leave(store, add_chunk(store, run, chunk, err), err);
}

static sl_status forget_chunks(sl_store *store, int64_t run, sl_error *err) {
  int64_t changed = 0;
  SL_TRY(sl_query_change(store, "UPDATE run SET scored = 0 WHERE id = ? AND state = 'running'",
                         SL_VALUES(sl_v_int(run)), &changed, err));
  if (changed == 0) return sl_store_fail_stale(run_ref(run), "running", err);
  return sl_query_change(store, "DELETE FROM run_chunk WHERE run = ?", SL_VALUES(sl_v_int(run)),
                         NULL, err);
}

sl_status sl_store_restart_run(sl_store *store, int64_t run, const char *name, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_FAST, err));
  SL_TRY(sl_write_leave(store, forget_chunks(store, run, err), err));
  return sl_partial_drop(store, run_ref(run), name, err);
}

static void read_chunk(sl_cursor *cursor, void *out) {
  sl_run_chunk *chunk = out;
  chunk->first = sl_take_int(cursor);
  chunk->count = sl_take_int(cursor);
}

static size_t merge_neighbours(sl_run_chunk *chunks, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    sl_run_chunk *last = kept > 0 ? &chunks[kept - 1] : NULL;
    if (last != NULL && last->first + last->count == chunks[i].first)
      last->count += chunks[i].count;
    else
      chunks[kept++] = chunks[i];
  }
  return kept;
}

sl_status sl_store_list_run_chunks(sl_store *store, sl_arena *arena, int64_t run,
                                   sl_run_chunk **out, size_t *count, sl_error *err) {
  void *rows = NULL;
  sl_status status =
      sl_query_rows(store, arena, "SELECT first, count FROM run_chunk WHERE run = ? ORDER BY first",
                    SL_VALUES(sl_v_int(run)), read_chunk, sizeof **out, &rows, count, err);
  *out = rows;
  if (status == SL_OK) *count = merge_neighbours(*out, *count);
  return status;
}
