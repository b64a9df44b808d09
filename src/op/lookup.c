// SPDX-License-Identifier: Apache-2.0
// Finding what parameters name.
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "op/lookup.h"

sl_status sl_need_run(sl_op_call *call, const char *id, sl_run_row *out, sl_error *err) {
  if (id != NULL) {
    int64_t number = sl_record_parse(SL_RECORD_RUN, id);
    if (number != 0) return sl_store_get_run(call->store, call->arena, number, out, err);
    sl_fail(err, SL_E_ARG, "\"%.64s\" is not the id of a run", id);
    return sl_hint(err, SL_E_ARG, "Runs look like r1; \"slitlamp ls runs\" lists them.");
  }
  sl_run_row *runs;
  size_t count;
  SL_TRY(sl_store_list_runs(call->store, call->arena, 0, 0, &runs, &count, err));
  for (size_t i = count; i-- > 0;) {
    if (runs[i].state != SL_RUN_DONE) continue;
    *out = runs[i];
    return SL_OK;
  }
  sl_fail(err, SL_E_NOT_FOUND, "the workspace holds no finished run");
  return sl_hint(err, SL_E_NOT_FOUND, "\"slitlamp open MODEL DATA\" makes one.");
}

sl_status sl_need_done_run(sl_op_call *call, const char *id, sl_run_row *out, sl_error *err) {
  SL_TRY(sl_need_run(call, id, out, err));
  if (out->state == SL_RUN_DONE) return SL_OK;
  sl_fail(err, SL_E_STALE, "run \"%s\" is %s, not finished",
          sl_record_text_of(SL_RECORD_RUN, out->id).text, sl_run_state_name(out->state));
  return sl_hint(err, SL_E_STALE, "\"slitlamp resume\" goes on with it.");
}

static sl_status newest_version(sl_op_call *call, sl_version_row *out, sl_error *err) {
  sl_version_row *rows;
  size_t count;
  SL_TRY(sl_store_list_versions(call->store, call->arena, 0, SL_VERSION_READY, &rows, &count, err));
  if (count == 0) {
    sl_fail(err, SL_E_NOT_FOUND, "the workspace holds no dataset");
    return sl_hint(err, SL_E_NOT_FOUND, "\"slitlamp import FOLDER\" makes one.");
  }
  *out = rows[count - 1];
  return SL_OK;
}

sl_status sl_need_version(sl_op_call *call, const char *id, sl_version_row *out, sl_error *err) {
  if (id == NULL) return newest_version(call, out, err);
  int64_t version = sl_record_parse(SL_RECORD_VERSION, id);
  int64_t dataset = sl_record_parse(SL_RECORD_DATASET, id);
  if (version == 0 && dataset == 0) SL_TRY(sl_store_find_dataset(call->store, id, &dataset, err));
  if (version == 0 && dataset != 0) {
    sl_dataset_row row;
    SL_TRY(sl_store_get_dataset(call->store, call->arena, dataset, &row, err));
    SL_TRY(sl_store_latest_version(call->store, dataset, &version, err));
    if (version == 0)
      return sl_fail(err, SL_E_NOT_FOUND, "dataset \"%.64s\" has no finished import", id);
  }
  if (version != 0) return sl_store_get_version(call->store, call->arena, version, out, err);
  sl_fail(err, SL_E_NOT_FOUND, "there is no dataset \"%.64s\"", id);
  return sl_hint(err, SL_E_NOT_FOUND, "\"slitlamp ls datasets\" lists them.");
}

sl_status sl_need_sample(sl_op_call *call, const char *id, sl_sample_row *out, sl_error *err) {
  int64_t number = sl_record_parse(SL_RECORD_SAMPLE, id);
  if (number != 0) return sl_store_get_sample(call->store, call->arena, number, out, err);
  sl_fail(err, SL_E_ARG, "\"%.64s\" is not the id of a sample", id);
  return sl_hint(err, SL_E_ARG, "Samples look like s1; \"slitlamp ls samples\" lists them.");
}

const char *sl_id_text(sl_arena *arena, sl_record_kind kind, int64_t id) {
  return id == 0 ? NULL : sl_arena_copy(arena, sl_record_text_of(kind, id).text);
}

const char *sl_time_text(sl_arena *arena, int64_t utc_ms) {
  char text[32];
  if (utc_ms == 0) return NULL;
  sl_clock_text(utc_ms, text);
  return sl_arena_copy(arena, text);
}

sl_texts sl_texts_of_value(sl_arena *arena, const sl_json *list) {
  sl_texts texts = {0};
  if (sl_json_kind_of(list) != SL_JSON_LIST) return texts;
  const char **at = SL_NEW_ARRAY(arena, const char *, sl_json_count(list) + 1);
  for (sl_json_iter it = sl_json_each(list); sl_json_next(&it);)
    at[texts.count++] = sl_json_text(it.value, "");
  texts.at = at;
  return texts;
}

sl_texts sl_texts_of_json(sl_arena *arena, const char *json) {
  const sl_json *list;
  if (json == NULL || sl_json_parse(arena, json, strlen(json), "a list", &list, NULL) != SL_OK)
    return (sl_texts){0};
  return sl_texts_of_value(arena, list);
}

char *sl_texts_print(sl_arena *arena, const sl_texts *texts) {
  sl_text text = {0};
  sl_json_writer w;
  sl_json_begin(&w, &text);
  sl_json_open_list(&w);
  for (int64_t i = 0; i < texts->count; i++) sl_json_put_text(&w, texts->at[i]);
  sl_json_close_list(&w);
  return sl_text_take(&text, arena);
}

// ---- lists -------------------------------------------------------------------------------------

void *sl_record_add(sl_arena *arena, sl_record_list *list, size_t size) {
  list->size = size;
  if (list->count == list->capacity) {
    list->capacity = list->capacity * 2 + 16;
    unsigned char *grown = sl_arena_push(arena, (size_t)list->capacity * size);
    if (list->count > 0) memcpy(grown, list->at, (size_t)list->count * size);
    list->at = grown;
  }
  return list->at + (size_t)list->count++ * size;
}

sl_records sl_record_done(const sl_record_list *list) {
  return (sl_records){list->at, list->count};
}

void sl_fact_add(sl_arena *arena, sl_record_list *list, const char *group, const char *name,
                 const char *journal, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  char *value = sl_arena_vprintf(arena, fmt, args);
  va_end(args);
  sl_rec_fact *fact = sl_record_add(arena, list, sizeof *fact);
  *fact = (sl_rec_fact){group, name, value, journal};
}

void sl_text_list_add(sl_arena *arena, sl_text_list *list, const char *text) {
  if (list->count == list->capacity) {
    list->capacity = list->capacity * 2 + 8;
    const char **grown = SL_NEW_ARRAY(arena, const char *, list->capacity);
    if (list->count > 0) memcpy(grown, list->at, (size_t)list->count * sizeof *grown);
    list->at = grown;
  }
  list->at[list->count++] = text;
}

sl_texts sl_text_list_done(const sl_text_list *list) { return (sl_texts){list->at, list->count}; }
