// SPDX-License-Identifier: Apache-2.0
// The table: a short list of fields.
#include "explore/table.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

sl_table *sl_table_new(sl_arena *arena, int64_t rows) {
  sl_table *table = SL_NEW(arena, sl_table);
  table->arena = arena;
  table->rows = rows;
  return table;
}

void sl_table_add(sl_table *table, const sl_field *field) {
  SL_ASSERT(sl_table_find(table, field->name) == NULL);
  if (table->field_count == table->field_capacity) {
    table->field_capacity = table->field_capacity * 2 + 32;
    sl_field *grown = SL_NEW_ARRAY(table->arena, sl_field, table->field_capacity);
    if (table->field_count > 0) memcpy(grown, table->fields, table->field_count * sizeof *grown);
    table->fields = grown;
  }
  sl_field *added = &table->fields[table->field_count++];
  *added = *field;
  added->name = sl_arena_copy(table->arena, field->name);
  added->title = sl_arena_copy(table->arena, field->title);
}

const sl_field *sl_table_find(const sl_table *table, const char *name) {
  for (size_t i = 0; i < table->field_count; i++)
    if (sl_streq(table->fields[i].name, name)) return &table->fields[i];
  return NULL;
}

sl_status sl_table_need(const sl_table *table, const char *name, const sl_field **out,
                        sl_error *err) {
  *out = sl_table_find(table, name);
  if (*out != NULL) return SL_OK;
  sl_arena *scratch = sl_arena_new(NULL, "field names");
  const char **names = SL_NEW_ARRAY(scratch, const char *, table->field_count + 1);
  sl_text list = {0};
  for (size_t i = 0; i < table->field_count; i++) {
    names[i] = table->fields[i].name;
    sl_text_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
  }
  sl_fail(err, SL_E_NOT_FOUND, "there is no field \"%.64s\"", name);
  const char *near = sl_nearest(name, names, table->field_count);
  if (near != NULL)
    sl_hint(err, SL_E_NOT_FOUND, "Did you mean \"%s\"?", near);
  else
    sl_hint(err, SL_E_NOT_FOUND, "Fields: %s.", sl_text_z(&list));
  sl_text_free(&list);
  sl_arena_free(scratch);
  return SL_E_NOT_FOUND;
}

int sl_field_is_valid(const sl_field *field, int64_t row) {
  return field->validity == NULL || (field->validity[row >> 3] >> (row & 7) & 1) != 0;
}

double sl_field_number(const sl_field *field, int64_t row) {
  if (!sl_field_is_valid(field, row)) return NAN;
  if (field->kind == SL_FIELD_FLAG) return ((const uint8_t *)field->values)[row];
  return field->kind == SL_FIELD_NUMBER ? sl_dtype_load(field->dtype, field->values, (size_t)row)
                                        : NAN;
}

const char *sl_field_text(const sl_field *field, int64_t row) {
  if (field->kind == SL_FIELD_NAME) return field->text_at(field->ctx, row);
  if (!sl_field_is_valid(field, row)) return NULL;
  if (field->kind == SL_FIELD_CATEGORY) return field->texts[((const uint32_t *)field->values)[row]];
  if (field->kind == SL_FIELD_FLAG) return ((const uint8_t *)field->values)[row] ? "true" : "false";
  return NULL;
}
