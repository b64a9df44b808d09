// SPDX-License-Identifier: Apache-2.0
// CSV and JSON Lines behind one interface. Start at sl_row_file_open().
//
// Invariant: a row with more cells than the header is an error, never cut off; numbers of columns
// and bytes are bounded.
#include "data/row_file.h"

#include <string.h>
#include <strings.h>

#include "base/map.h"
#include "data/csv_reader.h"
#include "data/text_stream.h"

enum { COLUMNS_MAX = SL_CSV_CELLS_MAX };

struct sl_row_file_state {
  sl_arena *arena;
  sl_csv *csv;
  int has_header;
  sl_text_stream *stream;  // of JSON Lines
  sl_text line;
  sl_arena *row_arena;
  sl_map *index;  // name -> column
  size_t column_capacity, value_capacity;
};

// ---- what columns mean --------------------------------------------------------------------------

static const struct {
  const char *name;
  sl_column_role role;
} roles[] = {
    {"path", SL_ROLE_PATH},       {"file", SL_ROLE_PATH},         {"filename", SL_ROLE_PATH},
    {"file_name", SL_ROLE_PATH},  {"filepath", SL_ROLE_PATH},     {"file_path", SL_ROLE_PATH},
    {"image", SL_ROLE_PATH},      {"image_path", SL_ROLE_PATH},   {"image_file", SL_ROLE_PATH},
    {"img", SL_ROLE_PATH},        {"img_path", SL_ROLE_PATH},     {"name", SL_ROLE_NAME},
    {"id", SL_ROLE_NAME},         {"sample", SL_ROLE_NAME},       {"label", SL_ROLE_LABEL},
    {"class", SL_ROLE_LABEL},     {"category", SL_ROLE_LABEL},    {"target", SL_ROLE_LABEL},
    {"labels", SL_ROLE_LABELS},   {"split", SL_ROLE_SPLIT},       {"subset", SL_ROLE_SPLIT},
    {"bytes", SL_ROLE_BYTES},     {"image_bytes", SL_ROLE_BYTES}, {"pred", SL_ROLE_PRED},
    {"prediction", SL_ROLE_PRED}, {"predicted", SL_ROLE_PRED},    {"confidence", SL_ROLE_SCORE},
    {"score", SL_ROLE_SCORE},     {"prob", SL_ROLE_SCORE},        {"probability", SL_ROLE_SCORE},
    {"scores", SL_ROLE_SCORES},   {"probs", SL_ROLE_SCORES},      {"probabilities", SL_ROLE_SCORES},
    {"logits", SL_ROLE_SCORES}};

sl_column_role sl_column_role_of(const char *name) {
  while (*name == ' ') name++;
  size_t size = strlen(name);
  while (size > 0 && name[size - 1] == ' ') size--;
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
    if (strlen(roles[i].name) == size && strncasecmp(roles[i].name, name, size) == 0)
      return roles[i].role;
  return SL_ROLE_NONE;
}

int64_t sl_row_file_column(const sl_row_file *file, sl_column_role role) {
  for (size_t i = 0; i < file->column_count; i++)
    if (file->columns[i].role == role) return (int64_t)i;
  return -1;
}

const sl_row_value *sl_row_file_value(const sl_row_file *file, sl_column_role role) {
  for (size_t i = 0; i < file->value_count; i++)
    if (file->columns[file->values[i].column].role == role) return &file->values[i];
  return NULL;
}

sl_status sl_row_file_fail(const sl_row_file *file, sl_status status, sl_error *err,
                           const char *fmt, ...) {
  sl_text text = {0};
  va_list args;
  va_start(args, fmt);
  sl_arena *scratch = sl_arena_new(NULL, "message");
  sl_text_puts(&text, sl_arena_vprintf(scratch, fmt, args));
  va_end(args);
  sl_fail(err, status, "\"%s\", line %lld: %s", file->shown, (long long)file->line,
          sl_text_z(&text));
  sl_text_free(&text);
  sl_arena_free(scratch);
  return status;
}

// ---- columns and values -------------------------------------------------------------------------

static sl_status add_column(sl_row_file *file, const char *name, size_t *at, sl_error *err) {
  struct sl_row_file_state *state = file->state;
  if (file->column_count == COLUMNS_MAX)
    return sl_row_file_fail(file, SL_E_LIMIT, err, "there are more than %d columns", COLUMNS_MAX);
  if (file->column_count == state->column_capacity) {
    state->column_capacity = state->column_capacity * 2 + 16;
    sl_row_column *grown = SL_NEW_ARRAY(state->arena, sl_row_column, state->column_capacity);
    if (file->column_count > 0) memcpy(grown, file->columns, file->column_count * sizeof *grown);
    file->columns = grown;
  }
  *at = file->column_count++;
  sl_map_set_text(state->index, name, (int64_t)*at);
  file->columns[*at] =
      (sl_row_column){.name = sl_arena_copy(state->arena, name), .role = sl_column_role_of(name)};
  return SL_OK;
}

static void add_value(sl_row_file *file, sl_row_value value) {
  struct sl_row_file_state *state = file->state;
  if (file->value_count == state->value_capacity) {
    state->value_capacity = state->value_capacity * 2 + 16;
    sl_row_value *grown = SL_NEW_ARRAY(state->arena, sl_row_value, state->value_capacity);
    if (file->value_count > 0) memcpy(grown, file->values, file->value_count * sizeof *grown);
    file->values = grown;
  }
  file->values[file->value_count++] = value;
}

// ---- CSV ----------------------------------------------------------------------------------------

static int looks_like_image_path(const char *text) {
  static const char *const endings[] = {".jpg",  ".jpeg", ".png", ".webp", ".tif",
                                        ".tiff", ".bmp",  ".pgm", ".ppm",  ".gif"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
    if (sl_ends_with(text, endings[i])) return 1;
  return 0;
}

static sl_status add_header_cell(sl_row_file *file, size_t i, sl_error *err) {
  struct sl_row_file_state *state = file->state;
  const char *cell = sl_csv_cell(state->csv, i);
  size_t at = 0;
  char *name = sl_arena_copy(state->arena, cell);
  if (name[0] == '\0') name = sl_arena_printf(state->arena, "column%zu", i + 1);
  if (sl_map_get_text(state->index, name, -1) >= 0) {
    sl_csv *csv = state->csv;
    file->line = sl_csv_line(csv);
    return sl_row_file_fail(file, SL_E_FORMAT, err, "column %zu is named \"%s\" as one before is",
                            i + 1, sl_display(state->arena, name, strlen(name)));
  }
  return add_column(file, name, &at, err);
}

static sl_status read_header(sl_row_file *file, sl_error *err) {
  struct sl_row_file_state *state = file->state;
  int more = 0, known = 0;
  SL_TRY(sl_csv_next(state->csv, &more, err));
  if (!more) return sl_fail(err, SL_E_FORMAT, "\"%s\" is empty", file->shown);
  size_t count = sl_csv_count(state->csv);
  for (size_t i = 0; i < count; i++)
    known |= sl_column_role_of(sl_csv_cell(state->csv, i)) != SL_ROLE_NONE;
  state->has_header = known || !looks_like_image_path(sl_csv_cell(state->csv, 0));
  for (size_t i = 0; i < count && state->has_header; i++) SL_TRY(add_header_cell(file, i, err));
  if (state->has_header) return SL_OK;
  for (size_t i = 0, at; i < count; i++)
    SL_TRY(add_column(file,
                      i == 0   ? "path"
                      : i == 1 ? "label"
                               : sl_arena_printf(state->arena, "column%zu", i + 1),
                      &at, err));
  return sl_csv_rewind(state->csv, err);
}

static sl_status next_csv(sl_row_file *file, int *more, sl_error *err) {
  sl_csv *csv = file->state->csv;
  SL_TRY(sl_csv_next(csv, more, err));
  file->value_count = 0;
  if (!*more) return SL_OK;
  file->line = sl_csv_line(csv);
  size_t count = sl_csv_count(csv);
  while (count > file->column_count && sl_csv_cell(csv, count - 1)[0] == '\0') count--;
  if (count > file->column_count)
    return sl_row_file_fail(file, SL_E_FORMAT, err, "it has %zu cells, the header has %zu", count,
                            file->column_count);
  for (size_t i = 0; i < count; i++)
    add_value(file, (sl_row_value){.column = i, .text = sl_csv_cell(csv, i)});
  return SL_OK;
}

// ---- JSON Lines ---------------------------------------------------------------------------------

static int is_blank(const sl_text *line) { return strspn(sl_text_z(line), " \t\r") == line->size; }

static sl_status next_line(sl_row_file *file, int *more, sl_error *err) {
  struct sl_row_file_state *state = file->state;
  do {
    file->line = state->stream->line;
    SL_TRY(sl_text_stream_line(state->stream, SL_RECORD_BYTES_MAX, &state->line, more, err));
  } while (*more && is_blank(&state->line));
  return SL_OK;
}

static sl_status next_json(sl_row_file *file, int *more, sl_error *err) {
  struct sl_row_file_state *state = file->state;
  const sl_json *object = NULL;
  SL_TRY(next_line(file, more, err));
  file->value_count = 0;
  if (!*more) return SL_OK;
  sl_arena_reset(state->row_arena);
  const char *what =
      sl_arena_printf(state->row_arena, "\"%s\", line %lld", file->shown, (long long)file->line);
  SL_TRY(sl_json_parse(state->row_arena, state->line.at, state->line.size, what, &object, err));
  if (sl_json_kind_of(object) != SL_JSON_OBJECT)
    return sl_row_file_fail(file, SL_E_FORMAT, err, "it is %s, not an object",
                            sl_json_kind_name(sl_json_kind_of(object)));
  for (sl_json_iter it = sl_json_each(object); sl_json_next(&it);) {
    int64_t known = sl_map_get_text(state->index, it.key, -1);
    size_t at = (size_t)known;
    if (known < 0) SL_TRY(add_column(file, it.key, &at, err));
    add_value(file, (sl_row_value){.column = at, .json = it.value});
  }
  return SL_OK;
}

// ---- both ---------------------------------------------------------------------------------------

static void close_rows(void *arg) { sl_text_free(&((struct sl_row_file_state *)arg)->line); }

static sl_status starts_with_brace(sl_arena *arena, const char *path, sl_text_stream **stream,
                                   int *brace, sl_error *err) {
  SL_TRY(sl_text_stream_open(arena, path, stream, err));
  int byte = sl_text_stream_peek(*stream);
  while (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
    (void)sl_text_stream_take(*stream);
    byte = sl_text_stream_peek(*stream);
  }
  *brace = byte == '{';
  return sl_text_stream_rewind(*stream, err);
}

sl_status sl_row_file_open(sl_arena *arena, const char *path, sl_row_file **out, sl_error *err) {
  sl_row_file *file = SL_NEW(arena, sl_row_file);
  file->shown = sl_display(arena, path, strlen(path));
  file->state = SL_NEW(arena, struct sl_row_file_state);
  file->state->arena = arena;
  file->state->index = sl_map_new(arena);
  file->state->row_arena = sl_arena_new(arena, "row");
  sl_arena_on_free(arena, close_rows, file->state);
  SL_TRY(starts_with_brace(arena, path, &file->state->stream, &file->is_json, err));
  *out = file;
  if (file->is_json) return SL_OK;
  SL_TRY(sl_csv_open(arena, path, &file->state->csv, err));
  return read_header(file, err);
}

sl_status sl_row_file_next(sl_row_file *file, int *more, sl_error *err) {
  return file->is_json ? next_json(file, more, err) : next_csv(file, more, err);
}

sl_status sl_row_file_rewind(sl_row_file *file, sl_error *err) {
  int more = 0;
  file->value_count = 0;
  if (file->is_json) return sl_text_stream_rewind(file->state->stream, err);
  SL_TRY(sl_csv_rewind(file->state->csv, err));
  return file->state->has_header ? sl_csv_next(file->state->csv, &more, err) : SL_OK;
}

// ---- values -------------------------------------------------------------------------------------

const char *sl_row_value_text(sl_arena *arena, const sl_row_value *value) {
  if (value == NULL) return NULL;
  if (value->json == NULL) return value->text[0] != '\0' ? value->text : NULL;
  const char *text = sl_json_text(value->json, NULL);
  switch (sl_json_kind_of(value->json)) {
    case SL_JSON_TEXT:
      return text[0] != '\0' ? text : NULL;
    case SL_JSON_BOOL:
    case SL_JSON_INT:
    case SL_JSON_REAL:
      return sl_json_print(arena, value->json);
    case SL_JSON_ABSENT:
    case SL_JSON_NULL:
    case SL_JSON_LIST:
    case SL_JSON_OBJECT:
      break;
  }
  return NULL;
}

int sl_row_value_number(const sl_row_value *value, double *out) {
  if (value->json == NULL) return sl_parse_real(value->text, out);
  if (!sl_json_is_number(value->json)) return 0;
  *out = sl_json_real(value->json, 0);
  return 1;
}
