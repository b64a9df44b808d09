// SPDX-License-Identifier: Apache-2.0
// Connections to the catalogue: opening, hardening, cached statements, whole queries.
//
// Invariant: a statement is reset before its connection goes back to the pool. Start at
// sl_cursor_open().
#include "store/connection.h"

#include <string.h>

#include "base/text.h"
#include "store/store_error.h"
#include "store/store_state.h"

enum { BUSY_TIMEOUT_MS = 10000, IDLE_MAX = 16 };

// The catalogue may come from a stranger: no extensions of its own may act on our behalf.
static const int switches[][2] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
    {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
};

// A checkpoint copies and syncs; 16,384 pages (64 MiB of log) make it rare in bulk inserts.
static const char write_setup[] =
    "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-65536; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=16384;"
    "PRAGMA journal_size_limit=67108864";
static const char read_setup[] =
    "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-16384; PRAGMA query_only=ON";

// "file:" and the path with the characters a URI gives a meaning escaped.
static char *uri_of(const sl_store *store, const char *query, sl_text *out) {
  sl_text_puts(out, "file:");
  for (const char *at = store->catalogue; *at != '\0'; at++) {
    if (strchr("?#%", *at) != NULL)
      sl_text_printf(out, "%%%02x", (unsigned)(unsigned char)*at);
    else
      sl_text_putc(out, *at);
  }
  sl_text_puts(out, query);
  return out->at;
}

static int open_file(const sl_store *store, sl_access access, sqlite3 **db) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
  if (access == SL_ACCESS_WRITE)
    flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  else if (access == SL_ACCESS_READ && !store->read_only)
    flags |= SQLITE_OPEN_READWRITE;
  else
    flags |= SQLITE_OPEN_READONLY;
  if (access != SL_ACCESS_IMMUTABLE) return sqlite3_open_v2(store->catalogue, db, flags, NULL);
  sl_text uri = {0};
  int rc = sqlite3_open_v2(uri_of(store, "?immutable=1", &uri), db, flags | SQLITE_OPEN_URI, NULL);
  sl_text_free(&uri);
  return rc;
}

sl_status sl_connection_open(const sl_store *store, sl_access access, sl_connection **out,
                             sl_error *err) {
  *out = NULL;
  sl_connection *connection = sl_heap_alloc_zero(1, sizeof *connection);
  if (connection == NULL)
    return sl_fail(err, SL_E_MEMORY, "memory ran out opening workspace \"%s\"", store->path);
  int rc = open_file(store, access, &connection->db);
  for (size_t i = 0; rc == SQLITE_OK && i < sizeof switches / sizeof *switches; i++)
    rc = sqlite3_db_config(connection->db, switches[i][0], switches[i][1], NULL);
  if (rc == SQLITE_OK) rc = sqlite3_busy_timeout(connection->db, BUSY_TIMEOUT_MS);
  if (rc == SQLITE_OK)
    rc = sqlite3_exec(connection->db, access == SL_ACCESS_WRITE ? write_setup : read_setup, NULL,
                      NULL, NULL);
  if (rc != SQLITE_OK) {
    sl_status status = sl_store_fail(store, connection->db, rc, err);
    sl_connection_close(connection);
    return status;
  }
  *out = connection;
  return SL_OK;
}

void sl_connection_close(sl_connection *connection) {
  if (connection == NULL) return;
  for (int i = 0; i < connection->slot_count; i++) sqlite3_finalize(connection->slots[i].stmt);
  int rc = sqlite3_close(connection->db);
  SL_ASSERT(rc == SQLITE_OK);  // else a statement was left open
  sl_heap_free(connection);
}

sl_status sl_connection_exec(const sl_store *store, sl_connection *connection, const char *sql,
                             sl_error *err) {
  int rc = sqlite3_exec(connection->db, sql, NULL, NULL, NULL);
  return rc == SQLITE_OK ? SL_OK : sl_store_fail(store, connection->db, rc, err);
}

// ---- the pool ---------------------------------------------------------------------------------

static sl_connection *pop_idle(sl_store *store) {
  pthread_mutex_lock(&store->pool_mutex);
  sl_connection *connection = store->idle;
  if (connection != NULL) {
    store->idle = connection->next;
    store->idle_count--;
  }
  pthread_mutex_unlock(&store->pool_mutex);
  return connection;
}

static void push_idle(sl_store *store, sl_connection *connection) {
  pthread_mutex_lock(&store->pool_mutex);
  int keep = store->idle_count < IDLE_MAX;
  if (keep) {
    connection->next = store->idle;
    store->idle = connection;
    store->idle_count++;
  }
  pthread_mutex_unlock(&store->pool_mutex);
  if (!keep) sl_connection_close(connection);
}

static sl_status borrow(sl_store *store, sl_connection **out, sl_error *err) {
  if (sl_store_in_transaction(store)) {
    *out = store->writer;
    return SL_OK;
  }
  *out = pop_idle(store);
  return *out != NULL ? SL_OK : sl_connection_open(store, store->read_access, out, err);
}

static void give_back(sl_store *store, sl_connection *connection) {
  if (connection != store->writer) push_idle(store, connection);
}

// ---- statements -------------------------------------------------------------------------------

sl_value sl_v_name(const char *text) { return sl_v_bytes(text, text != NULL ? strlen(text) : 0); }

static int prepare(sl_cursor *cursor, const char *sql) {
  sl_connection *connection = cursor->connection;
  for (int i = 0; i < connection->slot_count; i++) {
    sl_statement_slot *slot = &connection->slots[i];
    if (slot->sql != sql || slot->busy) continue;
    slot->busy = 1;
    cursor->slot = slot;
    cursor->stmt = slot->stmt;
    return SQLITE_OK;
  }
  int keep = connection->slot_count < SL_STATEMENTS_MAX;
  int rc = sqlite3_prepare_v3(connection->db, sql, -1, keep ? SQLITE_PREPARE_PERSISTENT : 0,
                              &cursor->stmt, NULL);
  if (rc != SQLITE_OK || !keep) return rc;
  cursor->slot = &connection->slots[connection->slot_count++];
  *cursor->slot = (sl_statement_slot){sql, cursor->stmt, 1};
  return SQLITE_OK;
}

// The caller's memory outlives the statement's use, so nothing is copied.
static int bind(sqlite3_stmt *stmt, int at, const sl_value *value) {
  const int null = value->kind == SL_VALUE_REF
                       ? value->number == 0
                       : value->kind != SL_VALUE_INT && value->bytes == NULL;
  if (null) return sqlite3_bind_null(stmt, at);
  if (value->kind == SL_VALUE_TEXT)
    return sqlite3_bind_text(stmt, at, value->bytes, -1, SQLITE_STATIC);
  if (value->kind == SL_VALUE_BYTES)
    return sqlite3_bind_blob64(stmt, at, value->bytes, (sqlite3_uint64)value->number,
                               SQLITE_STATIC);
  return sqlite3_bind_int64(stmt, at, value->number);
}

static void bind_all(sl_cursor *cursor, sl_values values) {
  cursor->bind_error = SQLITE_OK;
  for (size_t i = 0; i < values.count && cursor->bind_error == SQLITE_OK; i++)
    cursor->bind_error = bind(cursor->stmt, (int)i + 1, &values.at[i]);
}

sl_status sl_cursor_open(sl_store *store, sl_arena *arena, const char *sql, sl_values values,
                         sl_cursor *out, sl_error *err) {
  *out = (sl_cursor){.store = store, .arena = arena};
  SL_TRY(borrow(store, &out->connection, err));
  int rc = prepare(out, sql);
  if (rc == SQLITE_OK) {
    bind_all(out, values);
    return SL_OK;
  }
  sl_status status = sl_store_fail(store, out->connection->db, rc, err);
  give_back(store, out->connection);
  return status;
}

sl_status sl_cursor_step(sl_cursor *cursor, int *row, sl_error *err) {
  *row = 0;
  cursor->column = 0;
  int rc = cursor->bind_error != SQLITE_OK ? cursor->bind_error : sqlite3_step(cursor->stmt);
  if (rc == SQLITE_DONE) return SL_OK;
  if (rc != SQLITE_ROW) return sl_store_fail(cursor->store, cursor->connection->db, rc, err);
  *row = 1;
  return SL_OK;
}

sl_status sl_cursor_rebind(sl_cursor *cursor, sl_values values, sl_error *err) {
  sqlite3_reset(cursor->stmt);
  bind_all(cursor, values);
  if (cursor->bind_error == SQLITE_OK) return SL_OK;
  return sl_store_fail(cursor->store, cursor->connection->db, cursor->bind_error, err);
}

void sl_cursor_close(sl_cursor *cursor) {
  if (cursor->slot != NULL) {
    sqlite3_reset(cursor->stmt);
    sqlite3_clear_bindings(cursor->stmt);
    cursor->slot->busy = 0;
  } else {
    sqlite3_finalize(cursor->stmt);
  }
  give_back(cursor->store, cursor->connection);
}

int64_t sl_take_int(sl_cursor *cursor) {
  return sqlite3_column_int64(cursor->stmt, cursor->column++);
}

char *sl_take_text(sl_cursor *cursor) {
  int at = cursor->column++;
  const void *bytes = sqlite3_column_blob(cursor->stmt, at);
  int type = sqlite3_column_type(cursor->stmt, at);
  if (type == SQLITE_NULL) return NULL;
  if (type != SQLITE_TEXT && type != SQLITE_BLOB) cursor->damaged = 1;
  return sl_arena_copy_bytes(cursor->arena, bytes, (size_t)sqlite3_column_bytes(cursor->stmt, at));
}

void sl_take_bytes(sl_cursor *cursor, void *out, size_t size) {
  int at = cursor->column++;
  const void *bytes = sqlite3_column_blob(cursor->stmt, at);
  if (bytes != NULL && (size_t)sqlite3_column_bytes(cursor->stmt, at) == size)
    memcpy(out, bytes, size);
  else
    cursor->damaged = 1;
}

int sl_take_choice(sl_cursor *cursor, const char *const *names, int count) {
  const char *text = (const char *)sqlite3_column_text(cursor->stmt, cursor->column++);
  for (int i = 0; i < count; i++)
    if (sl_streq(text, names[i])) return i;
  cursor->damaged = 1;
  return 0;
}

// ---- whole queries ----------------------------------------------------------------------------

static sl_status check_damage(const sl_cursor *cursor, sl_error *err) {
  if (!cursor->damaged) return SL_OK;
  return sl_store_fail_damaged(cursor->store, err, "a record has a value Slitlamp does not write");
}

sl_status sl_query_change(sl_store *store, const char *sql, sl_values values, int64_t *changed,
                          sl_error *err) {
  SL_ASSERT(sl_store_in_transaction(store));
  sl_cursor cursor;
  SL_TRY(sl_cursor_open(store, NULL, sql, values, &cursor, err));
  int row = 0;
  sl_status status = sl_cursor_step(&cursor, &row, err);
  if (changed != NULL) *changed = sqlite3_changes64(store->writer->db);
  sl_cursor_close(&cursor);
  return status;
}

sl_status sl_query_int(sl_store *store, const char *sql, sl_values values, int64_t missing,
                       int64_t *out, sl_error *err) {
  sl_cursor cursor;
  *out = missing;
  SL_TRY(sl_cursor_open(store, NULL, sql, values, &cursor, err));
  int row = 0;
  sl_status status = sl_cursor_step(&cursor, &row, err);
  if (status == SL_OK && row) *out = sl_take_int(&cursor);
  // An INSERT ... RETURNING checks its references only at its end.
  if (status == SL_OK && row && !sqlite3_stmt_readonly(cursor.stmt))
    status = sl_cursor_step(&cursor, &row, err);
  sl_cursor_close(&cursor);
  return status;
}

// Doubles the array inside the arena; the old one is lost to it, at most as much again.
static sl_status grow(sl_arena *arena, size_t size, void **at, size_t count, size_t *capacity,
                      sl_error *err) {
  if (count < *capacity) return SL_OK;
  size_t wanted = *capacity > 0 ? *capacity * 2 : 16;
  void *wider = NULL;
  SL_TRY(sl_arena_try_push(arena, wanted, size, SIZE_MAX, "catalogue rows", &wider, err));
  if (count > 0) memcpy(wider, *at, count * size);
  *at = wider;
  *capacity = wanted;
  return SL_OK;
}

static sl_status read_rows(sl_cursor *cursor, sl_read_row read, size_t size, void **out,
                           size_t *count, sl_error *err) {
  size_t capacity = 0;
  for (int row = 1;;) {
    SL_TRY(sl_cursor_step(cursor, &row, err));
    if (!row) return check_damage(cursor, err);
    SL_TRY(grow(cursor->arena, size, out, *count, &capacity, err));
    read(cursor, (char *)*out + *count * size);
    ++*count;
  }
}

sl_status sl_query_rows(sl_store *store, sl_arena *arena, const char *sql, sl_values values,
                        sl_read_row read, size_t size, void **out, size_t *count, sl_error *err) {
  sl_cursor cursor;
  *out = NULL;
  *count = 0;
  SL_TRY(sl_cursor_open(store, arena, sql, values, &cursor, err));
  sl_status status = read_rows(&cursor, read, size, out, count, err);
  sl_cursor_close(&cursor);
  return status;
}

sl_status sl_query_record(sl_store *store, sl_arena *arena, const char *sql, sl_record_ref ref,
                          sl_read_row read, void *out, sl_error *err) {
  sl_cursor cursor;
  SL_TRY(sl_cursor_open(store, arena, sql, SL_VALUES(sl_v_int(ref.id)), &cursor, err));
  int row = 0;
  sl_status status = sl_cursor_step(&cursor, &row, err);
  if (status == SL_OK && row) {
    read(&cursor, out);
    status = check_damage(&cursor, err);
  } else if (status == SL_OK) {
    status = sl_store_fail_missing(store, ref, err);
  }
  sl_cursor_close(&cursor);
  return status;
}

void sl_read_int(sl_cursor *cursor, void *out) { *(int64_t *)out = sl_take_int(cursor); }
