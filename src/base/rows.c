// SPDX-License-Identifier: Apache-2.0
// Reading structs from JSON by their rows, with errors in words.
//
// Invariant: after sl_rows_parse() succeeded, every field holds a value inside its row's range.
// Start at sl_rows_parse(); writing is in rows_write.c.
#include "base/rows.h"

#include <math.h>
#include <string.h>

const char *sl_row_type_name(sl_row_type type) {
  static const char *const names[] = {"end",  "bool", "int", "real",   "text",   "enum",
                                      "path", "id",   "key", "record", "variant"};
  return names[type];
}

size_t sl_rows_count(const sl_row *rows) {
  size_t count = 0;
  while (rows[count].type != SL_T_END) count++;
  return count;
}

const sl_row *sl_rows_find(const sl_row *rows, const char *name) {
  for (; rows->type != SL_T_END; rows++)
    if (strcmp(rows->name, name) == 0) return rows;
  return NULL;
}

int32_t sl_choice_find(const sl_choice *choices, const char *name) {
  for (int32_t i = 0; choices[i].name != NULL; i++)
    if (strcmp(choices[i].name, name) == 0) return i;
  return -1;
}

int64_t sl_registry_find(const sl_registry *registry, const char *name) {
  for (size_t i = 0; i < registry->count; i++)
    if (strcmp(registry->items[i]->name, name) == 0) return (int64_t)i;
  return -1;
}

static void *field_of(void *record, const sl_row *row) {
  return (unsigned char *)record + row->offset;
}

static void set_default(const sl_row *row, void *field) {
  if (row->flags & SL_ROW_LIST) return;
  switch (row->type) {
    case SL_T_BOOL:
      *(bool *)field = row->fallback != 0;
      break;
    case SL_T_INT:
      *(int64_t *)field = (int64_t)row->fallback;
      break;
    case SL_T_REAL:
      *(double *)field = row->fallback;
      break;
    case SL_T_ENUM:
      *(int32_t *)field = (int32_t)row->fallback;
      break;
    case SL_T_TEXT:
    case SL_T_PATH:
    case SL_T_ID:
    case SL_T_KEY:
      *(const char **)field = row->fallback_text;
      break;
    case SL_T_VARIANT:
      *(sl_variant *)field = (sl_variant){.index = -1};
      break;
    default:
      break;
  }
}

void sl_rows_defaults(const sl_row *rows, void *out) {
  for (; rows->type != SL_T_END; rows++) set_default(rows, field_of(out, rows));
}

static sl_status wrong_kind(const sl_row *row, const sl_json *value, const char *what,
                            sl_error *err) {
  static const char *const wanted[] = {
      "nothing", "true or false", "a whole number", "a number",  "text",     "one of its choices",
      "a path",  "an id",         "a key",          "an object", "an object"};
  return sl_fail(err, SL_E_ARG, "parameter \"%s\" of %s must be %s, got %s", row->name, what,
                 wanted[row->type], sl_json_kind_name(sl_json_kind_of(value)));
}

static sl_status check_range(const sl_row *row, double number, const char *what, sl_error *err) {
  if (number >= row->min && number <= row->max) return SL_OK;
  char low[32], high[32], got[32];
  sl_format_real(row->min, low);
  sl_format_real(row->max, high);
  sl_format_real(number, got);
  return sl_fail(err, SL_E_ARG, "parameter \"%s\" of %s must be between %s and %s, got %s",
                 row->name, what, low, high, got);
}

static sl_status parse_enum(const sl_row *row, const sl_json *value, const char *what, int32_t *out,
                            sl_error *err) {
  const char *name = sl_json_text(value, NULL);
  if (name == NULL) return wrong_kind(row, value, what, err);
  *out = sl_choice_find(row->choices, name);
  if (*out >= 0) return SL_OK;
  sl_text list = {0};
  for (const sl_choice *c = row->choices; c->name != NULL; c++)
    sl_text_printf(&list, "%s%s", list.size > 0 ? ", " : "", c->name);
  sl_fail(err, SL_E_ARG, "parameter \"%s\" of %s cannot be \"%.64s\"", row->name, what, name);
  sl_hint(err, SL_E_ARG, "Choose one of: %s.", sl_text_z(&list));
  sl_text_free(&list);
  return SL_E_ARG;
}

static sl_status parse_text(sl_arena *arena, const sl_row *row, const sl_json *value,
                            const char *what, const char **out, sl_error *err) {
  const char *text = sl_json_text(value, NULL);
  if (text == NULL) return wrong_kind(row, value, what, err);
  if (strlen(text) > (size_t)row->max)
    return sl_fail(err, SL_E_LIMIT, "parameter \"%s\" of %s is longer than %.0f bytes", row->name,
                   what, row->max);
  if ((row->type == SL_T_ID || row->type == SL_T_KEY) && !sl_is_key(text))
    return sl_fail(err, SL_E_ARG,
                   "parameter \"%s\" of %s is not a valid %s: it may hold a-z, 0-9, _ and - only",
                   row->name, what, row->type == SL_T_ID ? "id" : "key");
  *out = sl_arena_copy(arena, text);
  return SL_OK;
}

static sl_status parse_one(sl_arena *arena, const sl_row *row, const sl_json *value,
                           const char *what, void *out, sl_error *err) {
  switch (row->type) {
    case SL_T_BOOL:
      if (sl_json_kind_of(value) != SL_JSON_BOOL) return wrong_kind(row, value, what, err);
      *(bool *)out = sl_json_bool(value, 0) != 0;
      return SL_OK;
    case SL_T_INT:
      if (!sl_json_is_int(value)) return wrong_kind(row, value, what, err);
      *(int64_t *)out = sl_json_int(value, 0);
      return check_range(row, (double)*(int64_t *)out, what, err);
    case SL_T_REAL:
      if (!sl_json_is_number(value)) return wrong_kind(row, value, what, err);
      *(double *)out = sl_json_real(value, 0);
      return check_range(row, *(double *)out, what, err);
    case SL_T_ENUM:
      return parse_enum(row, value, what, out, err);
    case SL_T_VARIANT:
      return sl_variant_parse(arena, row->registry, value, what, out, err);
    case SL_T_RECORD:
      return sl_fail(err, SL_E_BUG, "parameter \"%s\" of %s is a record", row->name, what);
    default:
      return parse_text(arena, row, value, what, out, err);
  }
}

size_t sl_row_element_size(const sl_row *row) {
  switch (row->type) {
    case SL_T_BOOL:
      return sizeof(bool);
    case SL_T_INT:
      return sizeof(int64_t);
    case SL_T_REAL:
      return sizeof(double);
    case SL_T_ENUM:
      return sizeof(int32_t);
    case SL_T_RECORD:
      return row->record_size;
    case SL_T_VARIANT:
      return sizeof(sl_variant);
    default:
      return sizeof(const char *);
  }
}

enum { LIST_MAX = 1 << 20 };

static sl_status parse_list(sl_arena *arena, const sl_row *row, const sl_json *value,
                            const char *what, void *field, sl_error *err) {
  const sl_json *single = sl_json_kind_of(value) == SL_JSON_LIST ? NULL : value;
  size_t count = single != NULL ? 1 : sl_json_count(value);
  if (count > LIST_MAX)
    return sl_fail(err, SL_E_LIMIT, "parameter \"%s\" of %s has more than %d elements", row->name,
                   what, LIST_MAX);
  size_t size = sl_row_element_size(row);
  unsigned char *items = sl_arena_push(arena, count * size);
  sl_json_iter it = sl_json_each(value);
  for (size_t i = 0; i < count; i++) {
    if (single == NULL) sl_json_next(&it);
    SL_TRY(parse_one(arena, row, single != NULL ? single : it.value, what, items + i * size, err));
  }
  sl_records *list = field;  // every list type has the same two members
  list->at = items;
  list->count = (int64_t)count;
  return SL_OK;
}

static sl_status refuse_unknown(const sl_row *rows, const char *name, const char *what,
                                sl_error *err) {
  const char *names[128];
  size_t count = sl_rows_count(rows);
  if (count > 128) count = 128;
  for (size_t i = 0; i < count; i++) names[i] = rows[i].name;
  sl_fail(err, SL_E_ARG, "%s has no parameter \"%.64s\"", what, name);
  const char *near = sl_nearest(name, names, count);
  if (near != NULL) return sl_hint(err, SL_E_ARG, "Did you mean \"%s\"?", near);
  return SL_E_ARG;
}

sl_status sl_rows_parse(sl_arena *arena, const sl_row *rows, const sl_json *object,
                        const char *what, void *out, sl_error *err) {
  sl_json_kind kind = sl_json_kind_of(object);
  if (kind > SL_JSON_NULL && kind != SL_JSON_OBJECT)
    return sl_fail(err, SL_E_ARG, "parameters of %s must be an object, got %s", what,
                   sl_json_kind_name(kind));
  sl_rows_defaults(rows, out);
  for (sl_json_iter it = sl_json_each(object); sl_json_next(&it);) {
    const sl_row *row = sl_rows_find(rows, it.key);
    if (row == NULL) return refuse_unknown(rows, it.key, what, err);
    if (sl_json_kind_of(it.value) == SL_JSON_NULL) continue;
    if (row->flags & SL_ROW_LIST)
      SL_TRY(parse_list(arena, row, it.value, what, field_of(out, row), err));
    else
      SL_TRY(parse_one(arena, row, it.value, what, field_of(out, row), err));
  }
  for (const sl_row *row = rows; row->type != SL_T_END; row++) {
    const sl_json *given = sl_json_get(object, row->name);
    if ((row->flags & SL_ROW_REQUIRED) && sl_json_kind_of(given) <= SL_JSON_NULL)
      return sl_fail(err, SL_E_ARG, "%s needs the parameter \"%s\"", what, row->name);
  }
  return SL_OK;
}

sl_status sl_variant_parse(sl_arena *arena, const sl_registry *registry, const sl_json *value,
                           const char *what, sl_variant *out, sl_error *err) {
  const char *name = sl_json_text(value, NULL);
  const sl_json *params = NULL;
  if (name == NULL) {
    sl_json_iter it = sl_json_each(value);
    if (sl_json_kind_of(value) != SL_JSON_OBJECT || sl_json_count(value) != 1)
      return sl_fail(err, SL_E_ARG, "a %s of %s must look like {\"name\": {...}}", registry->name,
                     what);
    sl_json_next(&it);
    name = it.key;
    params = it.value;
  }
  out->index = sl_registry_find(registry, name);
  if (out->index < 0) {
    sl_fail(err, SL_E_ARG, "%s names the unknown %s \"%.64s\"", what, registry->name, name);
    sl_text list = {0};
    for (size_t i = 0; i < registry->count; i++)
      sl_text_printf(&list, "%s%s", i > 0 ? ", " : "", registry->items[i]->name);
    sl_hint(err, SL_E_ARG, "Choose one of: %s.", sl_text_z(&list));
    sl_text_free(&list);
    return SL_E_ARG;
  }
  const sl_item *item = registry->items[out->index];
  void *filled = sl_arena_push(arena, item->params_size);
  const char *owner = sl_arena_printf(arena, "%s \"%s\"", registry->name, name);
  SL_TRY(sl_rows_parse(arena, item->params, params, owner, filled, err));
  out->params = filled;
  return SL_OK;
}

sl_status sl_row_put_argument(sl_json_writer *w, const sl_row *row, const char *text,
                              const char *what, sl_error *err) {
  int64_t whole;
  double real;
  switch (row->type) {
    case SL_T_INT:
      if (!sl_parse_int(text, &whole))
        return sl_fail(err, SL_E_ARG,
                       "parameter \"%s\" of %s must be a whole number, got \"%.64s\"", row->name,
                       what, text);
      sl_json_put_int(w, whole);
      return SL_OK;
    case SL_T_REAL:
      if (!sl_parse_real(text, &real) || !isfinite(real))
        return sl_fail(err, SL_E_ARG, "parameter \"%s\" of %s must be a number, got \"%.64s\"",
                       row->name, what, text);
      sl_json_put_real(w, real);
      return SL_OK;
    case SL_T_BOOL:
      if (!sl_streq(text, "true") && !sl_streq(text, "false"))
        return sl_fail(err, SL_E_ARG, "parameter \"%s\" of %s must be true or false, got \"%.64s\"",
                       row->name, what, text);
      sl_json_put_bool(w, sl_streq(text, "true"));
      return SL_OK;
    default:
      sl_json_put_text(w, text);
      return SL_OK;
  }
}
