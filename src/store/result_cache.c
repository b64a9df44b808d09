// SPDX-License-Identifier: Apache-2.0
// Results by key. A key decides its result, so the first one put stays.
#include "store/result_cache.h"

#include "base/clock.h"
#include "store/connection.h"
#include "store/store_state.h"

sl_status sl_store_put_result(sl_store *store, const char *key, const char *result, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_FAST, err));
  sl_status status = sl_query_change(
      store, "INSERT OR IGNORE INTO result(key, text, created_ms) VALUES(?, ?, ?)",
      SL_VALUES(sl_v_text(key), sl_v_text(result), sl_v_int(sl_clock_utc_ms())), NULL, err);
  return sl_write_leave(store, status, err);
}

static void read_text(sl_cursor *cursor, void *out) { *(char **)out = sl_take_text(cursor); }

sl_status sl_store_get_result(sl_store *store, sl_arena *arena, const char *key, char **result,
                              sl_error *err) {
  void *rows = NULL;
  size_t count = 0;
  *result = NULL;
  SL_TRY(sl_query_rows(store, arena, "SELECT text FROM result WHERE key = ?",
                       SL_VALUES(sl_v_text(key)), read_text, sizeof(char *), &rows, &count, err));
  if (count > 0) *result = ((char **)rows)[0];
  return SL_OK;
}
