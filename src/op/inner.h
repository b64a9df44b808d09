// SPDX-License-Identifier: Apache-2.0
// Parameter and result structs of operations that other operations run inside themselves.
#ifndef SL_OP_INNER_H
#define SL_OP_INNER_H

#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct sl_import_op_params {
  sl_texts data;
  sl_import_params import;
} sl_import_op_params;

typedef struct sl_import_op_result {
  sl_rec_dataset dataset;
  int64_t reused;
  double seconds;
  sl_records problems;
  int64_t problems_count;
  sl_texts notes;
} sl_import_op_result;

typedef struct sl_eval_op_params {
  const char *model;
  const char *dataset;
  const char *name;
  sl_run_params run;
} sl_eval_op_params;

typedef struct sl_eval_op_result {
  sl_rec_run run;
  int64_t resumed;
  sl_records alternatives;
  sl_texts notes;
} sl_eval_op_result;

typedef struct sl_predictions_op_params {
  const char *file;
  const char *dataset;
  const char *name;
  const char *classes;
  int32_t scores;
} sl_predictions_op_params;

typedef struct sl_predictions_op_result {
  sl_rec_run run;
  sl_texts notes;
} sl_predictions_op_result;

typedef struct sl_report_op_params {
  const char *run;
  const char *html;
  int64_t resamples;
  int64_t seed;
} sl_report_op_params;

#endif
