// SPDX-License-Identifier: Apache-2.0
// Reading results back from the JSON they were written as.
//
// Recursion follows the nesting of static row tables, never input. Start at sl_rows_read().
#include <math.h>
#include <string.h>

#include "base/rows.h"

static sl_status read_one(sl_arena *arena, const sl_row *row, const sl_json *value,
                          const char *what, void *out, sl_error *err) {
  int32_t choice;
  switch (row->type) {
    case SL_T_BOOL:
      *(bool *)out = sl_json_bool(value, 0) != 0;
      return SL_OK;
    case SL_T_INT:
      *(int64_t *)out = sl_json_int(value, SL_INT_NULL);
      return SL_OK;
    case SL_T_REAL:
      *(double *)out = sl_json_real(value, NAN);
      return SL_OK;
    case SL_T_ENUM:
      choice = sl_choice_find(row->choices, sl_json_text(value, ""));
      *(int32_t *)out = choice < 0 ? 0 : choice;
      return SL_OK;
    case SL_T_RECORD:
      return sl_rows_read(arena, row->rows, value, what, out, err);
    case SL_T_VARIANT:
      return sl_fail(err, SL_E_BUG, "member \"%s\" of %s cannot be read back", row->name, what);
    default:
      *(const char **)out = sl_json_text(value, NULL);
      return SL_OK;
  }
}

static sl_status read_list(sl_arena *arena, const sl_row *row, const sl_json *value,
                           const char *what, void *field, sl_error *err) {
  size_t size = sl_row_element_size(row), count = sl_json_count(value);
  unsigned char *items = sl_arena_push(arena, count * size);
  sl_records *list = field;
  *list = (sl_records){items, (int64_t)count};
  for (sl_json_iter it = sl_json_each(value); sl_json_next(&it); items += size)
    SL_TRY(read_one(arena, row, it.value, what, items, err));
  return SL_OK;
}

sl_status sl_rows_read(sl_arena *arena, const sl_row *rows, const sl_json *object, const char *what,
                       void *out, sl_error *err) {
  for (; rows->type != SL_T_END; rows++) {
    void *field = (unsigned char *)out + rows->offset;
    const sl_json *value = sl_json_get(object, rows->name);
    if (rows->flags & SL_ROW_LIST)
      SL_TRY(read_list(arena, rows, value, what, field, err));
    else
      SL_TRY(read_one(arena, rows, value, what, field, err));
  }
  return SL_OK;
}
