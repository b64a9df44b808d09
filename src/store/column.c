// SPDX-License-Identifier: Apache-2.0
// Reading columns.
//
// Invariant: no pointer leaves sl_column_open() before header, sizes, text offsets and codes were
// checked, so that a damaged file is an error and never a crash.
#include "store/column.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "store/column_file.h"
#include "store/store_error.h"
#include "store/store_state.h"

#define ROW_COLUMNS "name, type, rows, cols, size_bytes, file"

const char *sl_column_text(const sl_column *column, int64_t row) {
  if (column->type != SL_COLUMN_TEXT || !sl_column_is_valid(column, row)) return NULL;
  return sl_column_text_of_code(column, ((const uint32_t *)column->values)[row]);
}

// ---- catalogue rows -----------------------------------------------------------------------------

sl_status sl_column_exists(sl_store *store, sl_record_ref owner, const char *name, int *exists,
                           sl_error *err) {
  int64_t found = 0;
  sl_owner_kind kind = sl_owner_kind_of(owner);
  sl_status status = sl_query_int(
      store, "SELECT 1 FROM column_file WHERE owner_kind = ? AND owner = ? AND name = ?",
      SL_VALUES(sl_v_text(kind.text), sl_v_int(owner.id), sl_v_text(name)), 0, &found, err);
  *exists = found != 0;
  return status;
}

sl_status sl_column_list(sl_store *store, sl_arena *arena, sl_record_ref owner, sl_column_row **out,
                         size_t *count, sl_error *err) {
  void *rows = NULL;
  sl_owner_kind kind = sl_owner_kind_of(owner);
  sl_status status = sl_query_rows(
      store, arena,
      "SELECT " ROW_COLUMNS " FROM column_file WHERE owner_kind = ? AND owner = ? ORDER BY id",
      SL_VALUES(sl_v_text(kind.text), sl_v_int(owner.id)), sl_column_read_row, sizeof **out, &rows,
      count, err);
  *out = rows;
  for (size_t i = 0; i < *count; i++) (*out)[i].owner = owner;
  return status;
}

static sl_status drop(sl_store *store, sl_record_ref owner, const char *name, sl_error *err) {
  int64_t changed = 0;
  sl_owner_kind kind = sl_owner_kind_of(owner);
  SL_TRY(sl_query_change(
      store, "DELETE FROM column_file WHERE owner_kind = ? AND owner = ? AND name = ?",
      SL_VALUES(sl_v_text(kind.text), sl_v_int(owner.id), sl_v_text(name)), &changed, err));
  if (changed > 0) return SL_OK;
  return sl_fail(err, SL_E_NOT_FOUND, "%s \"%s\" has no column \"%s\"",
                 sl_record_kind_name(owner.kind), sl_record_text_of(owner.kind, owner.id).text,
                 name);
}

sl_status sl_column_drop(sl_store *store, sl_record_ref owner, const char *name, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_FAST, err));
  return sl_write_leave(store, drop(store, owner, name, err), err);
}

static sl_status find_row(sl_store *store, sl_arena *arena, sl_record_ref owner, const char *name,
                          sl_column_row *out, sl_error *err) {
  void *rows = NULL;
  size_t count = 0;
  sl_owner_kind kind = sl_owner_kind_of(owner);
  SL_TRY(sl_query_rows(store, arena,
                       "SELECT " ROW_COLUMNS
                       " FROM column_file WHERE owner_kind = ? AND owner = ? AND name = ?",
                       SL_VALUES(sl_v_text(kind.text), sl_v_int(owner.id), sl_v_text(name)),
                       sl_column_read_row, sizeof *out, &rows, &count, err));
  if (count == 0)
    return sl_fail(err, SL_E_NOT_FOUND, "%s \"%s\" has no column \"%s\"",
                   sl_record_kind_name(owner.kind), sl_record_text_of(owner.kind, owner.id).text,
                   name);
  *out = *(sl_column_row *)rows;
  out->owner = owner;
  return SL_OK;
}

// ---- checking a file ----------------------------------------------------------------------------

static const char *header_fault(const sl_column_row *row, sl_bytes file, sl_column_header *header,
                                sl_column_layout *layout) {
  if (file.size < sizeof *header) return "it ends early";
  memcpy(header, file.at, sizeof *header);
  const char *fault = sl_column_header_fault(header);
  if (fault != NULL) return fault;
  if ((header->flags & SL_COLUMN_UNFINISHED) != 0) return "it was never finished";
  if (header->type != row->type || header->rows != (uint64_t)row->rows ||
      header->cols != (uint64_t)row->cols || !sl_column_layout_of(header, layout))
    return "it is not the file that was written";
  if (file.size < layout->file_size) return "it ends early";
  return file.size > layout->file_size ? "it is too long" : NULL;
}

static uint32_t largest_code(const uint32_t *codes, int64_t rows) {
  uint32_t largest = 0;
  for (int64_t i = 0; i < rows; i++) largest = codes[i] > largest ? codes[i] : largest;
  return largest;
}

static int any_valid(const sl_column *column) {
  for (int64_t row = 0; row < column->rows; row++)
    if (sl_column_is_valid(column, row)) return 1;
  return 0;
}

static const char *text_fault(const sl_column *column, uint64_t text_bytes) {
  if (column->text_at[0] != 0 || column->text_at[column->text_count] != text_bytes)
    return "its texts are damaged";
  for (uint32_t i = 0; i < column->text_count; i++) {
    uint64_t end = column->text_at[i + 1];
    if (end <= column->text_at[i] || end > text_bytes || column->text_bytes[end - 1] != '\0')
      return "its texts are damaged";
  }
  if (column->text_count == 0) return any_valid(column) ? "its texts are missing" : NULL;
  return largest_code(column->values, column->rows) < column->text_count
             ? NULL
             : "it has a text number without a text";
}

static const char *bool_fault(const sl_column *column) {
  const uint8_t *values = column->values;
  unsigned all = 0;
  for (int64_t i = 0; i < column->rows * column->cols; i++) all |= values[i];
  return all <= 1 ? NULL : "it has truth values other than 0 and 1";
}

static const char *take_parts(sl_bytes file, const sl_column_header *header,
                              const sl_column_layout *layout, sl_column *out) {
  out->values = file.at + layout->values_at;
  out->validity = layout->validity_size > 0 ? file.at + layout->validity_at : NULL;
  out->has_range = (header->flags & SL_COLUMN_HAS_RANGE) != 0;
  out->min = header->min;
  out->max = header->max;
  if (out->type == SL_COLUMN_BOOL) return bool_fault(out);
  if (out->type != SL_COLUMN_TEXT) return NULL;
  out->text_count = (uint32_t)header->text_count;
  out->text_at = (const uint64_t *)(const void *)(file.at + layout->text_at);
  out->text_bytes = (const char *)file.at + layout->texts_at;
  return text_fault(out, header->text_bytes);
}

static sl_status open_row(sl_store *store, sl_arena *arena, const sl_column_row *row,
                          sl_column *out, sl_error *err) {
  sl_bytes file;
  sl_column_header header;
  sl_column_layout layout;
  const char *path = sl_arena_printf(arena, "%s/columns/%s", store->path, row->file);
  if (!sl_file_exists(path)) return sl_column_fail_damaged(row, "the file is gone", err);
  SL_TRY(sl_file_map(arena, path, &file, err));
  const char *fault = header_fault(row, file, &header, &layout);
  *out = (sl_column){.owner = row->owner,
                     .name = row->name,
                     .type = row->type,
                     .rows = row->rows,
                     .cols = row->cols};
  if (fault == NULL) fault = take_parts(file, &header, &layout, out);
  return fault == NULL ? SL_OK : sl_column_fail_damaged(row, fault, err);
}

sl_status sl_column_open(sl_store *store, sl_arena *arena, sl_record_ref owner, const char *name,
                         sl_column *out, sl_error *err) {
  sl_column_row row;
  memset(out, 0, sizeof *out);
  SL_TRY(find_row(store, arena, owner, name, &row, err));
  return open_row(store, arena, &row, out, err);
}
