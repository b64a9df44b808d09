// SPDX-License-Identifier: Apache-2.0
// A contract as JSON, for the workspace, and back.
#include <string.h>

#include "model/contract.h"

static void put_texts(sl_json_writer *w, const char *key, const sl_texts *texts) {
  sl_json_key(w, key);
  sl_json_open_list(w);
  for (int64_t i = 0; i < texts->count; i++) sl_json_put_text(w, texts->at[i]);
  sl_json_close_list(w);
}

static void put_text(sl_json_writer *w, const char *key, const char *value) {
  sl_json_key(w, key);
  sl_json_put_text(w, value);
}

static void put_bool(sl_json_writer *w, const char *key, bool value) {
  sl_json_key(w, key);
  sl_json_put_bool(w, value);
}

static void put_int(sl_json_writer *w, const char *key, int64_t value) {
  sl_json_key(w, key);
  sl_json_put_int(w, value);
}

static const char *const origins[] = {"guess", "option", "sidecar", "metadata"};

static void put_classes(sl_json_writer *w, const sl_class_map *map) {
  sl_json_key(w, "classes");
  sl_json_open_object(w);
  put_texts(w, "names", &map->names);
  put_texts(w, "ids", &map->ids);
  put_text(w, "source", map->source);
  sl_json_close_object(w);
}

char *sl_contract_print(sl_arena *arena, const sl_contract *contract) {
  sl_text text = {0};
  sl_json_writer w;
  sl_json_begin(&w, &text);
  sl_json_open_object(&w);
  sl_json_key(&w, "pipeline");
  sl_json_put_raw(&w, contract->pipeline.text);
  put_text(&w, "pipeline_origin", origins[contract->pipeline_origin]);
  put_text(&w, "pipeline_source", contract->pipeline_source);
  put_texts(&w, "evidence", &contract->evidence);
  put_text(&w, "scores", sl_scores_name(contract->scores));
  put_bool(&w, "scores_activated", contract->scores_activated);
  put_bool(&w, "scores_certain", contract->scores_certain);
  put_bool(&w, "activation_certain", contract->activation_certain);
  put_texts(&w, "scores_evidence", &contract->scores_evidence);
  put_int(&w, "columns", contract->columns);
  put_int(&w, "class_count", contract->class_count);
  put_classes(&w, &contract->classes);
  sl_json_close_object(&w);
  return sl_text_take(&text, arena);
}

static sl_texts get_texts(sl_arena *arena, const sl_json *list) {
  const char **at = SL_NEW_ARRAY(arena, const char *, sl_json_count(list));
  int64_t count = 0;
  for (sl_json_iter it = sl_json_each(list); sl_json_next(&it);)
    at[count++] = sl_arena_copy(arena, sl_json_text(it.value, ""));
  return (sl_texts){at, count};
}

static int find_text(const char *name, const char *const *names, int count) {
  for (int i = 0; i < count; i++)
    if (strcmp(names[i], name) == 0) return i;
  return -1;
}

static sl_status get_names(const sl_json *object, sl_contract *out, sl_error *err) {
  const char *origin = sl_json_text(sl_json_get(object, "pipeline_origin"), "");
  const char *scores = sl_json_text(sl_json_get(object, "scores"), "");
  int found = find_text(origin, origins, 4);
  out->scores = SL_SCORES_AUTO;
  for (int i = SL_SCORES_LOGITS; i <= SL_SCORES_MULTILABEL; i++)
    if (strcmp(sl_scores_name((sl_scores)i), scores) == 0) out->scores = (sl_scores)i;
  if (found < 0 || out->scores == SL_SCORES_AUTO)
    return sl_fail(err, SL_E_FORMAT,
                   "contract has the unknown origin \"%.40s\" or scores \"%.40s\"", origin, scores);
  out->pipeline_origin = (sl_pipeline_origin)found;
  out->guessed = out->pipeline_origin == SL_ORIGIN_GUESS;
  return SL_OK;
}

sl_status sl_contract_parse(sl_arena *arena, const char *text, size_t size, sl_contract *out,
                            sl_error *err) {
  const sl_json *object;
  SL_TRY(sl_json_parse(arena, text, size, "contract", &object, err));
  *out = (sl_contract){0};
  SL_TRY(sl_pipeline_parse(arena, sl_json_get(object, "pipeline"), "pipeline of the contract",
                           &out->pipeline, err));
  SL_TRY(get_names(object, out, err));
  const sl_json *classes = sl_json_get(object, "classes");
  out->pipeline_source =
      sl_arena_copy(arena, sl_json_text(sl_json_get(object, "pipeline_source"), ""));
  out->evidence = get_texts(arena, sl_json_get(object, "evidence"));
  out->scores_activated = sl_json_bool(sl_json_get(object, "scores_activated"), 0) != 0;
  out->scores_certain = sl_json_bool(sl_json_get(object, "scores_certain"), 0) != 0;
  out->activation_certain = sl_json_bool(sl_json_get(object, "activation_certain"), 0) != 0;
  out->scores_evidence = get_texts(arena, sl_json_get(object, "scores_evidence"));
  out->columns = sl_json_int(sl_json_get(object, "columns"), 0);
  out->class_count = sl_json_int(sl_json_get(object, "class_count"), 0);
  out->classes.names = get_texts(arena, sl_json_get(classes, "names"));
  out->classes.ids = get_texts(arena, sl_json_get(classes, "ids"));
  out->classes.source = sl_arena_copy(arena, sl_json_text(sl_json_get(classes, "source"), ""));
  if (out->columns < 1 || out->class_count < 1)
    return sl_fail(err, SL_E_FORMAT, "contract does not say how many scores the model gives");
  return SL_OK;
}
