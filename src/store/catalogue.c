// SPDX-License-Identifier: Apache-2.0
// Making, checking and migrating the catalogue. The tables are in migrations.c.
//
// Invariant: a file whose schema differs from ours in any object (a planted trigger, view, index or
// column) is refused before it is written to. Start at sl_catalogue_prepare().
#include "store/catalogue.h"

#include <string.h>

#include "base/text.h"
#include "store/migrations.h"
#include "store/store_error.h"
#include "store/store_state.h"

static sl_status pragma_int(const sl_store *store, sqlite3 *db, const char *sql, int64_t *out,
                            sl_error *err) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
  if (rc == SQLITE_ROW) *out = sqlite3_column_int64(stmt, 0);
  sl_status status = rc == SQLITE_ROW ? SL_OK : sl_store_fail(store, db, rc, err);
  sqlite3_finalize(stmt);
  return status;
}

// ---- the schema, as text ----------------------------------------------------------------------

static int append_schema(sqlite3 *db, sl_text *out) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(
      db, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name", -1, &stmt,
      NULL);
  if (rc != SQLITE_OK) return rc;
  while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    for (int i = 0; i < 4; i++) {
      const char *text = (const char *)sqlite3_column_text(stmt, i);
      sl_text_puts(out, text != NULL ? text : "-");
      sl_text_putc(out, '\x1f');
    }
    sl_text_putc(out, '\n');
  }
  sqlite3_finalize(stmt);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

// What the migrations up to `version` make, learned by running them in memory.
static int append_expected(int version, sl_text *out) {
  sqlite3 *db = NULL;
  int rc = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  for (int i = 0; rc == SQLITE_OK && i < version; i++)
    rc = sqlite3_exec(db, sl_migrations[i], NULL, NULL, NULL);
  if (rc == SQLITE_OK) rc = append_schema(db, out);
  sqlite3_close(db);
  return rc;
}

static sl_status check_schema(const sl_store *store, sqlite3 *db, int version, sl_error *err) {
  sl_text expected = {0}, found = {0};
  int rc = append_expected(version, &expected);
  if (rc == SQLITE_OK) rc = append_schema(db, &found);
  int equal = strcmp(sl_text_z(&expected), sl_text_z(&found)) == 0;
  sl_text_free(&expected);
  sl_text_free(&found);
  if (rc != SQLITE_OK) return sl_store_fail(store, db, rc, err);
  if (equal) return SL_OK;
  return sl_store_fail_damaged(store, err, "its tables are not the ones Slitlamp makes");
}

static sl_status check_pages(const sl_store *store, sqlite3 *db, sl_error *err) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
  const char *said = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
  sl_status status = SL_OK;
  if (rc != SQLITE_ROW)
    status = sl_store_fail(store, db, rc, err);
  else if (!sl_streq(said, "ok"))
    status = sl_store_fail_damaged(store, err, said ? said : "?");
  sqlite3_finalize(stmt);
  return status;
}

// ---- versions ---------------------------------------------------------------------------------

typedef struct identity {
  int64_t application, version, objects;
} identity;

static sl_status read_identity(const sl_store *store, sqlite3 *db, identity *out, sl_error *err) {
  SL_TRY(pragma_int(store, db, "PRAGMA application_id", &out->application, err));
  SL_TRY(pragma_int(store, db, "PRAGMA user_version", &out->version, err));
  return pragma_int(store, db, "SELECT count(*) FROM sqlite_schema", &out->objects, err);
}

static int is_blank(const identity *id) {
  return id->application == 0 && id->version == 0 && id->objects == 0;
}

static sl_status check_identity(const sl_store *store, const identity *id, sl_error *err) {
  if (id->application != SL_CATALOGUE_APPLICATION || id->version < 1)
    return sl_store_fail(store, NULL, SQLITE_NOTADB, err);
  if (id->version <= sl_catalogue_newest()) return SL_OK;
  sl_fail(err, SL_E_UNSUPPORTED, "workspace \"%s\" was made by a newer Slitlamp (format %lld)",
          store->path, (long long)id->version);
  return sl_hint(err, SL_E_UNSUPPORTED, "This one knows formats up to %d; install a newer one.",
                 sl_catalogue_newest());
}

static sl_status run_migrations(const sl_store *store, sl_connection *connection, int64_t from,
                                sl_error *err) {
  char sql[96];
  for (int64_t i = from; i < sl_catalogue_newest(); i++)
    SL_TRY(sl_connection_exec(store, connection, sl_migrations[i], err));
  sqlite3_snprintf(sizeof sql, sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   SL_CATALOGUE_APPLICATION, sl_catalogue_newest());
  return sl_connection_exec(store, connection, sql, err);
}

// One transaction, and the version is read again inside it: another process may have been first.
static sl_status migrate(const sl_store *store, sl_connection *connection, sl_error *err) {
  SL_TRY(sl_connection_exec(store, connection, "PRAGMA journal_mode=WAL", err));
  SL_TRY(sl_connection_exec(store, connection, "PRAGMA synchronous=FULL; BEGIN IMMEDIATE", err));
  identity id;
  sl_status status = read_identity(store, connection->db, &id, err);
  if (status == SL_OK && !is_blank(&id)) status = check_identity(store, &id, err);
  if (status == SL_OK) status = run_migrations(store, connection, id.version, err);
  if (status == SL_OK) status = sl_connection_exec(store, connection, "COMMIT", err);
  if (status != SL_OK && !sqlite3_get_autocommit(connection->db))
    sqlite3_exec(connection->db, "ROLLBACK", NULL, NULL, NULL);
  if (status != SL_OK) return status;
  return sl_connection_exec(store, connection, "PRAGMA synchronous=NORMAL", err);
}

static sl_status refuse_blank(const sl_store *store, sl_error *err) {
  sl_fail(err, SL_E_NOT_FOUND, "workspace \"%s\" is empty", store->path);
  return sl_hint(err, SL_E_NOT_FOUND, "Import data into it first (slitlamp import).");
}

static sl_status refuse_old(const sl_store *store, sl_error *err) {
  sl_fail(err, SL_E_UNSUPPORTED, "workspace \"%s\" has an older format and is read-only",
          store->path);
  return sl_hint(err, SL_E_UNSUPPORTED, "Open it once where it can be written; that updates it.");
}

sl_status sl_catalogue_prepare(const sl_store *store, sl_connection *connection,
                               sl_catalogue_options options, sl_error *err) {
  identity id;
  SL_TRY(read_identity(store, connection->db, &id, err));
  if (is_blank(&id)) {
    if (!options.create || options.read_only) return refuse_blank(store, err);
    return migrate(store, connection, err);
  }
  SL_TRY(check_identity(store, &id, err));
  SL_TRY(check_schema(store, connection->db, (int)id.version, err));
  if (options.check) SL_TRY(check_pages(store, connection->db, err));
  if (id.version == sl_catalogue_newest()) return SL_OK;
  return options.read_only ? refuse_old(store, err) : migrate(store, connection, err);
}
