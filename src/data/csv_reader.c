// SPDX-License-Identifier: Apache-2.0
// The CSV reader: one record at a time into one buffer of cells.
//
// Invariant: no record is above SL_RECORD_BYTES_MAX, whatever its quotes say. The separator is the
// one that the first line has most of. Start at sl_csv_next().
#include "data/csv_reader.h"

#include <string.h>

#include "data/text_stream.h"

struct sl_csv {
  sl_text_stream *stream;
  int separator;
  sl_text bytes;  // the cells, each NUL-ended
  size_t *starts;
  size_t count, capacity;
  int64_t line;
};

static void close_csv(void *arg) {
  sl_csv *csv = arg;
  sl_text_free(&csv->bytes);
  sl_heap_free(csv->starts);
}

size_t sl_csv_count(const sl_csv *csv) { return csv->count; }
int64_t sl_csv_line(const sl_csv *csv) { return csv->line; }
const char *sl_csv_cell(const sl_csv *csv, size_t index) {
  return sl_text_z(&csv->bytes) + csv->starts[index];
}

// ---- the separator ------------------------------------------------------------------------------

static void count_separators(const uint8_t *at, size_t size, size_t counts[256]) {
  int quoted = 0;
  for (size_t i = 0; i < size; i++) {
    if (!quoted && (at[i] == '\n' || at[i] == '\r')) return;
    if (at[i] == '"') quoted = !quoted;
    if (!quoted) counts[at[i]]++;
  }
}

static int choose_separator(sl_text_stream *stream) {
  size_t counts[256] = {0};
  (void)sl_text_stream_peek(stream);
  count_separators(stream->buffer + stream->at, stream->end - stream->at, counts);
  int best = ',';
  if (counts[';'] > counts[(unsigned char)best]) best = ';';
  if (counts['\t'] > counts[(unsigned char)best]) best = '\t';
  // "image_1.jpg 65", as lists of validation images have it
  if (counts[(unsigned char)best] == 0 && counts[' '] == 1 && counts['.'] > 0) best = ' ';
  return best;
}

sl_status sl_csv_open(sl_arena *arena, const char *path, sl_csv **out, sl_error *err) {
  sl_csv *csv = SL_NEW(arena, sl_csv);
  SL_TRY(sl_text_stream_open(arena, path, &csv->stream, err));
  sl_arena_on_free(arena, close_csv, csv);
  csv->separator = choose_separator(csv->stream);
  *out = csv;
  return SL_OK;
}

sl_status sl_csv_rewind(sl_csv *csv, sl_error *err) {
  csv->count = 0;
  return sl_text_stream_rewind(csv->stream, err);
}

// ---- records ------------------------------------------------------------------------------------

static sl_status fail_at(const sl_csv *csv, sl_status status, const char *what, sl_error *err) {
  return sl_fail(err, status, "\"%s\", line %lld, column %zu: %s", csv->stream->shown,
                 (long long)csv->line, csv->count, what);
}

static sl_status start_cell(sl_csv *csv, sl_error *err) {
  if (csv->count == SL_CSV_CELLS_MAX)
    return fail_at(csv, SL_E_LIMIT, "the record has too many cells", err);
  if (csv->count == csv->capacity) {
    size_t capacity = csv->capacity * 2 + 32;
    size_t *grown = sl_heap_resize(csv->starts, capacity * sizeof *grown);
    if (grown == NULL) return fail_at(csv, SL_E_MEMORY, "no memory for the record", err);
    csv->starts = grown;
    csv->capacity = capacity;
  }
  csv->starts[csv->count++] = csv->bytes.size;
  return SL_OK;
}

static sl_status put(sl_csv *csv, int byte, sl_error *err) {
  if (byte == 0) return fail_at(csv, SL_E_FORMAT, "there is a zero byte: this is no text", err);
  if (csv->bytes.size >= SL_RECORD_BYTES_MAX)
    return fail_at(csv, SL_E_LIMIT, "the record is above 16 MiB; is a quote not closed?", err);
  sl_text_putc(&csv->bytes, (char)byte);
  return SL_OK;
}

static sl_status quoted_cell(sl_csv *csv, sl_error *err) {
  sl_text_stream *stream = csv->stream;
  (void)sl_text_stream_take(stream);
  for (;;) {
    int byte = sl_text_stream_take(stream);
    if (byte < 0) {
      SL_TRY(sl_text_stream_check(stream, err));
      (void)fail_at(csv, SL_E_FORMAT, "the file ends inside quotes", err);
      return sl_hint(err, SL_E_FORMAT, "close the quote that opens the cell");
    }
    if (byte == '"' && sl_text_stream_peek(stream) != '"') break;
    if (byte == '"') (void)sl_text_stream_take(stream);
    SL_TRY(put(csv, byte, err));
  }
  int next = sl_text_stream_peek(stream);
  if (next < 0 || next == csv->separator || next == '\n' || next == '\r') return SL_OK;
  (void)fail_at(csv, SL_E_FORMAT, "there is text after a closing quote", err);
  return sl_hint(err, SL_E_FORMAT, "double the quotes inside a cell that is in quotes");
}

// Whole runs at a time: most cells are plain.
static sl_status plain_cell(sl_csv *csv, sl_error *err) {
  sl_text_stream *stream = csv->stream;
  while (sl_text_stream_peek(stream) >= 0) {
    const uint8_t *from = stream->buffer + stream->at;
    size_t left = stream->end - stream->at, size = 0;
    while (size < left && from[size] != csv->separator && from[size] != '\n' &&
           from[size] != '\r' && from[size] != 0)
      size++;
    size_t room = csv->bytes.size < SL_RECORD_BYTES_MAX ? SL_RECORD_BYTES_MAX - csv->bytes.size : 0;
    if (size > room) size = room;
    sl_text_append(&csv->bytes, from, size);
    stream->at += size;
    int next = sl_text_stream_peek(stream);
    if (next < 0 || next == csv->separator || next == '\n' || next == '\r') return SL_OK;
    if (next == 0 || csv->bytes.size >= SL_RECORD_BYTES_MAX) return put(csv, next, err);
  }
  return SL_OK;
}

// One cell and the separator or line end after it; *last is set at the end of the record.
static sl_status read_cell(sl_csv *csv, int *last, sl_error *err) {
  sl_text_stream *stream = csv->stream;
  SL_TRY(start_cell(csv, err));
  SL_TRY(sl_text_stream_peek(stream) == '"' ? quoted_cell(csv, err) : plain_cell(csv, err));
  sl_text_putc(&csv->bytes, '\0');
  int end = sl_text_stream_take(stream);
  if (end == '\r' && sl_text_stream_peek(stream) == '\n') (void)sl_text_stream_take(stream);
  *last = end != csv->separator;
  return sl_text_stream_check(stream, err);
}

static sl_status read_record(sl_csv *csv, sl_error *err) {
  int last = 0;
  sl_text_clear(&csv->bytes);
  csv->count = 0;
  csv->line = csv->stream->line;
  while (!last) SL_TRY(read_cell(csv, &last, err));
  return SL_OK;
}

static int is_blank(const sl_csv *csv) { return csv->count == 1 && csv->bytes.size == 1; }

sl_status sl_csv_next(sl_csv *csv, int *more, sl_error *err) {
  do {
    *more = sl_text_stream_peek(csv->stream) >= 0;
    if (!*more) return sl_text_stream_check(csv->stream, err);
    SL_TRY(read_record(csv, err));
  } while (is_blank(csv));
  return SL_OK;
}
