// SPDX-License-Identifier: Apache-2.0
// Reading, completing, changing and printing pipelines.
//
// Invariant: every sl_pipeline passed through sl_pipeline_make(), which checks the steps and their
// order and adds the decode and layout steps that were left out. Start there.
#include "model/pipeline.h"

#include <ctype.h>
#include <string.h>

#include "base/hash.h"

enum { STEPS_MAX = 32 };

static const sl_step *step_of(const sl_variant *variant) { return sl_step_at(variant->index); }

static int64_t index_of(const char *name) { return sl_registry_find(&sl_step_registry, name); }

static sl_variant default_step(sl_arena *arena, const char *name) {
  sl_variant variant = {.index = index_of(name)};
  const sl_item *item = &sl_step_at(variant.index)->item;
  void *params = sl_arena_push(arena, item->params_size);
  sl_rows_defaults(item->params, params);
  variant.params = params;
  return variant;
}

static sl_status check_steps(const sl_variant *steps, size_t count, const char *what,
                             sl_error *err) {
  if (count > STEPS_MAX)
    return sl_fail(err, SL_E_LIMIT, "%s has %zu steps, the limit is %d", what, count, STEPS_MAX);
  for (size_t i = 0; i < count; i++) {
    const sl_step *step = step_of(&steps[i]);
    if (step->check != NULL) SL_TRY(step->check(steps[i].params, err));
    if (i == 0) continue;
    const sl_step *before = step_of(&steps[i - 1]);
    int repeats = step->stage == before->stage &&
                  (step->stage == SL_STAGE_DECODE || step->stage == SL_STAGE_LAYOUT);
    if (step->stage >= before->stage && !repeats) continue;
    sl_fail(err, SL_E_ARG, "%s has the step \"%s\" after \"%s\"", what, step->item.name,
            before->item.name);
    return sl_hint(err, SL_E_ARG,
                   "The order is decode, then mode, resize, crop, letterbox and pad in any order, "
                   "then scale and normalize, then layout.");
  }
  return SL_OK;
}

static const char *canonical_text(sl_arena *arena, const sl_variants *steps) {
  sl_text text = {0};
  sl_json_writer w;
  sl_json_begin(&w, &text);
  sl_json_open_list(&w);
  for (int64_t i = 0; i < steps->count; i++) {
    const sl_item *item = &step_of(&steps->at[i])->item;
    sl_json_open_object(&w);
    sl_json_key(&w, item->name);
    sl_rows_write(&w, item->params, steps->at[i].params, 1);
    sl_json_close_object(&w);
  }
  sl_json_close_list(&w);
  return sl_text_take(&text, arena);
}

sl_status sl_pipeline_make(sl_arena *arena, const sl_variant *steps, size_t count, const char *what,
                           sl_pipeline *out, sl_error *err) {
  SL_TRY(check_steps(steps, count, what, err));
  sl_variant *all = SL_NEW_ARRAY(arena, sl_variant, count + 2);
  int64_t n = 0;
  if (count == 0 || step_of(&steps[0])->stage != SL_STAGE_DECODE)
    all[n++] = default_step(arena, "decode");
  for (size_t i = 0; i < count; i++) all[n++] = steps[i];
  if (step_of(&all[n - 1])->stage != SL_STAGE_LAYOUT) all[n++] = default_step(arena, "layout");
  out->steps = (sl_variants){all, n};
  out->text = canonical_text(arena, &out->steps);
  sl_hash hash = sl_hash_of(out->text, strlen(out->text));
  sl_hash_hex(&hash, out->key);
  return SL_OK;
}

static sl_status parse_list(sl_arena *arena, const sl_json *list, const char *what,
                            sl_pipeline *out, sl_error *err) {
  if (sl_json_kind_of(list) != SL_JSON_LIST) {
    sl_fail(err, SL_E_FORMAT, "%s is not a list of steps but %s", what,
            sl_json_kind_name(sl_json_kind_of(list)));
    return sl_hint(err, SL_E_FORMAT, "Write [{\"mode\": {\"to\": \"rgb\"}}, {\"resize\": {...}}].");
  }
  sl_variant steps[STEPS_MAX];
  size_t count = sl_json_count(list);
  if (count > STEPS_MAX)
    return sl_fail(err, SL_E_LIMIT, "%s has %zu steps, the limit is %d", what, count, STEPS_MAX);
  sl_json_iter it = sl_json_each(list);
  for (size_t i = 0; sl_json_next(&it); i++)
    SL_TRY(sl_variant_parse(arena, &sl_step_registry, it.value, what, &steps[i], err));
  return sl_pipeline_make(arena, steps, count, what, out, err);
}

static sl_status parse_preset(sl_arena *arena, const char *name, const char *what, sl_pipeline *out,
                              sl_error *err) {
  const sl_preset *preset = sl_preset_find(name);
  if (preset != NULL) {
    const sl_json *list;
    SL_TRY(sl_json_parse(arena, preset->text, strlen(preset->text), name, &list, err));
    return parse_list(arena, list, sl_arena_printf(arena, "preset \"%s\"", name), out, err);
  }
  sl_fail(err, SL_E_NOT_FOUND, "%s names no preset and no file: \"%s\"", what, name);
  sl_text list = {0};
  for (size_t i = 0; i < sl_preset_count(); i++)
    sl_text_printf(&list, "%s%s", i > 0 ? ", " : "", sl_preset_at(i)->name);
  sl_hint(err, SL_E_NOT_FOUND, "Presets: %s.", sl_text_z(&list));
  sl_text_free(&list);
  return SL_E_NOT_FOUND;
}

// What an object holds its steps in.
static sl_status find_steps(const sl_json *object, const char *what, const sl_json **out,
                            sl_error *err) {
  const sl_json *pipeline = sl_json_get(object, "pipeline"), *steps = sl_json_get(object, "steps");
  *out = pipeline != NULL ? pipeline : steps;
  if (pipeline != NULL && steps != NULL)
    return sl_fail(err, SL_E_FORMAT, "%s has both \"pipeline\" and \"steps\"", what);
  if (*out != NULL) return SL_OK;
  sl_fail(err, SL_E_FORMAT, "%s has no member \"pipeline\" or \"steps\"", what);
  return sl_hint(err, SL_E_FORMAT, "Write the steps as a list, or as the list of \"pipeline\".");
}

sl_status sl_pipeline_parse(sl_arena *arena, const sl_json *value, const char *what,
                            sl_pipeline *out, sl_error *err) {
  if (sl_json_kind_of(value) == SL_JSON_OBJECT) SL_TRY(find_steps(value, what, &value, err));
  if (sl_json_kind_of(value) == SL_JSON_TEXT)
    return parse_preset(arena, sl_json_text(value, ""), what, out, err);
  return parse_list(arena, value, what, out, err);
}

// The text without white space around it when it is one word: the name of a preset.
static const char *single_word(sl_arena *arena, const char *text, size_t size) {
  while (size > 0 && isspace((unsigned char)text[0])) text++, size--;
  while (size > 0 && isspace((unsigned char)text[size - 1])) size--;
  if (size == 0 || size > 64) return NULL;
  for (size_t i = 0; i < size; i++)
    if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_' && text[i] != '.')
      return NULL;
  return sl_arena_copy_bytes(arena, text, size);
}

sl_status sl_pipeline_parse_text(sl_arena *arena, const char *text, size_t size, const char *what,
                                 sl_pipeline *out, sl_error *err) {
  const char *word = single_word(arena, text, size);
  if (word != NULL) return parse_preset(arena, word, what, out, err);
  size_t skip = 0;
  while (skip < size && isspace((unsigned char)text[skip])) skip++;
  int is_json = skip < size && (text[skip] == '[' || text[skip] == '{');
  const sl_json *value;
  SL_TRY(is_json ? sl_json_parse(arena, text, size, what, &value, err)
                 : sl_yaml_parse(arena, text, size, what, &value, err));
  return sl_pipeline_parse(arena, value, what, out, err);
}

const void *sl_pipeline_find(const sl_pipeline *pipeline, const char *step) {
  for (int64_t i = 0; i < pipeline->steps.count; i++)
    if (strcmp(step_of(&pipeline->steps.at[i])->item.name, step) == 0)
      return pipeline->steps.at[i].params;
  return NULL;
}

sl_texts sl_pipeline_lines(sl_arena *arena, const sl_pipeline *pipeline) {
  const char **lines = SL_NEW_ARRAY(arena, const char *, pipeline->steps.count);
  for (int64_t i = 0; i < pipeline->steps.count; i++)
    lines[i] = step_of(&pipeline->steps.at[i])->say(pipeline->steps.at[i].params, arena);
  return (sl_texts){lines, pipeline->steps.count};
}

char *sl_pipeline_summary(sl_arena *arena, const sl_pipeline *pipeline) {
  sl_texts lines = sl_pipeline_lines(arena, pipeline);
  sl_text text = {0};
  for (int64_t i = 0; i < lines.count; i++)
    sl_text_printf(&text, "%s%s", i > 0 ? "; " : "", lines.at[i]);
  return sl_text_take(&text, arena);
}
