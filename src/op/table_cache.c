// SPDX-License-Identifier: Apache-2.0
// The cache of tables and views.
//
// Invariant: entries are immutable and counted; one that falls out of the cache lives on until its
// last user gives it back. Start at sl_view_open().
#include "op/table_cache.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/hash.h"
#include "op/engine_state.h"
#include "op/open_table.h"

enum { TABLES_MAX = 4, VIEWS_MAX = 16 };

struct sl_table_cache {
  pthread_mutex_t lock;
  sl_open_table *tables[TABLES_MAX];  // most recent first
  sl_open_view *views[VIEWS_MAX];
};

void sl_table_cache_open(sl_engine *engine) {
  engine->tables = SL_NEW(engine->arena, struct sl_table_cache);
  pthread_mutex_init(&engine->tables->lock, NULL);
}

// Callers hold the lock.
static void drop_table(sl_open_table *table) {
  if (table != NULL && --table->references == 0) sl_arena_free(table->arena);
}

static void drop_view(sl_open_view *view) {
  if (view == NULL || --view->references > 0) return;
  drop_table(view->table);
  sl_arena_free(view->arena);
}

void sl_table_cache_close(sl_engine *engine) {
  struct sl_table_cache *cache = engine->tables;
  for (int i = 0; i < VIEWS_MAX; i++) drop_view(cache->views[i]);
  for (int i = 0; i < TABLES_MAX; i++) drop_table(cache->tables[i]);
  pthread_mutex_destroy(&cache->lock);
}

static void keep_table(struct sl_table_cache *cache, sl_open_table *table) {
  table->references++;
  drop_table(cache->tables[TABLES_MAX - 1]);
  memmove(cache->tables + 1, cache->tables, sizeof cache->tables - sizeof cache->tables[0]);
  cache->tables[0] = table;
}

static void keep_view(struct sl_table_cache *cache, sl_open_view *view) {
  view->references++;
  drop_view(cache->views[VIEWS_MAX - 1]);
  memmove(cache->views + 1, cache->views, sizeof cache->views - sizeof cache->views[0]);
  cache->views[0] = view;
}

static sl_status find_table(sl_op_call *call, int64_t version, int64_t run, int64_t other,
                            sl_open_table **out, sl_error *err) {
  struct sl_table_cache *cache = call->engine->tables;
  for (int i = 0; i < TABLES_MAX; i++) {
    sl_open_table *table = cache->tables[i];
    if (table == NULL || table->version != version || table->run != run || table->other != other)
      continue;
    table->references++;
    *out = table;
    return SL_OK;
  }
  SL_TRY(sl_open_table_make(call, version, run, other, out, err));
  (*out)->references = 1;
  keep_table(cache, *out);
  return SL_OK;
}

// ---- which table
// ---------------------------------------------------------------------------------

typedef struct selection {
  int64_t version, run, other;
} selection;

static sl_status select_run(sl_op_call *call, const sl_view_params *params, selection *out,
                            sl_error *err) {
  sl_run_row run, other;
  if (params->run == NULL && params->dataset != NULL) return SL_OK;
  sl_status status = sl_need_done_run(call, params->run, &run, err);
  if (status == SL_E_NOT_FOUND && params->run == NULL) {  // a dataset without a run is a view too
    sl_error_clear(err);
    return SL_OK;
  }
  SL_TRY(status);
  out->run = run.id;
  out->version = run.version;
  if (params->other == NULL) return SL_OK;
  SL_TRY(sl_need_done_run(call, params->other, &other, err));
  out->other = other.id;
  if (other.version == run.version) return SL_OK;
  sl_fail(err, SL_E_UNSUPPORTED, "runs \"r%lld\" and \"r%lld\" are on different dataset versions",
          (long long)run.id, (long long)other.id);
  return sl_hint(err, SL_E_UNSUPPORTED, "Evaluate both models on the same version.");
}

static sl_status choose(sl_op_call *call, const sl_view_params *params, selection *out,
                        sl_error *err) {
  memset(out, 0, sizeof *out);
  SL_TRY(select_run(call, params, out, err));
  if (out->version != 0) return SL_OK;
  sl_version_row version;
  SL_TRY(sl_need_version(call, params->dataset, &version, err));
  out->version = version.id;
  return SL_OK;
}

static char *view_key(sl_op_call *call, const selection *which, const sl_view_params *params) {
  sl_text text = {0};
  sl_text_printf(&text, "%lld %lld %lld %s", (long long)which->version, (long long)which->run,
                 (long long)which->other, params->sort != NULL ? params->sort : "");
  for (int64_t i = 0; i < params->where.count; i++)
    sl_text_printf(&text, "\n%zu %s", strlen(params->where.at[i]), params->where.at[i]);
  return sl_text_take(&text, call->arena);
}

static sl_status sort_field(const sl_table *table, const char *sort, const sl_field **field,
                            int *descending, sl_error *err) {
  *field = NULL;
  *descending = 0;
  if (sort == NULL || sort[0] == '\0') return SL_OK;
  *descending = sort[0] == '-';
  return sl_table_need(table, sort + *descending, field, err);
}

static sl_status make_view(sl_op_call *call, const selection *which, const sl_view_params *params,
                           const char *key, sl_open_view **out, sl_error *err) {
  sl_open_table *table;
  SL_TRY(find_table(call, which->version, which->run, which->other, &table, err));
  sl_arena *arena = sl_arena_new(NULL, "open view");
  sl_open_view *view = SL_NEW(arena, sl_open_view);
  *view = (sl_open_view){
      .arena = arena, .key = sl_arena_copy(arena, key), .table = table, .references = 1};
  const sl_field *field = NULL;
  int descending = 0;
  sl_status status = sl_filter_run(table->table, arena, params->where.at,
                                   (size_t)params->where.count, &view->filter, err);
  if (status == SL_OK) status = sort_field(table->table, params->sort, &field, &descending, err);
  if (status != SL_OK) {
    drop_view(view);
    return status;
  }
  sl_order_rows(&view->filter.matched, field, descending, arena, &view->order);
  *out = view;
  return SL_OK;
}

sl_status sl_view_open(sl_op_call *call, const sl_view_params *params, sl_open_view **out,
                       sl_error *err) {
  selection which;
  SL_TRY(choose(call, params, &which, err));
  const char *key = view_key(call, &which, params);
  struct sl_table_cache *cache = call->engine->tables;
  pthread_mutex_lock(&cache->lock);
  sl_status status = SL_OK;
  *out = NULL;
  for (int i = 0; i < VIEWS_MAX && *out == NULL; i++)
    if (cache->views[i] != NULL && sl_streq(cache->views[i]->key, key)) *out = cache->views[i];
  if (*out != NULL) {
    (*out)->references++;
  } else {
    status = make_view(call, &which, params, key, out, err);
    if (status == SL_OK) keep_view(cache, *out);
  }
  pthread_mutex_unlock(&cache->lock);
  return status;
}

void sl_view_release(sl_op_call *call, sl_open_view *view) {
  if (view == NULL) return;
  pthread_mutex_lock(&call->engine->tables->lock);
  drop_view(view);
  pthread_mutex_unlock(&call->engine->tables->lock);
}

int64_t sl_view_position(const sl_open_view *view, int64_t row) {
  if (!sl_bitset_has(&view->filter.matched, row)) return -1;
  for (int64_t i = 0; i < view->order.count; i++)
    if (view->order.rows[i] == row) return i;
  return -1;
}

// ---- records
// -------------------------------------------------------------------------------------

static const char *text_of(sl_op_call *call, const sl_table *table, const char *field,
                           int64_t row) {
  const sl_field *found = sl_table_find(table, field);
  const char *text = found != NULL ? sl_field_text(found, row) : NULL;
  return text != NULL ? sl_display(call->arena, text, strlen(text)) : NULL;
}

static double number_of(const sl_table *table, const char *field, int64_t row) {
  const sl_field *found = sl_table_find(table, field);
  return found != NULL ? sl_field_number(found, row) : NAN;
}

static int64_t whole_of(const sl_table *table, const char *field, int64_t row) {
  double value = number_of(table, field, row);
  return isnan(value) ? SL_INT_NULL : (int64_t)value;
}

static int32_t outcome_of(const sl_table *table, const char *field, int64_t row) {
  const sl_field *found = sl_table_find(table, field);
  return found != NULL ? (int32_t)((const uint32_t *)found->values)[row] : SL_OUTCOME_UNKNOWN;
}

static const char *content_hex(sl_op_call *call, const sl_open_table *open, int64_t row) {
  if (!open->has_content) return NULL;
  sl_hash hash;
  char hex[65];
  memcpy(hash.bytes, (const uint8_t *)open->content.values + row * 32, 32);
  sl_hash_hex(&hash, hex);
  return sl_arena_copy(call->arena, hex);
}

void sl_view_sample(sl_op_call *call, const sl_open_view *view, int64_t row, sl_rec_sample *out) {
  const sl_open_table *open = view->table;
  const sl_table *t = open->table;
  *out = (sl_rec_sample){.row = row,
                         .sample = sl_id_text(call->arena, SL_RECORD_SAMPLE,
                                              ((const int64_t *)open->members.values)[row]),
                         .name = text_of(call, t, "name", row),
                         .label = text_of(call, t, "label", row),
                         .pred = text_of(call, t, "pred", row),
                         .image = content_hex(call, open, row),
                         .split = text_of(call, t, "split", row),
                         .error = text_of(call, t, "error", row),
                         .other_pred = text_of(call, t, "other_pred", row),
                         .outcome = outcome_of(t, "outcome", row),
                         .other_outcome = outcome_of(t, "other_outcome", row),
                         .width = whole_of(t, "width", row),
                         .height = whole_of(t, "height", row),
                         .confidence = number_of(t, "confidence", row),
                         .entropy = number_of(t, "entropy", row),
                         .margin = number_of(t, "margin", row),
                         .loss = number_of(t, "loss", row),
                         .other_confidence = number_of(t, "other_confidence", row)};
}
