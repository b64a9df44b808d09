// SPDX-License-Identifier: Apache-2.0
// Rows to records, shared by the formats csv and jsonl.
//
// Invariant: a path never leaves the manifest's folder (by "..", an absolute path or a link): such
// a row is a sample with an error. CSV has no types, so a first pass finds what fits a whole
// column. Start at sl_manifest_read().
#include "data/manifest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "data/base64.h"
#include "data/label_lists.h"
#include "data/row_file.h"
#include "image/image.h"
#include "store/blob_table.h"

enum { FITS_BOOL = 1, FITS_INT = 2, FITS_REAL = 4, BLOBS_PER_COMMIT = 256 };

typedef struct manifest {
  sl_reading *reading;
  sl_row_file *rows;
  const char *root;
  unsigned *fits;          // of a CSV: types that take every value of the column
  sl_label_lists *labels;  // and splits
  sl_text bytes;
  int64_t number;  // of the row, from 0
  int blobs_open;  // in the transaction
} manifest;

// ---- types of CSV columns -----------------------------------------------------------------------

static int is_missing(const char *text) {
  static const char *const words[] = {"", "na", "n/a", "nan", "null", "none"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcasecmp(text, words[i]) == 0) return 1;
  return 0;
}

// Numbers whose text would come back the same: "007" and "+1" are texts.
static unsigned fits_of(const char *text) {
  int64_t whole;
  double real;
  if (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0) return FITS_BOOL;
  const char *digits = text + (text[0] == '-');
  if (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return 0;
  if ((digits[0] < '0' || digits[0] > '9') && digits[0] != '.') return 0;
  if (sl_parse_int(text, &whole)) return FITS_INT | FITS_REAL;
  return sl_parse_real(text, &real) ? FITS_REAL : 0;
}

static sl_status find_types(manifest *m, sl_error *err) {
  int more = 0;
  m->fits = SL_NEW_ARRAY(m->reading->arena, unsigned, m->rows->column_count);
  for (size_t i = 0; i < m->rows->column_count; i++) m->fits[i] = FITS_BOOL | FITS_INT | FITS_REAL;
  for (;;) {
    SL_TRY(sl_row_file_next(m->rows, &more, err));
    if (!more) break;
    for (size_t i = 0; i < m->rows->value_count; i++) {
      const sl_row_value *value = &m->rows->values[i];
      if (m->fits[value->column] != 0 && !is_missing(value->text))
        m->fits[value->column] &= fits_of(value->text);
    }
  }
  return sl_row_file_rewind(m->rows, err);
}

// ---- metadata -----------------------------------------------------------------------------------

static void put_cell(const manifest *m, sl_json_writer *w, const sl_row_value *value) {
  unsigned fits = m->fits[value->column];
  int64_t whole = 0;
  double real = 0;
  (void)sl_parse_int(value->text, &whole);
  (void)sl_parse_real(value->text, &real);
  if (fits & FITS_BOOL)
    sl_json_put_bool(w, strcasecmp(value->text, "true") == 0);
  else if (fits & FITS_INT)
    sl_json_put_int(w, whole);
  else if (fits & FITS_REAL)
    sl_json_put_real(w, real);
  else
    sl_json_put_text(w, value->text);
}

static int is_metadata(const manifest *m, const sl_row_value *value, int has_path) {
  sl_column_role role = m->rows->columns[value->column].role;
  if (role == SL_ROLE_NAME) return has_path;
  if (role == SL_ROLE_PRED || role == SL_ROLE_SCORE || role == SL_ROLE_SCORES) return 1;
  if (role != SL_ROLE_NONE) return 0;
  return 1;
}

static int has_value(const manifest *m, const sl_row_value *value) {
  if (value->json != NULL) return sl_json_kind_of(value->json) > SL_JSON_NULL;
  return m->fits[value->column] != 0 ? !is_missing(value->text) : value->text[0] != '\0';
}

// JSON object of everything that is not path, label, split or bytes; NULL when there is nothing.
static const char *take_fields(manifest *m, int has_path) {
  sl_text text = {0};
  sl_json_writer w;
  int some = 0;
  sl_json_begin(&w, &text);
  sl_json_open_object(&w);
  for (size_t i = 0; i < m->rows->value_count; i++) {
    const sl_row_value *value = &m->rows->values[i];
    if (!is_metadata(m, value, has_path) || !has_value(m, value)) continue;
    some = 1;
    sl_json_key(&w, m->rows->columns[value->column].name);
    if (value->json == NULL)
      put_cell(m, &w, value);
    else
      sl_json_put_raw(&w, sl_json_print(m->reading->arena, value->json));
  }
  sl_json_close_object(&w);
  if (some) return sl_text_take(&text, m->reading->arena);
  sl_text_free(&text);
  return NULL;
}

// ---- labels -------------------------------------------------------------------------------------

static void take_label_and_split(manifest *m, sl_record *record) {
  sl_label_lists_take(m->labels, m->rows, record);
  sl_arena *scratch = sl_arena_new(NULL, "split");
  const char *text = sl_row_value_text(scratch, sl_row_file_value(m->rows, SL_ROLE_SPLIT));
  if (text != NULL) text += strspn(text, " ");
  size_t size = text != NULL ? strlen(text) : 0;
  while (size > 0 && text[size - 1] == ' ') size--;
  if (size > 0) {
    const char *usual = sl_split_of_name(text, size);
    const char *own = usual == NULL ? sl_arena_copy_bytes(scratch, text, size) : NULL;
    record->split = usual != NULL ? usual : sl_label_lists_copy(m->labels, own);
  }
  sl_arena_free(scratch);
}

// ---- where the image is -------------------------------------------------------------------------

// `path` without "." and ".." steps, NULL when it leaves the folder it starts in.
static char *normalise(sl_arena *arena, const char *path) {
  char *out = sl_arena_copy(arena, path);
  size_t size = 0;
  while (*path != '\0') {
    size_t step = strcspn(path, "/");
    if (step == 2 && path[0] == '.' && path[1] == '.') {
      if (size == 0) return NULL;
      while (size > 0 && out[--size] != '/') continue;
    } else if (step > 0 && !(step == 1 && path[0] == '.')) {
      if (size > 0) out[size++] = '/';
      memmove(out + size, path, step);
      size += step;
    }
    path += step + (path[step] == '/');
  }
  out[size] = '\0';
  return out;
}

// "img\\a.png", as written on Windows, where there is no file of that very name.
static const char *with_slashes(const manifest *m, const char *path) {
  sl_arena *arena = m->reading->arena;
  if (strchr(path, '\\') == NULL || sl_file_exists(sl_path_join(arena, m->root, path))) return path;
  char *copy = sl_arena_copy(arena, path);
  for (char *c = copy; *c != '\0'; c++)
    if (*c == '\\') *c = '/';
  return copy;
}

static void take_path(manifest *m, const char *path, sl_record *record) {
  sl_arena *arena = m->reading->arena;
  path = with_slashes(m, path);
  size_t root_size = strlen(m->root);
  record->name = sl_arena_copy(arena, path);
  record->path = record->name;
  if (path[0] == '/') {
    int inside = strncmp(path, m->root, root_size) == 0 && path[root_size] == '/';
    path = inside ? path + root_size + 1 : NULL;
  }
  char *below = path != NULL ? normalise(arena, path) : NULL;
  if (below == NULL || below[0] == '\0') {
    record->problem = "its path leaves the folder of the manifest";
    record->size_bytes = 0;
    return;
  }
  record->name = record->path = below;
}

static sl_status commit_blobs(manifest *m, sl_error *err) {
  if (m->blobs_open == 0) return SL_OK;
  m->blobs_open = 0;
  return sl_store_commit(m->reading->store, err);
}

static sl_status keep_bytes(manifest *m, sl_record *record, sl_error *err) {
  char key[SL_BLOB_KEY_SIZE];
  sl_image_info info = {0};
  (void)!sl_image_probe(m->bytes.at, m->bytes.size, NULL, &info, NULL);
  char mime[40] = "application/octet-stream";
  if (info.format != SL_FILE_UNKNOWN)
    (void)snprintf(mime, sizeof mime, "image/%s", sl_file_format_name(info.format));
  if (m->blobs_open == 0) SL_TRY(sl_store_begin(m->reading->store, SL_COMMIT_DURABLE, err));
  m->blobs_open++;
  SL_TRY(sl_store_put_blob(m->reading->store, m->bytes.at, m->bytes.size, mime, key, err));
  record->blob = sl_arena_copy(m->reading->arena, key);
  return m->blobs_open < BLOBS_PER_COMMIT ? SL_OK : commit_blobs(m, err);
}

// The root is the manifest itself; its time plays no part, because the bytes tell.
static sl_status take_bytes(manifest *m, const char *text, const char *path, sl_record *record,
                            sl_error *err) {
  sl_arena *arena = m->reading->arena;
  const char *base = sl_path_base(m->reading->source->path);
  record->root = m->reading->source->path;
  record->path = "";
  record->item = m->number;
  record->mtime_ns = 0;
  record->name = path != NULL ? sl_arena_copy(arena, path)
                              : sl_arena_printf(arena, "%.*s/%05lld", (int)strcspn(base, "."), base,
                                                (long long)m->number);
  record->size_bytes = 0;
  if (!sl_base64_decode(text, &m->bytes)) {
    record->problem = "its bytes are no base64";
    return SL_OK;
  }
  record->size_bytes = (int64_t)m->bytes.size;
  if (m->bytes.size == 0) {
    record->problem = "its bytes are empty";
    return SL_OK;
  }
  return keep_bytes(m, record, err);
}

static sl_status fail_unnamed(const manifest *m, sl_error *err) {
  sl_text names = {0};
  for (size_t i = 0; i < m->rows->column_count && i < 12; i++)
    sl_text_printf(&names, "%s%.60s", i > 0 ? ", " : "", m->rows->columns[i].name);
  int64_t column = sl_row_file_column(m->rows, SL_ROLE_PATH);
  if (column >= 0)
    (void)sl_row_file_fail(m->rows, SL_E_FORMAT, err, "column %lld (\"%.60s\") names no image",
                           (long long)column + 1, m->rows->columns[column].name);
  else
    (void)sl_row_file_fail(m->rows, SL_E_FORMAT, err, "no column names the image; there are: %s",
                           sl_display(m->reading->arena, sl_text_z(&names), names.size));
  sl_text_free(&names);
  return sl_hint(err, SL_E_FORMAT,
                 "call the column path, file, filename or image; or bytes for base64");
}

// ---- rows ---------------------------------------------------------------------------------------

static sl_status take_row(manifest *m, sl_arena *scratch, sl_error *err) {
  const sl_row_value *path = sl_row_file_value(m->rows, SL_ROLE_PATH);
  const sl_row_value *name = sl_row_file_value(m->rows, SL_ROLE_NAME);
  const char *bytes = sl_row_value_text(scratch, sl_row_file_value(m->rows, SL_ROLE_BYTES));
  const char *where = sl_row_value_text(scratch, path != NULL ? path : name);
  if (where == NULL && bytes == NULL) return fail_unnamed(m, err);
  sl_record record = {.root = m->root, .item = -1, .size_bytes = -1};
  if (bytes != NULL)
    SL_TRY(take_bytes(m, bytes, where, &record, err));
  else
    take_path(m, where, &record);
  take_label_and_split(m, &record);
  record.fields = take_fields(m, path != NULL);
  return sl_reading_add(m->reading, &record, err);
}

static sl_status take_rows(manifest *m, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "manifest row");
  sl_status status = SL_OK;
  for (int more = 0; status == SL_OK; m->number++) {
    sl_arena_reset(scratch);
    status = sl_row_file_next(m->rows, &more, err);
    if (status != SL_OK || !more) break;
    status = take_row(m, scratch, err);
  }
  sl_arena_free(scratch);
  if (status == SL_OK) return commit_blobs(m, err);
  if (m->blobs_open > 0) sl_store_rollback(m->reading->store);
  return status;
}

// `before`: records the reading had already, of other sources.
static void note_columns(const manifest *m, size_t before) {
  sl_note_list *notes = m->reading->notes;
  int64_t label = sl_row_file_column(m->rows, SL_ROLE_LABEL);
  if (label < 0) label = sl_row_file_column(m->rows, SL_ROLE_LABELS);
  const char *base = sl_path_base(m->reading->source->path);
  const char *shown = sl_display(notes->arena, base, strlen(base));
  if (label < 0)
    sl_note_add(notes, "labels: none, \"%s\" has no column label, class, category or target",
                shown);
  else
    sl_note_add(notes, "labels: column \"%s\" of \"%s\"", m->rows->columns[label].name, shown);
  sl_label_lists_settle(m->labels, m->reading->records + before, m->reading->count - before, shown,
                        notes);
}

sl_status sl_manifest_read(sl_reading *reading, sl_error *err) {
  manifest m = {.reading = reading,
                .root = sl_path_dir(reading->arena, reading->source->path),
                .labels = sl_label_lists_new(reading->arena)};
  size_t before = reading->count;
  SL_TRY(sl_row_file_open(reading->arena, reading->source->path, &m.rows, err));
  if (!m.rows->is_json) SL_TRY(find_types(&m, err));
  sl_status status = take_rows(&m, err);
  sl_text_free(&m.bytes);
  if (status == SL_OK) note_columns(&m, before);
  return status;
}
