// SPDX-License-Identifier: Apache-2.0
// Metadata columns: names and types are gathered in one pass over the fields, values in a second.
//
// Invariant: a column holds bools, integers, reals or texts, whichever takes every value without
// loss; what a sample does not have is not valid. Start at sl_metadata_columns_write().
#include "data/metadata_columns.h"

#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "store/column.h"

enum { SEEN_BOOL = 1, SEEN_INT = 2, SEEN_REAL = 4, SEEN_OTHER = 8, NAME_SIZE = 96 };

typedef struct metadata_column {
  const char *key;  // as in the fields
  char name[NAME_SIZE];
  unsigned seen;
  sl_column_type type;
  sl_column_writer *writer;
} metadata_column;

struct sl_metadata_columns {
  sl_map *index;  // key -> column
  sl_map *names;
  metadata_column at[SL_METADATA_COLUMNS_MAX];
  int64_t count;
  sl_map *left_out;
};

// ---- gathering ----------------------------------------------------------------------------------

// "meta." and the key with anything but letters, digits, "_", "-" and bytes above ASCII replaced.
static void choose_name(sl_metadata_columns *columns, metadata_column *column) {
  char plain[64];
  size_t size = 0;
  for (const char *c = column->key; *c != '\0' && size < sizeof plain - 1; c++) {
    int keep = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
               *c == '_' || *c == '-' || (unsigned char)*c >= 0x80;
    plain[size++] = keep ? *c : '_';
  }
  size = sl_utf8_valid_prefix(plain, size);
  plain[size] = '\0';
  (void)snprintf(column->name, NAME_SIZE, "meta.%s", plain);
  for (int number = 2; sl_map_get_text(columns->names, column->name, 0) != 0; number++)
    (void)snprintf(column->name, NAME_SIZE, "meta.%s_%d", plain, number);
  sl_map_set_text(columns->names, column->name, 1);
}

static metadata_column *column_of(sl_metadata_columns *columns, sl_arena *arena, const char *key,
                                  int make) {
  int64_t at = sl_map_get_text(columns->index, key, -1);
  if (at >= 0) return &columns->at[at];
  if (!make || columns->count == SL_METADATA_COLUMNS_MAX) return NULL;
  metadata_column *column = &columns->at[columns->count];
  sl_map_set_text(columns->index, key, columns->count++);
  column->key = sl_arena_copy(arena, key);
  choose_name(columns, column);
  return column;
}

static unsigned kind_bit(const sl_json *value) {
  switch (sl_json_kind_of(value)) {
    case SL_JSON_ABSENT:
    case SL_JSON_NULL:
      return 0;
    case SL_JSON_BOOL:
      return SEEN_BOOL;
    case SL_JSON_INT:
      return SEEN_INT;
    case SL_JSON_REAL:
      return SEEN_REAL;
    case SL_JSON_TEXT:
    case SL_JSON_LIST:
    case SL_JSON_OBJECT:
      break;
  }
  return SEEN_OTHER;
}

static sl_status parse_fields(sl_arena *scratch, const sl_record *record, const sl_json **out,
                              sl_error *err) {
  return sl_json_parse(scratch, record->fields, strlen(record->fields), "metadata of a sample", out,
                       err);
}

static sl_status gather(const sl_import *import, sl_arena *arena, sl_metadata_columns *columns,
                        sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "metadata");
  sl_status status = SL_OK;
  for (size_t i = 0; i < import->count && status == SL_OK; i++) {
    const sl_json *object = NULL;
    if (import->records[i].fields == NULL) continue;
    sl_arena_reset(scratch);
    status = parse_fields(scratch, &import->records[i], &object, err);
    for (sl_json_iter it = sl_json_each(object); sl_json_next(&it);) {
      metadata_column *column = column_of(columns, arena, it.key, 1);
      if (column != NULL)
        column->seen |= kind_bit(it.value);
      else
        sl_map_set_text(columns->left_out, it.key, 1);
    }
  }
  sl_arena_free(scratch);
  return status;
}

static sl_column_type type_of(unsigned seen) {
  if (seen == SEEN_BOOL) return SL_COLUMN_BOOL;
  if (seen == SEEN_INT) return SL_COLUMN_I64;
  if (seen == SEEN_REAL || seen == (SEEN_INT | SEEN_REAL)) return SL_COLUMN_F64;
  return seen == 0 ? SL_COLUMN_NONE : SL_COLUMN_TEXT;
}

// ---- writing ------------------------------------------------------------------------------------

static sl_status put(metadata_column *column, sl_arena *scratch, const sl_json *value,
                     sl_error *err) {
  if (kind_bit(value) == 0) return sl_column_writer_skip(column->writer, 1, err);
  if (column->type == SL_COLUMN_TEXT) {
    const char *text = sl_json_text(value, NULL);
    if (text == NULL) text = sl_json_print(scratch, value);
    return sl_column_writer_add_text(column->writer, text, err);
  }
  uint8_t flag = (uint8_t)sl_json_bool(value, 0);
  int64_t whole = sl_json_int(value, 0);
  double real = sl_json_real(value, 0);
  const void *at = column->type == SL_COLUMN_BOOL  ? (const void *)&flag
                   : column->type == SL_COLUMN_I64 ? (const void *)&whole
                                                   : (const void *)&real;
  return sl_column_writer_add(column->writer, at, 1, err);
}

static sl_status put_row(sl_metadata_columns *columns, sl_arena *scratch, const sl_record *record,
                         sl_error *err) {
  const sl_json *object = NULL;
  if (record->fields != NULL) SL_TRY(parse_fields(scratch, record, &object, err));
  for (int64_t i = 0; i < columns->count; i++) {
    metadata_column *column = &columns->at[i];
    if (column->writer != NULL) SL_TRY(put(column, scratch, sl_json_get(object, column->key), err));
  }
  return SL_OK;
}

static sl_status put_rows(const sl_import *import, sl_metadata_columns *columns, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "metadata");
  sl_status status = SL_OK;
  for (size_t i = 0; i < import->count && status == SL_OK; i++) {
    sl_arena_reset(scratch);
    status = put_row(columns, scratch, &import->records[i], err);
  }
  sl_arena_free(scratch);
  return status;
}

sl_status sl_metadata_columns_write(sl_import *import, sl_arena *arena, sl_record_ref owner,
                                    sl_metadata_columns **out, sl_error *err) {
  sl_metadata_columns *columns = *out = SL_NEW(arena, sl_metadata_columns);
  columns->index = sl_map_new(arena);
  columns->names = sl_map_new(arena);
  columns->left_out = sl_map_new(arena);
  SL_TRY(gather(import, arena, columns, err));
  if (sl_map_count(columns->left_out) > 0)
    sl_note_add(&import->notes, "metadata columns beyond the first %d were left out: %zu",
                SL_METADATA_COLUMNS_MAX, sl_map_count(columns->left_out));
  for (int64_t i = 0; i < columns->count; i++) {
    metadata_column *column = &columns->at[i];
    column->type = type_of(column->seen);
    if (column->type != SL_COLUMN_NONE)
      SL_TRY(sl_column_writer_open(import->store, owner, column->name, column->type, 1,
                                   &column->writer, err));
  }
  return columns->count > 0 ? put_rows(import, columns, err) : SL_OK;
}

sl_status sl_metadata_columns_finish(sl_metadata_columns *columns, sl_error *err) {
  sl_status status = SL_OK;
  for (int64_t i = 0; i < columns->count && status == SL_OK; i++) {
    sl_column_writer *writer = columns->at[i].writer;
    columns->at[i].writer = NULL;
    if (writer != NULL) status = sl_column_writer_finish(writer, err);
  }
  if (status != SL_OK) sl_metadata_columns_abandon(columns);
  return status;
}

void sl_metadata_columns_abandon(sl_metadata_columns *columns) {
  for (int64_t i = 0; columns != NULL && i < columns->count; i++) {
    sl_column_writer_abandon(columns->at[i].writer);
    columns->at[i].writer = NULL;
  }
}
