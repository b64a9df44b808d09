// SPDX-License-Identifier: Apache-2.0
// Connections to the catalogue and statements on them; only files of src/store include this.
//
// Invariant: a connection is used by one thread at a time. The store has one writer, which the
// thread inside a transaction owns, and a pool of readers that are lent for one statement.
// SQL is always a string literal: values are bound, never printed into it.
#ifndef SL_STORE_CONNECTION_H
#define SL_STORE_CONNECTION_H

#include <sqlite3.h>

#include "store/store.h"

enum { SL_STATEMENTS_MAX = 96 };

typedef struct sl_statement_slot {
  const char *sql;  // compared by address
  sqlite3_stmt *stmt;
  int busy;
} sl_statement_slot;

typedef struct sl_connection {
  struct sl_connection *next;  // in the pool
  sqlite3 *db;
  int slot_count;
  sl_statement_slot slots[SL_STATEMENTS_MAX];
} sl_connection;

typedef enum sl_access {
  SL_ACCESS_WRITE,     // the one writer
  SL_ACCESS_READ,      // a reader beside a writer of this or another process
  SL_ACCESS_IMMUTABLE  // a file nobody can change: read-only file systems
} sl_access;

// Opens and hardens a connection to the catalogue of `store`.
SL_MUST_CHECK sl_status sl_connection_open(const sl_store *store, sl_access access,
                                           sl_connection **out, sl_error *err);
void sl_connection_close(sl_connection *connection);  // NULL is allowed

// Runs statements without values or results.
SL_MUST_CHECK sl_status sl_connection_exec(const sl_store *store, sl_connection *connection,
                                           const char *sql, sl_error *err);

// ---- values -----------------------------------------------------------------------------------

typedef struct sl_value {
  enum { SL_VALUE_INT, SL_VALUE_REF, SL_VALUE_TEXT, SL_VALUE_BYTES } kind;
  int64_t number;     // the int, or the size of bytes
  const void *bytes;  // NULL text and bytes are bound as NULL
} sl_value;

static inline sl_value sl_v_int(int64_t number) { return (sl_value){SL_VALUE_INT, number, NULL}; }
static inline sl_value sl_v_ref(int64_t id) {  // 0 is bound as NULL
  return (sl_value){SL_VALUE_REF, id, NULL};
}
static inline sl_value sl_v_text(const char *text) { return (sl_value){SL_VALUE_TEXT, 0, text}; }
static inline sl_value sl_v_bytes(const void *bytes, size_t size) {
  return (sl_value){SL_VALUE_BYTES, (int64_t)size, bytes};
}
sl_value sl_v_name(const char *text);  // any bytes a file name may have, bound as a BLOB

typedef struct sl_values {
  const sl_value *at;
  size_t count;
} sl_values;

#define SL_VALUES(...)                          \
  ((sl_values){(const sl_value[]){__VA_ARGS__}, \
               sizeof((const sl_value[]){__VA_ARGS__}) / sizeof(sl_value)})
#define SL_NO_VALUES ((sl_values){NULL, 0})

// ---- statements -------------------------------------------------------------------------------

// A statement in use. Columns are taken from left to right.
typedef struct sl_cursor {
  sl_store *store;
  sl_connection *connection;
  sqlite3_stmt *stmt;
  sl_statement_slot *slot;  // NULL when the statement is not cached
  sl_arena *arena;          // for the texts taken
  int column;               // next to take
  int bind_error;
  int damaged;  // a value that no Slitlamp writes was met
} sl_cursor;

// Prepares `sql` on the writer when the calling thread is in a transaction, else on a reader.
SL_MUST_CHECK sl_status sl_cursor_open(sl_store *store, sl_arena *arena, const char *sql,
                                       sl_values values, sl_cursor *out, sl_error *err);
// Next row: *row is 0 at the end.
SL_MUST_CHECK sl_status sl_cursor_step(sl_cursor *cursor, int *row, sl_error *err);
// Binds other values and starts over.
SL_MUST_CHECK sl_status sl_cursor_rebind(sl_cursor *cursor, sl_values values, sl_error *err);
void sl_cursor_close(sl_cursor *cursor);

int64_t sl_take_int(sl_cursor *cursor);  // NULL gives 0
char *sl_take_text(sl_cursor *cursor);   // NULL stays NULL; in the cursor's arena
void sl_take_bytes(sl_cursor *cursor, void *out, size_t size);  // exactly `size`, else damaged
// Index of the text in `names`; damaged when it is none of them.
int sl_take_choice(sl_cursor *cursor, const char *const *names, int count);

// ---- whole queries ----------------------------------------------------------------------------

// Runs a statement that changes rows, on the writer; *changed (may be NULL) gets their count. The
// calling thread must be in a transaction.
SL_MUST_CHECK sl_status sl_query_change(sl_store *store, const char *sql, sl_values values,
                                        int64_t *changed, sl_error *err);
// First column of the first row, or `missing`.
SL_MUST_CHECK sl_status sl_query_int(sl_store *store, const char *sql, sl_values values,
                                     int64_t missing, int64_t *out, sl_error *err);
// Every row through `read` into an array of structs of `size` bytes in `arena`.
typedef void (*sl_read_row)(sl_cursor *cursor, void *out);
SL_MUST_CHECK sl_status sl_query_rows(sl_store *store, sl_arena *arena, const char *sql,
                                      sl_values values, sl_read_row read, size_t size, void **out,
                                      size_t *count, sl_error *err);
// The one row of record `ref`, or SL_E_NOT_FOUND naming it.
SL_MUST_CHECK sl_status sl_query_record(sl_store *store, sl_arena *arena, const char *sql,
                                        sl_record_ref ref, sl_read_row read, void *out,
                                        sl_error *err);
void sl_read_int(sl_cursor *cursor, void *out);  // an sl_read_row into int64_t

#endif
