// SPDX-License-Identifier: Apache-2.0
// Predictions as .npy, CSV or JSON Lines, matched to the samples of a version.
//
// Invariant: two passes over a text: the first finds which columns are classes, the second fills
// one array of scores (or of top-1 classes); no row is dropped without being counted. Start at
// sl_predictions_read().
#include "data/predictions_file.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "data/import_run.h"
#include "data/prediction_columns.h"
#include "store/column.h"
#include "tensor/npy.h"

enum { CLASSES_MAX = SL_PREDICTION_CLASSES_MAX };
static const size_t scores_bytes_max = (size_t)1 << 36;

// ---- what a file is -----------------------------------------------------------------------------

static int is_text(const uint8_t *at, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (at[i] < 0x20 && at[i] != '\n' && at[i] != '\r' && at[i] != '\t') return 0;
  return size > 0;
}

static int is_npy(const uint8_t *at, size_t size) {
  return size >= 6 && memcmp(at, "\x93NUMPY", 6) == 0;
}

static size_t read_head(const char *path, uint8_t *head, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return 0;
  ssize_t got = read(fd, head, size);
  close(fd);
  return got > 0 ? (size_t)got : 0;
}

int sl_predictions_looks_like(const char *path) {
  uint8_t head[4096];
  size_t size = read_head(path, head, sizeof head);
  return is_npy(head, size) || is_text(head, size);
}

// ---- the samples --------------------------------------------------------------------------------

typedef struct matching {
  sl_arena *arena;
  sl_column names;
  sl_name_index index;
  sl_note_list notes;
  sl_predictions *out;
  uint8_t *seen;  // [rows]
  int64_t repeats, not_finite;
  sl_text first_unmatched;
} matching;

static sl_status open_version(sl_store *store, int64_t version, matching *m, sl_error *err) {
  sl_record_ref owner = {SL_RECORD_VERSION, version};
  void *seen = NULL;
  SL_TRY(sl_column_open(store, m->arena, owner, SL_COLUMN_NAME, &m->names, err));
  if (m->names.type != SL_COLUMN_TEXT)
    return sl_fail(err, SL_E_FORMAT, "column \"%s\" holds no texts", SL_COLUMN_NAME);
  m->out->rows = m->names.rows;
  SL_TRY(sl_arena_try_push(m->arena, (size_t)m->names.rows + 1, 1, SIZE_MAX, "rows", &seen, err));
  m->seen = seen;
  return SL_OK;
}

static void index_names(matching *m) {
  m->index = sl_name_index_new(m->arena);
  for (int64_t row = 0; row < m->names.rows; row++)
    sl_name_index_add(&m->index, sl_column_text(&m->names, row), row);
}

static sl_status new_scores(matching *m, int64_t classes, sl_error *err) {
  void *scores = NULL;
  sl_predictions *out = m->out;
  size_t rows = (size_t)out->rows;
  SL_TRY(sl_arena_try_push(m->arena, rows + 1, (size_t)classes * sizeof(float), scores_bytes_max,
                           "scores", &scores, err));
  out->classes = classes;
  out->scores = scores;
  for (size_t i = 0; i < rows * (size_t)classes; i++) out->scores[i] = NAN;
  return SL_OK;
}

static sl_status new_top1(matching *m, sl_error *err) {
  void *pred = NULL, *confidence = NULL;
  sl_predictions *out = m->out;
  size_t rows = (size_t)out->rows;
  SL_TRY(sl_arena_try_push(m->arena, rows + 1, sizeof(int32_t), SIZE_MAX, "rows", &pred, err));
  SL_TRY(sl_arena_try_push(m->arena, rows + 1, sizeof(float), SIZE_MAX, "rows", &confidence, err));
  out->pred = pred;
  out->confidence = confidence;
  for (size_t i = 0; i < rows; i++) {
    out->pred[i] = -1;
    out->confidence[i] = NAN;
  }
  return SL_OK;
}

// A sample whose scores are no numbers has no prediction. Minus infinity is a logarithm of zero.
static void settle_scores(matching *m, int64_t row) {
  float *scores = m->out->scores + row * m->out->classes;
  int64_t bad = 0;
  for (int64_t c = 0; c < m->out->classes; c++)
    bad += isnan(scores[c]) || (isinf(scores[c]) && scores[c] > 0);
  if (bad == 0) return;
  for (int64_t c = 0; c < m->out->classes; c++) scores[c] = NAN;
  m->not_finite++;
}

static void note_not_finite(matching *m) {
  if (m->not_finite > 0)
    sl_note_add(&m->notes, "rows whose scores are no numbers: %lld; they count as no prediction",
                (long long)m->not_finite);
}

// ---- .npy ---------------------------------------------------------------------------------------

static sl_status check_shape(const sl_tensor *tensor, const char *shown, int64_t rows,
                             sl_error *err) {
  const sl_shape *shape = &tensor->shape;
  int is_index = shape->rank == 1 && tensor->dtype >= SL_DTYPE_U8 && tensor->dtype <= SL_DTYPE_I64;
  if (shape->rank != 2 && !is_index) {
    sl_fail(err, SL_E_FORMAT, "\"%s\" has %d dimensions; scores have two, samples x classes", shown,
            shape->rank);
    return sl_hint(err, SL_E_FORMAT, "save scores as an array of samples x classes");
  }
  if (shape->rank == 2 && (shape->dims[1] < 1 || shape->dims[1] > CLASSES_MAX))
    return sl_fail(err, SL_E_LIMIT, "\"%s\" has %lld classes; 1 to %d are possible", shown,
                   (long long)shape->dims[1], CLASSES_MAX);
  if (shape->dims[0] == rows) return SL_OK;
  sl_fail(err, SL_E_FORMAT, "\"%s\" has %lld %s, the data has %lld %s", shown,
          (long long)shape->dims[0], sl_plural(shape->dims[0], "row", "rows"), (long long)rows,
          sl_plural(rows, "sample", "samples"));
  return sl_hint(err, SL_E_FORMAT,
                 "a .npy has no names: it needs a row per sample, in the order of the data");
}

static sl_status take_indices(matching *m, const sl_tensor *tensor, sl_error *err) {
  SL_TRY(new_top1(m, err));
  for (int64_t row = 0; row < m->out->rows; row++) {
    double at = sl_dtype_load(tensor->dtype, tensor->data, (size_t)row);
    if (at >= CLASSES_MAX)
      return sl_fail(err, SL_E_LIMIT, "row %lld predicts class %.0f; %d are possible",
                     (long long)row, at, CLASSES_MAX);
    m->out->pred[row] = at >= 0 ? (int32_t)at : -1;
    if (at + 1 > (double)m->out->classes) m->out->classes = (int64_t)at + 1;
  }
  return SL_OK;
}

static sl_status take_tensor(matching *m, const char *shown, const sl_tensor *tensor,
                             sl_error *err) {
  SL_TRY(check_shape(tensor, shown, m->out->rows, err));
  m->out->matched = m->out->rows;
  sl_note_add(&m->notes, "matched by order: row n of the array is sample n of the data");
  if (tensor->shape.rank == 1) return take_indices(m, tensor, err);
  SL_TRY(new_scores(m, tensor->shape.dims[1], err));
  size_t count = (size_t)(m->out->rows * m->out->classes);
  for (size_t i = 0; i < count; i++)
    m->out->scores[i] = (float)sl_dtype_load(tensor->dtype, tensor->data, i);
  for (int64_t row = 0; row < m->out->rows; row++) settle_scores(m, row);
  note_not_finite(m);
  return SL_OK;
}

static sl_status read_npy(matching *m, const char *path, const char *shown, sl_error *err) {
  sl_bytes bytes;
  sl_tensor tensor = {0};
  sl_arena *scratch = sl_arena_new(NULL, "npy");
  sl_status status = sl_file_map(scratch, path, &bytes, err);
  if (status == SL_OK) status = sl_npy_read(bytes.at, bytes.size, &tensor, err);
  if (status == SL_OK) status = take_tensor(m, shown, &tensor, err);
  sl_tensor_release(&tensor);
  sl_arena_free(scratch);
  return status;
}

// ---- texts: a row -------------------------------------------------------------------------------

static void miss(matching *m, const char *key) {
  enum { NAMED_MAX = 3 };
  const char *shown = sl_display(m->arena, key, strlen(key));
  if (m->out->unmatched++ < NAMED_MAX)
    sl_text_printf(&m->first_unmatched, "%s\"%s\"", m->out->unmatched > 1 ? ", " : "", shown);
}

// A file may name a sample in several ways ("sample", "name"), not all of them ours: the first that
// leads to a row counts. *shown is the first name there is.
static int64_t find_by_role(const matching *m, const sl_row_file *file, sl_column_role role,
                            sl_arena *scratch, const char **shown) {
  int64_t row = SL_NAME_NONE;
  for (size_t i = 0; i < file->value_count && row < 0; i++) {
    const sl_row_value *value = &file->values[i];
    if (file->columns[value->column].role != role) continue;
    const char *text = sl_row_value_text(scratch, value);
    if (text == NULL) continue;
    if (*shown == NULL) *shown = text;
    row = sl_name_index_find(&m->index, text);
  }
  return row;
}

// Row of the version that the current row of the file names; below 0 when there is none.
static sl_status find_row(matching *m, const sl_row_file *file, sl_arena *scratch, int64_t *row,
                          sl_error *err) {
  const char *shown = NULL;
  *row = find_by_role(m, file, SL_ROLE_PATH, scratch, &shown);
  if (*row < 0) *row = find_by_role(m, file, SL_ROLE_NAME, scratch, &shown);
  if (shown == NULL) return sl_row_file_fail(file, SL_E_FORMAT, err, "no column names the sample");
  if (*row < 0) {
    miss(m, shown);
    return SL_OK;
  }
  m->out->matched++;
  m->repeats += m->seen[*row];
  m->seen[*row] = 1;
  return SL_OK;
}

static sl_status put_score(const sl_row_file *file, const sl_row_value *value, float *out,
                           sl_error *err) {
  double number;
  if (sl_row_value_number(value, &number)) {
    *out = (float)number;
    return SL_OK;
  }
  return sl_row_file_fail(file, SL_E_FORMAT, err, "column %zu (\"%.60s\") holds no number",
                          value->column + 1, file->columns[value->column].name);
}

static sl_status put_list(const matching *m, const sl_row_file *file, const sl_json *list,
                          float *scores, sl_error *err) {
  int64_t at = 0;
  if ((int64_t)sl_json_count(list) != m->out->classes)
    return sl_row_file_fail(file, SL_E_FORMAT, err, "it has %zu scores, the first row has %lld",
                            sl_json_count(list), (long long)m->out->classes);
  for (sl_json_iter it = sl_json_each(list); sl_json_next(&it); at++) {
    if (!sl_json_is_number(it.value))
      return sl_row_file_fail(file, SL_E_FORMAT, err, "score %lld is no number", (long long)at + 1);
    scores[at] = (float)sl_json_real(it.value, 0);
  }
  return SL_OK;
}

// Classes an object does not name have score zero: many tools keep the best few only.
static sl_status put_object(const matching *m, const sl_prediction_columns *columns,
                            const sl_row_file *file, const sl_json *object, float *scores,
                            sl_error *err) {
  for (int64_t c = 0; c < m->out->classes; c++) scores[c] = 0;
  for (sl_json_iter it = sl_json_each(object); sl_json_next(&it);) {
    int64_t at = sl_map_get_text(columns->score_names, it.key, -1);
    if (!sl_json_is_number(it.value) || at < 0)
      return sl_row_file_fail(file, SL_E_FORMAT, err, "score \"%.60s\" is no number", it.key);
    scores[at] = (float)sl_json_real(it.value, 0);
  }
  return SL_OK;
}

static int is_missing(const sl_row_value *value) {
  if (value->json != NULL) return sl_json_kind_of(value->json) == SL_JSON_NULL;
  return value->text[0] == '\0';
}

// All classes or none: a row without any score is a sample without a prediction.
static sl_status put_columns(const matching *m, const sl_prediction_columns *columns,
                             const sl_row_file *file, float *scores, int *some, sl_error *err) {
  int64_t put = 0;
  *some = 0;
  for (size_t i = 0; i < file->value_count; i++)
    *some |= columns->class_of_column[file->values[i].column] >= 0 && !is_missing(&file->values[i]);
  for (size_t i = 0; i < file->value_count && *some; i++) {
    const sl_row_value *value = &file->values[i];
    int64_t at = columns->class_of_column[value->column];
    if (at < 0) continue;
    SL_TRY(put_score(file, value, &scores[at], err));
    put++;
  }
  if (!*some || put == m->out->classes) return SL_OK;
  return sl_row_file_fail(file, SL_E_FORMAT, err, "it has scores of %lld of %lld classes",
                          (long long)put, (long long)m->out->classes);
}

static sl_status put_row_scores(matching *m, const sl_prediction_columns *columns,
                                const sl_row_file *file, int64_t row, sl_error *err) {
  float *scores = m->out->scores + row * m->out->classes;
  int some = 1;
  if (columns->kind == SL_PREDICTIONS_SCORES) {
    const sl_row_value *value = sl_row_file_value(file, SL_ROLE_SCORES);
    sl_json_kind kind = value != NULL ? sl_json_kind_of(value->json) : SL_JSON_ABSENT;
    if (kind == SL_JSON_NULL) return SL_OK;
    if (kind != SL_JSON_LIST && kind != SL_JSON_OBJECT)
      return sl_row_file_fail(file, SL_E_FORMAT, err, "it has no scores");
    SL_TRY(kind == SL_JSON_LIST ? put_list(m, file, value->json, scores, err)
                                : put_object(m, columns, file, value->json, scores, err));
  } else {
    SL_TRY(put_columns(m, columns, file, scores, &some, err));
  }
  if (some) settle_scores(m, row);
  return SL_OK;
}

static sl_status put_row_top1(matching *m, const sl_prediction_columns *columns,
                              const sl_row_file *file, sl_arena *scratch, int64_t row,
                              sl_error *err) {
  const char *pred = sl_row_value_text(scratch, sl_row_file_value(file, SL_ROLE_PRED));
  const sl_row_value *score = sl_row_file_value(file, SL_ROLE_SCORE);
  double confidence = NAN;
  if (pred == NULL) return SL_OK;
  m->out->pred[row] = (int32_t)sl_prediction_class(columns, pred);
  if (score == NULL || sl_row_value_text(scratch, score) == NULL) return SL_OK;
  if (!sl_row_value_number(score, &confidence))
    return sl_row_file_fail(file, SL_E_FORMAT, err, "the confidence is no number");
  m->out->confidence[row] = (float)confidence;
  return SL_OK;
}

// ---- texts: all rows ----------------------------------------------------------------------------

static sl_status put_row(matching *m, const sl_prediction_columns *columns, const sl_row_file *file,
                         sl_arena *scratch, sl_error *err) {
  int64_t row = SL_NAME_NONE;
  SL_TRY(find_row(m, file, scratch, &row, err));
  if (row < 0) return SL_OK;
  if (columns->kind == SL_PREDICTIONS_TOP1)
    return put_row_top1(m, columns, file, scratch, row, err);
  return put_row_scores(m, columns, file, row, err);
}

static sl_status put_rows(matching *m, const sl_prediction_columns *columns, sl_row_file *file,
                          sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "predictions row");
  sl_status status = SL_OK;
  for (int more = 1; status == SL_OK;) {
    sl_arena_reset(scratch);
    status = sl_row_file_next(file, &more, err);
    if (status != SL_OK || !more) break;
    status = put_row(m, columns, file, scratch, err);
  }
  sl_arena_free(scratch);
  return status;
}

static sl_status note_matches(matching *m, const char *shown, sl_error *err) {
  sl_predictions *out = m->out;
  int64_t without = 0;
  if (out->matched == 0) {
    const char *name = out->rows > 0 ? sl_column_text(&m->names, 0) : "";
    sl_fail(err, SL_E_FORMAT, "no row of \"%s\" names a sample of the data", shown);
    return sl_hint(err, SL_E_FORMAT, "rows name %s; samples are named like \"%s\"",
                   sl_text_z(&m->first_unmatched), sl_display(m->arena, name, strlen(name)));
  }
  for (int64_t row = 0; row < out->rows; row++) without += !m->seen[row];
  sl_note_add(&m->notes, "matched by name: %lld of %lld rows", (long long)out->matched,
              (long long)(out->matched + out->unmatched));
  if (out->unmatched > 0)
    sl_note_add(&m->notes, "rows that name no sample, or several: %lld (first %s)",
                (long long)out->unmatched, sl_text_z(&m->first_unmatched));
  if (m->repeats > 0)
    sl_note_add(&m->notes, "samples with several rows: the last counts (%lld rows)",
                (long long)m->repeats);
  if (without > 0) sl_note_add(&m->notes, "samples without a prediction: %lld", (long long)without);
  return SL_OK;
}

static sl_status read_text(matching *m, sl_store *store, const char *path, int64_t version,
                           sl_error *err) {
  sl_row_file *file = NULL;
  sl_prediction_columns columns;
  sl_version_row row;
  SL_TRY(sl_store_get_version(store, m->arena, version, &row, err));
  SL_TRY(sl_row_file_open(m->arena, path, &file, err));
  SL_TRY(sl_prediction_columns_find(m->arena, file, row.classes, &m->notes, &columns, err));
  m->out->class_names = columns.class_names;
  if (columns.kind == SL_PREDICTIONS_TOP1) {
    SL_TRY(new_top1(m, err));
    m->out->classes = columns.classes;
  } else {
    SL_TRY(new_scores(m, columns.classes, err));
  }
  index_names(m);
  SL_TRY(sl_row_file_rewind(file, err));
  SL_TRY(put_rows(m, &columns, file, err));
  return note_matches(m, file->shown, err);
}

sl_status sl_predictions_read(sl_store *store, sl_arena *arena, const char *path, int64_t version,
                              sl_predictions *out, sl_error *err) {
  *out = (sl_predictions){0};
  matching m = {.arena = arena, .notes = {.arena = arena}, .out = out};
  uint8_t head[4096];
  const char *shown = sl_display(arena, path, strlen(path));
  SL_TRY(open_version(store, version, &m, err));
  size_t size = read_head(path, head, sizeof head);
  sl_status status = is_npy(head, size) ? read_npy(&m, path, shown, err)
                                        : read_text(&m, store, path, version, err);
  sl_text_free(&m.first_unmatched);
  out->notes = sl_note_texts(&m.notes);
  return status;
}
