// SPDX-License-Identifier: Apache-2.0
// Operation "predictions": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct predictions_params {
  const char *file;
  const char *dataset;
  const char *name;
  const char *classes;
  int32_t scores;
} predictions_params;

typedef struct predictions_result {
  sl_rec_run run;
  sl_texts notes;
} predictions_result;

#define P predictions_params
static const sl_row params[] = {
    SL_P_TEXT_(P, file, SL_T_PATH, SL_ROW_REQUIRED | SL_ROW_POSITIONAL, NULL, NULL,
               "Predictions as .csv, .jsonl or .npy."),
    SL_P_ID(P, dataset, "dataset", SL_ROW_POSITIONAL,
            "Dataset or version they belong to; the newest one when left out."),
    SL_P_TEXT(P, name, NULL, "Name of the run; else that of the file."),
    SL_P_PATH(P, classes, 0, "File with the class names in column order."),
    SL_P_ENUM(P, scores, sl_choices_scores, 0, "How the numbers are read; detected when auto."),
    SL_ROW_END};
#undef P

#define R predictions_result
static const sl_row result[] = {
    SL_R_RECORD(R, run, sl_rec_run, sl_rows_run, "The run."),
    SL_R_TEXTS(R, notes, "Rows that matched no sample, and other remarks."), SL_ROW_END};
#undef R

/*RUN*/
const sl_op sl_op_predictions = {
    .info = {.name = "predictions",
             .title = "Bring predictions",
             .help = "Make a run from predictions that another tool made.",
             .example = "slitlamp predictions preds.csv d1",
             .since = "0.1.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_WRITES | SL_OP_LOCAL,
             .params = params,
             .params_size = sizeof(predictions_params),
             .result = result,
             .result_size = sizeof(predictions_result)},
    .run = NULL};
