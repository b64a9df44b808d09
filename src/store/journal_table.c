// SPDX-License-Identifier: Apache-2.0
// The journal.
//
// Invariant: rows are inserted; the one update is from running to an end.
#include "store/journal_table.h"

#include "base/clock.h"
#include "store/connection.h"
#include "store/store_error.h"
#include "store/store_state.h"

static const char *const status_names[SL_JOURNAL_STATUS_COUNT] = {"running", "ok", "failed",
                                                                  "cancelled", "interrupted"};

const char *sl_journal_status_name(sl_journal_status status) {
  return (unsigned)status < SL_JOURNAL_STATUS_COUNT ? status_names[status] : "unknown";
}

static sl_record_ref entry_ref(int64_t id) { return (sl_record_ref){SL_RECORD_JOURNAL, id}; }

static sl_status begin(sl_store *store, sl_values values, int64_t *id, sl_error *err) {
  return sl_query_int(
      store,
      "INSERT INTO journal(op, params, status, started_ms, finished_ms, version, parent, owner)"
      " VALUES(?1, ?2, 'running', ?3, 0, ?4, ?5, ?6) RETURNING id",
      values, 0, id, err);
}

sl_status sl_store_begin_journal(sl_store *store, const char *op, const char *params,
                                 const char *version, int64_t parent, int64_t *id, sl_error *err) {
  sl_values values = SL_VALUES(sl_v_text(op), sl_v_text(params), sl_v_int(sl_clock_utc_ms()),
                               sl_v_text(version), sl_v_ref(parent), sl_v_text(store->owner));
  SL_TRY(sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_FAST, err));
  return sl_write_leave(store, begin(store, values, id, err), err);
}

static sl_status check_running(sl_store *store, int64_t id, sl_error *err) {
  int64_t running = 0;
  SL_TRY(sl_query_int(store, "SELECT 1 FROM journal WHERE id = ? AND status = 'running'",
                      SL_VALUES(sl_v_int(id)), 0, &running, err));
  return running ? SL_OK : sl_store_fail_stale(entry_ref(id), "running", err);
}

static sl_status note(sl_store *store, int64_t id, int writes, const char *what, sl_error *err) {
  SL_TRY(check_running(store, id, err));
  return sl_query_change(store,
                         "INSERT OR IGNORE INTO journal_link(journal, writes, what)"
                         " VALUES(?, ?, ?)",
                         SL_VALUES(sl_v_int(id), sl_v_int(writes), sl_v_text(what)), NULL, err);
}

sl_status sl_store_note_read(sl_store *store, int64_t id, const char *what, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_FAST, err));
  return sl_write_leave(store, note(store, id, 0, what, err), err);
}

sl_status sl_store_note_write(sl_store *store, int64_t id, const char *what, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_FAST, err));
  return sl_write_leave(store, note(store, id, 1, what, err), err);
}

static sl_status finish(sl_store *store, int64_t id, sl_journal_status status, const char *error,
                        sl_error *err) {
  SL_TRY(check_running(store, id, err));
  sl_values values = SL_VALUES(sl_v_int(id), sl_v_text(sl_journal_status_name(status)),
                               sl_v_text(error), sl_v_int(sl_clock_utc_ms()));
  return sl_query_change(
      store, "UPDATE journal SET status = ?2, error = ?3, finished_ms = ?4 WHERE id = ?1", values,
      NULL, err);
}

sl_status sl_store_finish_journal(sl_store *store, int64_t id, sl_journal_status status,
                                  const char *error, sl_error *err) {
  if (status <= SL_JOURNAL_RUNNING || status >= SL_JOURNAL_STATUS_COUNT)
    return sl_fail(err, SL_E_ARG, "a journal entry cannot finish as \"%s\"",
                   sl_journal_status_name(status));
  SL_TRY(sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_FAST, err));
  return sl_write_leave(store, finish(store, id, status, error, err), err);
}

// ---- reading ------------------------------------------------------------------------------------

#define JOURNAL_COLUMNS "id, op, params, status, error, started_ms, finished_ms, version, parent"

static void read_entry(sl_cursor *cursor, void *out) {
  sl_journal_row *row = out;
  row->id = sl_take_int(cursor);
  row->op = sl_take_text(cursor);
  row->params = sl_take_text(cursor);
  row->status = (sl_journal_status)sl_take_choice(cursor, status_names, SL_JOURNAL_STATUS_COUNT);
  row->error = sl_take_text(cursor);
  row->started_ms = sl_take_int(cursor);
  row->finished_ms = sl_take_int(cursor);
  row->version = sl_take_text(cursor);
  row->parent = sl_take_int(cursor);
}

static void read_what(sl_cursor *cursor, void *out) { *(char **)out = sl_take_text(cursor); }

static sl_status read_links(sl_store *store, sl_arena *arena, int64_t id, int writes,
                            const char ***out, size_t *count, sl_error *err) {
  void *rows = NULL;
  sl_status status = sl_query_rows(
      store, arena, "SELECT what FROM journal_link WHERE journal = ? AND writes = ? ORDER BY rowid",
      SL_VALUES(sl_v_int(id), sl_v_int(writes)), read_what, sizeof(char *), &rows, count, err);
  *out = rows;
  return status;
}

static sl_status add_links(sl_store *store, sl_arena *arena, sl_journal_row *row, sl_error *err) {
  SL_TRY(read_links(store, arena, row->id, 0, &row->reads, &row->read_count, err));
  return read_links(store, arena, row->id, 1, &row->writes, &row->write_count, err);
}

sl_status sl_store_get_journal(sl_store *store, sl_arena *arena, int64_t id, sl_journal_row *out,
                               sl_error *err) {
  SL_TRY(sl_query_record(store, arena, "SELECT " JOURNAL_COLUMNS " FROM journal WHERE id = ?",
                         entry_ref(id), read_entry, out, err));
  return add_links(store, arena, out, err);
}

sl_status sl_store_list_journal(sl_store *store, sl_arena *arena, int64_t before, size_t limit,
                                sl_journal_row **out, size_t *count, sl_error *err) {
  void *rows = NULL;
  sl_status status = sl_query_rows(
      store, arena,
      "SELECT " JOURNAL_COLUMNS " FROM journal WHERE (?1 = 0 OR id < ?1) ORDER BY id DESC LIMIT ?2",
      SL_VALUES(sl_v_int(before), sl_v_int((int64_t)limit)), read_entry, sizeof **out, &rows, count,
      err);
  *out = rows;
  for (size_t i = 0; status == SL_OK && i < *count; i++)
    status = add_links(store, arena, &(*out)[i], err);
  return status;
}

sl_status sl_store_find_writer(sl_store *store, const char *what, int64_t *id, sl_error *err) {
  return sl_query_int(store,
                      "SELECT journal FROM journal_link WHERE what = ? AND writes = 1"
                      " ORDER BY journal DESC LIMIT 1",
                      SL_VALUES(sl_v_text(what)), 0, id, err);
}
