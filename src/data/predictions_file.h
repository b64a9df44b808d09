// SPDX-License-Identifier: Apache-2.0
// Predictions made elsewhere, matched to the samples of a version.
#ifndef SL_DATA_PREDICTIONS_FILE_H
#define SL_DATA_PREDICTIONS_FILE_H

#include "base/rows.h"
#include "store/dataset_table.h"

typedef struct sl_predictions {
  int64_t rows;  // of the version
  int64_t classes;
  sl_texts class_names;  // count 0 when the file names none
  float *scores;         // rows x classes, NaN where no prediction; NULL when only top-1 is known
  int32_t *pred;         // [rows], -1 where none; set when scores is NULL
  float *confidence;     // [rows], NaN where unknown; set when scores is NULL
  int64_t matched, unmatched;  // rows of the file
  sl_texts notes;              // what was matched how, and what was not
} sl_predictions;

// 1 when the file's content is a predictions table rather than a model.
int sl_predictions_looks_like(const char *path);

// CSV or JSONL with a column that names the sample (path, name, file, ...) and either one column
// per class or pred[, confidence]; .npy [N,C] in the order of the version. Reads in bounded memory.
SL_MUST_CHECK sl_status sl_predictions_read(sl_store *store, sl_arena *arena, const char *path,
                                            int64_t version, sl_predictions *out, sl_error *err);

#endif
