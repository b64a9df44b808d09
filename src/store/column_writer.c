// SPDX-License-Identifier: Apache-2.0
// Writing columns: values stream into a file of tmp/; bitmap and texts are kept until the end.
//
// Invariant: the file is written and renamed before its row is added, synced before the row is
// committed (pending_sync.h), and a failure at any step leaves nothing but a file that no row
// names. Start at sl_column_writer_finish().
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/map.h"
#include "base/text.h"
#include "store/column_file.h"
#include "store/pending_sync.h"
#include "store/store_io.h"
#include "store/store_state.h"

enum { BUFFER_SIZE = 256 * 1024 };

struct sl_column_writer {
  sl_arena *arena;
  sl_store *store;
  sl_column_row row;
  const char *path;  // in tmp/
  int fd;
  sl_text buffer;    // values not yet written
  int64_t written;   // bytes of the file
  sl_text validity;  // bitmap; grows with the rows once one is not valid
  int has_invalid;
  sl_range range;
  sl_map *codes;  // text -> code
  sl_text texts, text_at;
  uint32_t text_count;
};

// ---- opening and ending -------------------------------------------------------------------------

static void end(sl_column_writer *writer) {
  if (writer->fd >= 0) close(writer->fd);
  sl_text_free(&writer->buffer);
  sl_text_free(&writer->validity);
  sl_text_free(&writer->texts);
  sl_text_free(&writer->text_at);
  sl_arena_free(writer->arena);
}

void sl_column_writer_abandon(sl_column_writer *writer) {
  if (writer == NULL) return;
  if (writer->path != NULL) unlink(writer->path);
  end(writer);
}

static sl_status start_file(sl_column_writer *writer, sl_error *err) {
  static const char blank[SL_COLUMN_HEADER_SIZE];
  const char *path = sl_path_join(writer->arena, writer->store->path, "tmp");
  path = sl_path_join(writer->arena, path, writer->row.file);
  SL_TRY(sl_io_create(path, &writer->fd, err));
  writer->path = path;
  writer->written = SL_COLUMN_HEADER_SIZE;
  return sl_io_write(writer->fd, path, blank, sizeof blank, 0, err);
}

sl_status sl_column_writer_open(sl_store *store, sl_record_ref owner, const char *name,
                                sl_column_type type, int64_t cols, sl_column_writer **out,
                                sl_error *err) {
  sl_column_row row = {.owner = owner, .name = name, .type = type, .cols = cols};
  *out = NULL;
  SL_TRY(sl_column_check(&row, err));
  sl_arena *arena = sl_arena_new(NULL, "column writer");
  sl_column_writer *writer = SL_NEW(arena, sl_column_writer);
  row.name = sl_arena_copy(arena, name);
  row.file = sl_column_new_name(arena, owner);
  *writer = (sl_column_writer){
      .arena = arena, .store = store, .row = row, .fd = -1, .range = {INFINITY, -INFINITY}};
  if (type == SL_COLUMN_TEXT) writer->codes = sl_map_new(arena);
  sl_status status = start_file(writer, err);
  if (status == SL_OK)
    *out = writer;
  else
    sl_column_writer_abandon(writer);
  return status;
}

// ---- adding rows --------------------------------------------------------------------------------

static sl_status append(sl_column_writer *writer, const void *bytes, size_t size, sl_error *err) {
  SL_TRY(sl_io_write(writer->fd, writer->path, bytes, size, writer->written, err));
  writer->written += (int64_t)size;
  return SL_OK;
}

static sl_status flush(sl_column_writer *writer, sl_error *err) {
  SL_TRY(append(writer, sl_text_z(&writer->buffer), writer->buffer.size, err));
  sl_text_clear(&writer->buffer);
  return SL_OK;
}

static sl_status add_bytes(sl_column_writer *writer, const void *bytes, size_t size,
                           sl_error *err) {
  if (writer->buffer.size + size > BUFFER_SIZE) SL_TRY(flush(writer, err));
  if (size > BUFFER_SIZE) return append(writer, bytes, size, err);
  sl_text_append(&writer->buffer, bytes, size);
  return SL_OK;
}

static void put_bit(sl_text *bits, int64_t row, int valid) {
  if ((row & 7) == 0) sl_text_putc(bits, 0);
  unsigned char *byte = (unsigned char *)bits->at + (row >> 3);
  *byte = (unsigned char)(*byte | (unsigned)valid << (row & 7));
}

// Counts the rows and, once one is not valid, keeps the bitmap.
static void mark_rows(sl_column_writer *writer, int64_t rows, int valid) {
  if (!valid && !writer->has_invalid) {
    writer->has_invalid = 1;
    for (int64_t row = 0; row < writer->row.rows; row++) put_bit(&writer->validity, row, 1);
  }
  for (int64_t i = 0; writer->has_invalid && i < rows; i++)
    put_bit(&writer->validity, writer->row.rows + i, valid);
  writer->row.rows += rows;
}

static sl_status check_rows(const sl_column_writer *writer, int64_t rows, sl_error *err) {
  sl_column_row after = writer->row;
  if (rows < 0 || __builtin_add_overflow(after.rows, rows, &after.rows))
    return sl_fail(err, SL_E_ARG, "column \"%s\" cannot take %lld rows", after.name,
                   (long long)rows);
  return sl_column_check(&after, err);
}

static size_t row_size(const sl_column_writer *writer) {
  return sl_column_type_size(writer->row.type) * (size_t)writer->row.cols;
}

sl_status sl_column_writer_add(sl_column_writer *writer, const void *values, int64_t rows,
                               sl_error *err) {
  if (writer->row.type == SL_COLUMN_TEXT)
    return sl_fail(err, SL_E_ARG, "column \"%s\" takes texts", writer->row.name);
  SL_TRY(check_rows(writer, rows, err));
  SL_TRY(add_bytes(writer, values, (size_t)rows * row_size(writer), err));
  if (writer->row.cols == 1) sl_range_add(&writer->range, writer->row.type, values, rows, NULL, 0);
  mark_rows(writer, rows, 1);
  return SL_OK;
}

sl_status sl_column_writer_skip(sl_column_writer *writer, int64_t rows, sl_error *err) {
  static const char zeros[4096];
  SL_TRY(check_rows(writer, rows, err));
  size_t left = (size_t)rows * row_size(writer);
  while (left > 0) {
    size_t size = left < sizeof zeros ? left : sizeof zeros;
    SL_TRY(add_bytes(writer, zeros, size, err));
    left -= size;
  }
  mark_rows(writer, rows, 0);
  return SL_OK;
}

static uint32_t code_of(sl_column_writer *writer, const char *text) {
  int64_t known = sl_map_get_text(writer->codes, text, -1);
  if (known >= 0) return (uint32_t)known;
  uint64_t at = writer->texts.size;
  sl_text_append(&writer->text_at, &at, sizeof at);
  sl_text_append(&writer->texts, text, strlen(text) + 1);
  sl_map_set_text(writer->codes, text, writer->text_count);
  return writer->text_count++;
}

sl_status sl_column_writer_add_text(sl_column_writer *writer, const char *text, sl_error *err) {
  if (writer->row.type != SL_COLUMN_TEXT)
    return sl_fail(err, SL_E_ARG, "column \"%s\" takes no texts", writer->row.name);
  if (text == NULL) return sl_column_writer_skip(writer, 1, err);
  SL_TRY(check_rows(writer, 1, err));
  if (writer->text_count == UINT32_MAX)
    return sl_fail(err, SL_E_LIMIT, "column \"%s\" has too many texts", writer->row.name);
  uint32_t code = code_of(writer, text);
  SL_TRY(add_bytes(writer, &code, sizeof code, err));
  mark_rows(writer, 1, 1);
  return SL_OK;
}

// ---- finishing ----------------------------------------------------------------------------------

static sl_column_header header_of(sl_column_writer *writer) {
  sl_column_header header = {.type = (uint32_t)writer->row.type,
                             .rows = (uint64_t)writer->row.rows,
                             .cols = (uint64_t)writer->row.cols,
                             .text_count = writer->text_count,
                             .text_bytes = writer->texts.size};
  if (writer->has_invalid) header.flags |= SL_COLUMN_HAS_VALIDITY;
  sl_range_store(&writer->range, &header);
  sl_column_header_seal(&header);
  return header;
}

static sl_status put_part(sl_column_writer *writer, const sl_text *part, uint64_t at,
                          sl_error *err) {
  return sl_io_write(writer->fd, writer->path, sl_text_z(part), part->size, (int64_t)at, err);
}

static sl_status complete_file(sl_column_writer *writer, sl_error *err) {
  sl_column_layout layout;
  sl_column_header header = header_of(writer);
  if (!sl_column_layout_of(&header, &layout))
    return sl_fail(err, SL_E_LIMIT, "column \"%s\" is too large", writer->row.name);
  uint64_t texts_end = writer->texts.size;
  if (writer->row.type == SL_COLUMN_TEXT)
    sl_text_append(&writer->text_at, &texts_end, sizeof texts_end);
  writer->row.size_bytes = (int64_t)layout.file_size;
  SL_TRY(flush(writer, err));
  SL_TRY(put_part(writer, &writer->validity, layout.validity_at, err));
  SL_TRY(put_part(writer, &writer->text_at, layout.text_at, err));
  SL_TRY(put_part(writer, &writer->texts, layout.texts_at, err));
  SL_TRY(sl_io_write(writer->fd, writer->path, &header, sizeof header, 0, err));
  return sl_io_resize(writer->fd, writer->path, writer->row.size_bytes, err);
}

static sl_status publish(sl_column_writer *writer, sl_error *err) {
  const char *path =
      sl_arena_printf(writer->arena, "%s/columns/%s", writer->store->path, writer->row.file);
  SL_TRY(sl_io_rename(writer->path, path, 0, err));
  writer->path = path;
  int fd = writer->fd;
  writer->fd = -1;
  SL_TRY(sl_pending_add(writer->store, fd, writer->row.file, err));
  return sl_column_add_row(writer->store, &writer->row, err);
}

static sl_status finish(sl_column_writer *writer, sl_error *err) {
  SL_TRY(complete_file(writer, err));
  SL_TRY(sl_write_enter(writer->store, SL_WRITES_DATA, SL_COMMIT_DURABLE, err));
  return sl_write_leave(writer->store, publish(writer, err), err);
}

sl_status sl_column_writer_finish(sl_column_writer *writer, sl_error *err) {
  sl_status status = finish(writer, err);
  if (status == SL_OK)
    end(writer);
  else
    sl_column_writer_abandon(writer);
  return status;
}

// ---- whole columns ------------------------------------------------------------------------------

static int bit(const uint8_t *validity, int64_t row) {
  return validity == NULL || (validity[row >> 3] >> (row & 7) & 1) != 0;
}

// Adds the values as stretches of valid and not valid rows.
static sl_status add_masked(sl_column_writer *writer, const char *values, int64_t rows,
                            const uint8_t *validity, sl_error *err) {
  for (int64_t at = 0, next; at < rows; at = next) {
    int valid = bit(validity, at);
    next = validity == NULL ? rows : at + 1;
    while (next < rows && bit(validity, next) == valid) next++;
    if (valid)
      SL_TRY(sl_column_writer_add(writer, values + (size_t)at * row_size(writer), next - at, err));
    else
      SL_TRY(sl_column_writer_skip(writer, next - at, err));
  }
  return SL_OK;
}

sl_status sl_column_write(sl_store *store, sl_record_ref owner, const char *name,
                          sl_column_type type, int64_t rows, int64_t cols, const void *values,
                          const uint8_t *validity, sl_error *err) {
  sl_column_writer *writer;
  SL_TRY(sl_column_writer_open(store, owner, name, type, cols, &writer, err));
  sl_status status = add_masked(writer, values, rows, validity, err);
  if (status == SL_OK) return sl_column_writer_finish(writer, err);
  sl_column_writer_abandon(writer);
  return status;
}

sl_status sl_column_write_texts(sl_store *store, sl_record_ref owner, const char *name,
                                const char *const *texts, int64_t rows, sl_error *err) {
  sl_column_writer *writer;
  SL_TRY(sl_column_writer_open(store, owner, name, SL_COLUMN_TEXT, 1, &writer, err));
  sl_status status = SL_OK;
  for (int64_t row = 0; status == SL_OK && row < rows; row++)
    status = sl_column_writer_add_text(writer, texts[row], err);
  if (status == SL_OK) return sl_column_writer_finish(writer, err);
  sl_column_writer_abandon(writer);
  return status;
}
