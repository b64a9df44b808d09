// SPDX-License-Identifier: Apache-2.0
// Which columns of a predictions table are classes; only predictions_file.c needs this.
#ifndef SL_DATA_PREDICTION_COLUMNS_H
#define SL_DATA_PREDICTION_COLUMNS_H

#include "base/map.h"
#include "base/rows.h"
#include "data/name_index.h"
#include "data/note_list.h"
#include "data/row_file.h"

enum { SL_PREDICTION_CLASSES_MAX = 1 << 16 };

typedef enum sl_prediction_kind {
  SL_PREDICTIONS_COLUMNS,  // a column per class
  SL_PREDICTIONS_SCORES,   // one list or object of scores
  SL_PREDICTIONS_TOP1      // the predicted class and perhaps its confidence
} sl_prediction_kind;

typedef struct sl_prediction_columns {
  sl_prediction_kind kind;
  int64_t classes;
  sl_texts class_names;      // count 0 when the file names none
  int64_t *class_of_column;  // of SL_PREDICTIONS_COLUMNS: -1 for columns that are no class
  sl_map *score_names;       // of scores in an object, and of top-1: name -> class
} sl_prediction_columns;

// Reads `file` once. `classes` is the version's JSON list of labels, or NULL.
SL_MUST_CHECK sl_status sl_prediction_columns_find(sl_arena *arena, sl_row_file *file,
                                                   const char *classes, sl_note_list *notes,
                                                   sl_prediction_columns *out, sl_error *err);

// The class a top-1 text names, -1 when there is none.
int64_t sl_prediction_class(const sl_prediction_columns *columns, const char *text);

#endif
