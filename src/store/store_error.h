// SPDX-License-Identifier: Apache-2.0
// SQLite's result codes in Slitlamp's words: the one place that translates them.
#ifndef SL_STORE_STORE_ERROR_H
#define SL_STORE_STORE_ERROR_H

#include "store/connection.h"

// Writes the error for result code `rc` of `db` (may be NULL) and returns its status.
sl_status sl_store_fail(const sl_store *store, sqlite3 *db, int rc, sl_error *err);

// SL_E_BUSY naming the process that holds the write lock.
sl_status sl_store_fail_busy(const sl_store *store, sl_error *err);

// SL_E_STORE: the catalogue or a file of it is damaged; `what` says how.
sl_status sl_store_fail_damaged(const sl_store *store, sl_error *err, const char *what);

// SL_E_NOT_FOUND naming a record: no run "r12" in workspace "...".
sl_status sl_store_fail_missing(const sl_store *store, sl_record_ref ref, sl_error *err);

// SL_E_STALE: the record is in another state than the call needs.
sl_status sl_store_fail_stale(sl_record_ref ref, const char *state, sl_error *err);

#endif
