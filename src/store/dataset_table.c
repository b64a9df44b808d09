// SPDX-License-Identifier: Apache-2.0
// Datasets and their versions.
//
// Invariant: sl_store_finish_version() is the only statement that makes a version ready, and it
// changes staging versions only.
#include "store/dataset_table.h"

#include "base/clock.h"
#include "store/connection.h"
#include "store/store_error.h"
#include "store/store_state.h"

static const char *const state_names[] = {"staging", "ready"};

static sl_record_ref version_ref(int64_t id) { return (sl_record_ref){SL_RECORD_VERSION, id}; }

// ---- datasets -----------------------------------------------------------------------------------

sl_status sl_store_find_dataset(sl_store *store, const char *name, int64_t *id, sl_error *err) {
  return sl_query_int(store, "SELECT id FROM dataset WHERE name = ?", SL_VALUES(sl_v_text(name)), 0,
                      id, err);
}

static sl_status ensure(sl_store *store, const char *name, int64_t *id, sl_error *err) {
  SL_TRY(sl_store_find_dataset(store, name, id, err));
  if (*id != 0) return SL_OK;
  return sl_query_int(store, "INSERT INTO dataset(name, created_ms) VALUES(?, ?) RETURNING id",
                      SL_VALUES(sl_v_text(name), sl_v_int(sl_clock_utc_ms())), 0, id, err);
}

sl_status sl_store_ensure_dataset(sl_store *store, const char *name, int64_t *id, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_FAST, err));
  return sl_write_leave(store, ensure(store, name, id, err), err);
}

static void read_dataset(sl_cursor *cursor, void *out) {
  sl_dataset_row *row = out;
  row->id = sl_take_int(cursor);
  row->name = sl_take_text(cursor);
  row->created_ms = sl_take_int(cursor);
}

sl_status sl_store_get_dataset(sl_store *store, sl_arena *arena, int64_t id, sl_dataset_row *out,
                               sl_error *err) {
  return sl_query_record(store, arena, "SELECT id, name, created_ms FROM dataset WHERE id = ?",
                         (sl_record_ref){SL_RECORD_DATASET, id}, read_dataset, out, err);
}

sl_status sl_store_list_datasets(sl_store *store, sl_arena *arena, sl_dataset_row **out,
                                 size_t *count, sl_error *err) {
  void *rows = NULL;
  sl_status status =
      sl_query_rows(store, arena, "SELECT id, name, created_ms FROM dataset ORDER BY id",
                    SL_NO_VALUES, read_dataset, sizeof **out, &rows, count, err);
  *out = rows;
  return status;
}

// ---- versions -----------------------------------------------------------------------------------

#define VERSION_COLUMNS                                                                   \
  "id, dataset, seq, key, parent, samples, labelled, broken, duplicates, added, removed," \
  " relabelled, moved, format, source, classes, state, journal, created_ms"

static void read_version(sl_cursor *cursor, void *out) {
  sl_version_row *row = out;
  row->id = sl_take_int(cursor);
  row->dataset = sl_take_int(cursor);
  row->seq = sl_take_int(cursor);
  row->key = sl_take_text(cursor);
  row->parent = sl_take_int(cursor);
  row->samples = sl_take_int(cursor);
  row->labelled = sl_take_int(cursor);
  row->broken = sl_take_int(cursor);
  row->duplicates = sl_take_int(cursor);
  row->added = sl_take_int(cursor);
  row->removed = sl_take_int(cursor);
  row->relabelled = sl_take_int(cursor);
  row->moved = sl_take_int(cursor);
  row->format = sl_take_text(cursor);
  row->source = sl_take_text(cursor);
  row->classes = sl_take_text(cursor);
  row->state = (sl_version_state)sl_take_choice(cursor, state_names, 2);
  row->journal = sl_take_int(cursor);
  row->created_ms = sl_take_int(cursor);
}

static sl_status stage(sl_store *store, const sl_version_row *row, int64_t *id, sl_error *err) {
  sl_values values = SL_VALUES(sl_v_int(row->dataset), sl_v_ref(row->parent),
                               sl_v_text(row->format ? row->format : ""),
                               sl_v_name(row->source ? row->source : ""), sl_v_ref(row->journal),
                               sl_v_int(sl_clock_utc_ms()));
  return sl_query_int(
      store,
      "INSERT INTO version(dataset, seq, key, parent, samples, labelled, broken, duplicates, added,"
      " removed, relabelled, moved, format, source, state, journal, created_ms)"
      " VALUES(?1, 0, '', ?2, 0, 0, 0, 0, 0, 0, 0, 0, ?3, ?4, 'staging', ?5, ?6) RETURNING id",
      values, 0, id, err);
}

sl_status sl_store_stage_version(sl_store *store, const sl_version_row *row, int64_t *id,
                                 sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_FAST, err));
  return sl_write_leave(store, stage(store, row, id, err), err);
}

static const char finish_sql[] =
    "UPDATE version SET key = ?2, samples = ?3, labelled = ?4, broken = ?5, duplicates = ?6,"
    " added = ?7, removed = ?8, relabelled = ?9, moved = ?10, classes = ?11, state = 'ready',"
    " seq = (SELECT coalesce(max(seq), 0) + 1 FROM version AS v WHERE v.dataset = version.dataset)"
    " WHERE id = ?1 AND state = 'staging' RETURNING seq";

static sl_status finish(sl_store *store, const sl_version_row *row, int64_t *seq, sl_error *err) {
  int64_t given = 0;
  sl_values values =
      SL_VALUES(sl_v_int(row->id), sl_v_text(row->key), sl_v_int(row->samples),
                sl_v_int(row->labelled), sl_v_int(row->broken), sl_v_int(row->duplicates),
                sl_v_int(row->added), sl_v_int(row->removed), sl_v_int(row->relabelled),
                sl_v_int(row->moved), sl_v_text(row->classes));
  SL_TRY(sl_query_int(store, finish_sql, values, 0, &given, err));
  if (given == 0) return sl_store_fail_stale(version_ref(row->id), "being staged", err);
  if (seq != NULL) *seq = given;
  return SL_OK;
}

sl_status sl_store_finish_version(sl_store *store, const sl_version_row *row, int64_t *seq,
                                  sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_DURABLE, err));
  return sl_write_leave(store, finish(store, row, seq, err), err);
}

static sl_status discard(sl_store *store, int64_t id, sl_error *err) {
  int64_t changed = 0;
  SL_TRY(sl_query_change(store, "DELETE FROM version WHERE id = ? AND state = 'staging'",
                         SL_VALUES(sl_v_int(id)), &changed, err));
  if (changed == 0) return sl_store_fail_stale(version_ref(id), "being staged", err);
  SL_TRY(sl_query_change(store, "DELETE FROM partial_file WHERE owner_kind = 'v' AND owner = ?",
                         SL_VALUES(sl_v_int(id)), NULL, err));
  return sl_query_change(store, "DELETE FROM column_file WHERE owner_kind = 'v' AND owner = ?",
                         SL_VALUES(sl_v_int(id)), NULL, err);
}

sl_status sl_store_discard_version(sl_store *store, int64_t id, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_FAST, err));
  return sl_write_leave(store, discard(store, id, err), err);
}

sl_status sl_store_get_version(sl_store *store, sl_arena *arena, int64_t id, sl_version_row *out,
                               sl_error *err) {
  return sl_query_record(store, arena, "SELECT " VERSION_COLUMNS " FROM version WHERE id = ?",
                         version_ref(id), read_version, out, err);
}

sl_status sl_store_find_version(sl_store *store, int64_t dataset, const char *key, int64_t *id,
                                sl_error *err) {
  return sl_query_int(store,
                      "SELECT id FROM version WHERE dataset = ? AND key = ? AND state = 'ready'"
                      " ORDER BY seq DESC",
                      SL_VALUES(sl_v_int(dataset), sl_v_text(key)), 0, id, err);
}

sl_status sl_store_latest_version(sl_store *store, int64_t dataset, int64_t *id, sl_error *err) {
  return sl_query_int(store,
                      "SELECT id FROM version WHERE dataset = ? AND state = 'ready'"
                      " ORDER BY seq DESC LIMIT 1",
                      SL_VALUES(sl_v_int(dataset)), 0, id, err);
}

sl_status sl_store_list_versions(sl_store *store, sl_arena *arena, int64_t dataset,
                                 sl_version_state state, sl_version_row **out, size_t *count,
                                 sl_error *err) {
  void *rows = NULL;
  sl_status status = sl_query_rows(store, arena,
                                   "SELECT " VERSION_COLUMNS
                                   " FROM version WHERE (?1 = 0 OR dataset = ?1) AND state = ?2"
                                   " ORDER BY id",
                                   SL_VALUES(sl_v_int(dataset), sl_v_text(state_names[state])),
                                   read_version, sizeof **out, &rows, count, err);
  *out = rows;
  return status;
}
