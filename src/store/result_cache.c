// SPDX-License-Identifier: Apache-2.0
// Results by key. A key decides its result, so the first one put stays.
#include "store/result_cache.h"

#include <string.h>

#include "base/clock.h"
#include "store/cache_limit.h"
#include "store/connection.h"
#include "store/store_state.h"

sl_status sl_store_put_result(sl_store *store, const char *key, const char *result, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_FAST, err));
  sl_status status = sl_query_change(
      store, "INSERT OR IGNORE INTO result(key, text, created_ms) VALUES(?, ?, ?)",
      SL_VALUES(sl_v_text(key), sl_v_text(result), sl_v_int(sl_clock_utc_ms())), NULL, err);
  SL_TRY(sl_write_leave(store, status, err));
  // Inside somebody's transaction nothing is removed.
  if (sl_store_in_transaction(store)) return SL_OK;
  return sl_cache_note_added(store, (int64_t)strlen(result), err);
}

typedef struct kept {
  char *text;
  int64_t used_ms;
} kept;

static void read_kept(sl_cursor *cursor, void *out) {
  kept *row = out;
  row->text = sl_take_text(cursor);
  row->used_ms = sl_take_int(cursor);
}

// The row's time is that of its last use, to the hour. A result that cannot be marked only leaves
// earlier, so that a failure is none of the reader's business.
static void mark_used(sl_store *store, const char *key, const kept *row) {
  sl_error ignored = {0};
  int64_t now = sl_clock_utc_ms();
  if (store->read_only || sl_store_in_transaction(store)) return;
  if (now - row->used_ms < SL_CACHE_USE_S * INT64_C(1000)) return;
  if (sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_FAST, &ignored) != SL_OK) return;
  sl_status status = sl_query_change(store, "UPDATE result SET created_ms = ? WHERE key = ?",
                                     SL_VALUES(sl_v_int(now), sl_v_text(key)), NULL, &ignored);
  if (sl_write_leave(store, status, &ignored) != SL_OK) return;
}

sl_status sl_store_get_result(sl_store *store, sl_arena *arena, const char *key, char **result,
                              sl_error *err) {
  void *rows = NULL;
  size_t count = 0;
  *result = NULL;
  SL_TRY(sl_query_rows(store, arena, "SELECT text, created_ms FROM result WHERE key = ?",
                       SL_VALUES(sl_v_text(key)), read_kept, sizeof(kept), &rows, &count, err));
  if (count == 0) return SL_OK;
  *result = ((kept *)rows)->text;
  mark_used(store, key, rows);
  return SL_OK;
}
