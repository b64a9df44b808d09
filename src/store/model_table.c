// SPDX-License-Identifier: Apache-2.0
// Models: one row per content key.
#include "store/model_table.h"

#include "base/clock.h"
#include "store/connection.h"
#include "store/store_error.h"
#include "store/store_state.h"

#define MODEL_COLUMNS "id, key, path, name, size_bytes, contract, metadata, created_ms, journal"

static void read_model(sl_cursor *cursor, void *out) {
  sl_model_row *row = out;
  row->id = sl_take_int(cursor);
  row->key = sl_take_text(cursor);
  row->path = sl_take_text(cursor);
  row->name = sl_take_text(cursor);
  row->size_bytes = sl_take_int(cursor);
  row->contract = sl_take_text(cursor);
  row->metadata = sl_take_text(cursor);
  row->created_ms = sl_take_int(cursor);
  row->journal = sl_take_int(cursor);
}

static sl_status add(sl_store *store, const sl_model_row *row, int64_t *id, sl_error *err) {
  sl_values values =
      SL_VALUES(sl_v_text(row->key), sl_v_name(row->path), sl_v_text(row->name),
                sl_v_int(row->size_bytes), sl_v_text(row->contract), sl_v_text(row->metadata),
                sl_v_int(sl_clock_utc_ms()), sl_v_ref(row->journal));
  return sl_query_int(
      store,
      "INSERT INTO model(key, path, name, size_bytes, contract, metadata, created_ms, journal)"
      " VALUES(?, ?, ?, ?, ?, ?, ?, ?)"
      " ON CONFLICT(key) DO UPDATE SET path = excluded.path RETURNING id",
      values, 0, id, err);
}

sl_status sl_store_add_model(sl_store *store, const sl_model_row *row, int64_t *id, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_DURABLE, err));
  return sl_write_leave(store, add(store, row, id, err), err);
}

static sl_status set_contract(sl_store *store, int64_t id, const char *contract, sl_error *err) {
  int64_t changed = 0;
  SL_TRY(sl_query_change(store, "UPDATE model SET contract = ?2 WHERE id = ?1",
                         SL_VALUES(sl_v_int(id), sl_v_text(contract)), &changed, err));
  if (changed > 0) return SL_OK;
  return sl_store_fail_missing(store, (sl_record_ref){SL_RECORD_MODEL, id}, err);
}

sl_status sl_store_set_model_contract(sl_store *store, int64_t id, const char *contract,
                                      sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_DURABLE, err));
  return sl_write_leave(store, set_contract(store, id, contract, err), err);
}

sl_status sl_store_get_model(sl_store *store, sl_arena *arena, int64_t id, sl_model_row *out,
                             sl_error *err) {
  return sl_query_record(store, arena, "SELECT " MODEL_COLUMNS " FROM model WHERE id = ?",
                         (sl_record_ref){SL_RECORD_MODEL, id}, read_model, out, err);
}

sl_status sl_store_find_model(sl_store *store, const char *key, int64_t *id, sl_error *err) {
  return sl_query_int(store, "SELECT id FROM model WHERE key = ?", SL_VALUES(sl_v_text(key)), 0, id,
                      err);
}

sl_status sl_store_list_models(sl_store *store, sl_arena *arena, sl_model_row **out, size_t *count,
                               sl_error *err) {
  void *rows = NULL;
  sl_status status = sl_query_rows(store, arena, "SELECT " MODEL_COLUMNS " FROM model ORDER BY id",
                                   SL_NO_VALUES, read_model, sizeof **out, &rows, count, err);
  *out = rows;
  return status;
}
