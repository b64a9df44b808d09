// SPDX-License-Identifier: Apache-2.0
// Writing structs, and the rows themselves, as JSON.
//
// Recursion follows the nesting of static row tables (a handful of levels), never input.
#include <math.h>
#include <string.h>

#include "base/rows.h"

static const void *field_of(const void *record, const sl_row *row) {
  return (const unsigned char *)record + row->offset;
}

static void put_int(sl_json_writer *w, int64_t value) {
  if (value == SL_INT_NULL)
    sl_json_put_null(w);
  else
    sl_json_put_int(w, value);
}

static void put_one(sl_json_writer *w, const sl_row *row, const void *field) {
  switch (row->type) {
    case SL_T_BOOL:
      sl_json_put_bool(w, *(const bool *)field);
      break;
    case SL_T_INT:
      put_int(w, *(const int64_t *)field);
      break;
    case SL_T_REAL:
      sl_json_put_real(w, *(const double *)field);
      break;
    case SL_T_ENUM:
      sl_json_put_text(w, row->choices[*(const int32_t *)field].name);
      break;
    case SL_T_RECORD:
      sl_rows_write(w, row->rows, field, 0);
      break;
    case SL_T_VARIANT:
      sl_variant_write(w, row->registry, field);
      break;
    default:
      sl_json_put_text(w, *(const char *const *)field);
      break;
  }
}

static void put_list(sl_json_writer *w, const sl_row *row, const sl_records *list) {
  sl_json_open_list(w);
  const unsigned char *at = list->at;
  for (int64_t i = 0; i < list->count; i++, at += sl_row_element_size(row)) put_one(w, row, at);
  sl_json_close_list(w);
}

static int holds_default(const sl_row *row, const void *field) {
  if (row->flags & SL_ROW_LIST) return ((const sl_records *)field)->count == 0;
  switch (row->type) {
    case SL_T_BOOL:
      return *(const bool *)field == (row->fallback != 0);
    case SL_T_INT:
      return *(const int64_t *)field == (int64_t)row->fallback;
    case SL_T_REAL: {
      double value = *(const double *)field;
      return value == row->fallback || (isnan(value) && isnan(row->fallback));
    }
    case SL_T_ENUM:
      return *(const int32_t *)field == (int32_t)row->fallback;
    case SL_T_VARIANT:
      return ((const sl_variant *)field)->index < 0;
    case SL_T_RECORD:
      return 0;
    default:
      return sl_streq(*(const char *const *)field, row->fallback_text);
  }
}

void sl_rows_write(sl_json_writer *w, const sl_row *rows, const void *in, int skip_defaults) {
  sl_json_open_object(w);
  for (; rows->type != SL_T_END; rows++) {
    const void *field = field_of(in, rows);
    if (skip_defaults && holds_default(rows, field)) continue;
    sl_json_key(w, rows->name);
    if (rows->flags & SL_ROW_LIST)
      put_list(w, rows, field);
    else
      put_one(w, rows, field);
  }
  sl_json_close_object(w);
}

void sl_variant_write(sl_json_writer *w, const sl_registry *registry, const sl_variant *variant) {
  if (variant->index < 0) {
    sl_json_put_null(w);
    return;
  }
  const sl_item *item = registry->items[variant->index];
  sl_json_open_object(w);
  sl_json_key(w, item->name);
  sl_rows_write(w, item->params, variant->params, 1);
  sl_json_close_object(w);
}

static void member_text(sl_json_writer *w, const char *key, const char *value) {
  if (value == NULL) return;
  sl_json_key(w, key);
  sl_json_put_text(w, value);
}

static void member_real(sl_json_writer *w, const char *key, double value) {
  sl_json_key(w, key);
  sl_json_put_real(w, value);
}

static void describe_flags(sl_json_writer *w, const sl_row *row) {
  static const struct {
    uint32_t flag;
    const char *name;
  } flags[] = {{SL_ROW_LIST, "list"},
               {SL_ROW_REQUIRED, "required"},
               {SL_ROW_POSITIONAL, "positional"},
               {SL_ROW_ADVANCED, "advanced"},
               {SL_ROW_NULLABLE, "nullable"}};
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    if (!(row->flags & flags[i].flag)) continue;
    sl_json_key(w, flags[i].name);
    sl_json_put_bool(w, 1);
  }
}

static void describe_default(sl_json_writer *w, const sl_row *row) {
  if (row->flags & (SL_ROW_LIST | SL_ROW_REQUIRED)) return;
  if (row->type == SL_T_BOOL || row->type == SL_T_INT || row->type == SL_T_REAL ||
      row->type == SL_T_ENUM) {
    sl_json_key(w, "default");
    if (row->type == SL_T_BOOL)
      sl_json_put_bool(w, row->fallback != 0);
    else if (row->type == SL_T_ENUM)
      sl_json_put_text(w, row->choices[(int)row->fallback].name);
    else
      sl_json_put_real(w, row->fallback);
  } else {
    member_text(w, "default", row->fallback_text);
  }
}

static void describe_choices(sl_json_writer *w, const sl_choice *choices) {
  if (choices == NULL) return;
  sl_json_key(w, "choices");
  sl_json_open_list(w);
  for (; choices->name != NULL; choices++) {
    sl_json_open_object(w);
    member_text(w, "name", choices->name);
    member_text(w, "help", choices->help);
    sl_json_close_object(w);
  }
  sl_json_close_list(w);
}

static void describe_one(sl_json_writer *w, const sl_row *row) {
  sl_json_open_object(w);
  member_text(w, "name", row->name);
  member_text(w, "type", sl_row_type_name(row->type));
  describe_flags(w, row);
  member_text(w, "unit", row->unit);
  member_text(w, "kind", row->kind);
  if ((row->type == SL_T_INT || row->type == SL_T_REAL) && row->max > row->min) {
    member_real(w, "min", row->min);
    member_real(w, "max", row->max);
  }
  describe_default(w, row);
  describe_choices(w, row->choices);
  member_text(w, "registry", row->registry != NULL ? row->registry->name : NULL);
  if (row->rows != NULL) {
    sl_json_key(w, "rows");
    sl_rows_describe(w, row->rows);
  }
  member_text(w, "help", row->help);
  sl_json_close_object(w);
}

void sl_rows_describe(sl_json_writer *w, const sl_row *rows) {
  sl_json_open_list(w);
  for (; rows->type != SL_T_END; rows++) describe_one(w, rows);
  sl_json_close_list(w);
}
