// SPDX-License-Identifier: Apache-2.0
// SQLite's result codes in Slitlamp's words.
//
// Invariant: every message names the workspace; every kind a user can meet has a hint.
#include "store/store_error.h"

#include <errno.h>
#include <string.h>

#include "store/store_state.h"
#include "store/write_lock.h"

typedef struct wording {
  int code;  // primary result code
  sl_status status;
  const char *reason;  // NULL: SQLite's own words
  const char *hint;
} wording;

static const wording wordings[] = {
    {SQLITE_FULL, SL_E_IO, "the disk is full",
     "Free some space and run the same command again; what was committed is kept."},
    {SQLITE_READONLY, SL_E_DENIED, "it cannot be written",
     "Check the owner and permissions of the folder, or use another --workspace."},
    {SQLITE_PERM, SL_E_DENIED, "access is denied",
     "Check the owner and permissions of the folder, or use another --workspace."},
    {SQLITE_AUTH, SL_E_DENIED, "access is denied", ""},
    {SQLITE_CORRUPT, SL_E_STORE, "its catalogue is damaged",
     "Restore the folder from a backup, or move it away and import again; images are not in it."},
    {SQLITE_NOTADB, SL_E_STORE, "its catalogue.db is not a Slitlamp catalogue",
     "Name the folder of a workspace, or move this one away."},
    {SQLITE_IOERR, SL_E_IO, "the disk refused to read or write",
     "Check the disk and its free space, then run the same command again."},
    {SQLITE_CANTOPEN, SL_E_IO, "its catalogue cannot be opened",
     "Check that the folder exists, may be written, and that not too many files are open."},
    {SQLITE_NOLFS, SL_E_LIMIT, "a file is larger than the file system allows", ""},
    {SQLITE_TOOBIG, SL_E_LIMIT, "a text is larger than a catalogue row can hold", ""},
    {SQLITE_NOMEM, SL_E_MEMORY, "memory ran out", ""},
    {SQLITE_CONSTRAINT, SL_E_ARG, "the record contradicts one that is there", ""},
};

static const wording *find_wording(int primary) {
  for (size_t i = 0; i < sizeof wordings / sizeof *wordings; i++)
    if (wordings[i].code == primary) return &wordings[i];
  return NULL;
}

static int is_busy(int primary) {
  return primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_PROTOCOL;
}

sl_status sl_store_fail(const sl_store *store, sqlite3 *db, int rc, sl_error *err) {
  int primary = rc & 0xff;
  if (is_busy(primary)) return sl_store_fail_busy(store, err);
  if (rc == SQLITE_CONSTRAINT_FOREIGNKEY)
    return sl_fail(err, SL_E_ARG, "workspace \"%s\" has no record that the new one refers to",
                   store->path);
  const wording *known = find_wording(primary);
  const char *said = db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
  if (known == NULL) return sl_fail(err, SL_E_STORE, "workspace \"%s\": %s", store->path, said);
  int number = db != NULL ? sqlite3_system_errno(db) : 0;
  int tell = number != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN);
  sl_fail(err, known->status, "workspace \"%s\": %s%s%s", store->path, known->reason,
          tell ? ": " : "", tell ? strerrordesc_np(number) : "");
  if (number == EROFS || number == EACCES)
    sl_hint(err, known->status, "The folder cannot be written; open it read-only or copy it.");
  else if (known->hint[0] != '\0')
    sl_hint(err, known->status, "%s", known->hint);
  return sl_detail(err, known->status, "SQLite says: %s (code %d).", said, rc);
}

sl_status sl_store_fail_busy(const sl_store *store, sl_error *err) {
  int64_t pid = sl_write_lock_holder(store);
  if (pid > 0)
    sl_fail(err, SL_E_BUSY, "workspace \"%s\" is being written by process %lld", store->path,
            (long long)pid);
  else
    sl_fail(err, SL_E_BUSY, "workspace \"%s\" is being written by another process", store->path);
  return sl_hint(err, SL_E_BUSY, "Wait until it has finished, or stop it, and try again.");
}

sl_status sl_store_fail_damaged(const sl_store *store, sl_error *err, const char *what) {
  sl_fail(err, SL_E_STORE, "workspace \"%s\" is damaged or altered: %s", store->path, what);
  return sl_hint(err, SL_E_STORE, "%s", find_wording(SQLITE_CORRUPT)->hint);
}

sl_status sl_store_fail_missing(const sl_store *store, sl_record_ref ref, sl_error *err) {
  sl_record_text id = sl_record_text_of(ref.kind, ref.id);
  return sl_fail(err, SL_E_NOT_FOUND, "no %s \"%s\" in workspace \"%s\"",
                 sl_record_kind_name(ref.kind), id.text, store->path);
}

sl_status sl_store_fail_stale(sl_record_ref ref, const char *state, sl_error *err) {
  sl_record_text id = sl_record_text_of(ref.kind, ref.id);
  return sl_fail(err, SL_E_STALE, "%s \"%s\" is not %s", sl_record_kind_name(ref.kind), id.text,
                 state);
}
