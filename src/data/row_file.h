// SPDX-License-Identifier: Apache-2.0
// Rows of named values, from CSV, TSV or JSON Lines alike.
//
// Columns are numbered in order of appearance; JSON Lines may add columns with every row. What a
// column means (path, label, ...) is told by its name.
#ifndef SL_DATA_ROW_FILE_H
#define SL_DATA_ROW_FILE_H

#include "base/file.h"
#include "base/json.h"

typedef enum sl_column_role {
  SL_ROLE_NONE = 0,  // metadata, or a class
  SL_ROLE_PATH,      // path, file, filename, image, image_path, ...
  SL_ROLE_NAME,      // name, id, sample: the path where there is no other
  SL_ROLE_LABEL,     // label, class, category, target
  SL_ROLE_LABELS,    // labels: several, separated by "|", or a JSON list
  SL_ROLE_SPLIT,     // split, subset
  SL_ROLE_BYTES,     // bytes, image_bytes: base64
  SL_ROLE_PRED,      // pred, prediction
  SL_ROLE_SCORE,     // confidence, score, prob
  SL_ROLE_SCORES,    // scores, probs, logits: a JSON list or object
  SL_ROLE_COUNT
} sl_column_role;

sl_column_role sl_column_role_of(const char *name);  // ASCII case and blanks around do not matter

typedef struct sl_row_column {
  const char *name;
  sl_column_role role;
} sl_row_column;

typedef struct sl_row_value {
  size_t column;
  const char *text;     // of a CSV cell
  const sl_json *json;  // of a JSON Lines member; exactly one of the two is set
} sl_row_value;

typedef struct sl_row_file {
  const char *shown;
  int is_json;
  int64_t line;  // of the current row
  sl_row_column *columns;
  size_t column_count;
  sl_row_value *values;  // of the current row, borrowed until the next
  size_t value_count;
  struct sl_row_file_state *state;
} sl_row_file;

// JSON Lines when the first byte that is not blank is "{", else CSV. A CSV without a header whose
// first cell looks like an image's path gets the columns "path", "label", "column3", ...
// Closed with `arena`.
SL_MUST_CHECK sl_status sl_row_file_open(sl_arena *arena, const char *path, sl_row_file **out,
                                         sl_error *err);
SL_MUST_CHECK sl_status sl_row_file_next(sl_row_file *file, int *more, sl_error *err);
SL_MUST_CHECK sl_status sl_row_file_rewind(sl_row_file *file, sl_error *err);

// First column of that role, -1 when there is none (yet).
int64_t sl_row_file_column(const sl_row_file *file, sl_column_role role);
// Value of the first column of that role in the current row, NULL when there is none.
const sl_row_value *sl_row_file_value(const sl_row_file *file, sl_column_role role);

// The text of a scalar (numbers as written shortest), NULL when it is missing, empty or no scalar.
const char *sl_row_value_text(sl_arena *arena, const sl_row_value *value);
// 0 when it is no number.
int sl_row_value_number(const sl_row_value *value, double *out);

// "file", line 12: <text>
sl_status sl_row_file_fail(const sl_row_file *file, sl_status status, sl_error *err,
                           const char *fmt, ...) SL_PRINTF(4, 5);

#endif
