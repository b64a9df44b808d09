// SPDX-License-Identifier: Apache-2.0
// Operation "eval": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct eval_params {
  const char *model;
  const char *dataset;
  const char *name;
  sl_run_params run;
} eval_params;

typedef struct eval_result {
  sl_rec_run run;
  int64_t resumed;
  sl_records alternatives;
  sl_texts notes;
} eval_result;

#define P eval_params
static const sl_row params[] = {
    SL_P_TEXT_(P, model, SL_T_PATH, SL_ROW_REQUIRED | SL_ROW_POSITIONAL, NULL, NULL,
               "Model as an .onnx file, or the id of one seen before."),
    SL_P_ID(P, dataset, "dataset", SL_ROW_POSITIONAL,
            "Dataset or version; the newest one when left out."),
    SL_P_TEXT(P, name, NULL, "Name of the run; else model and dataset."), SL_ROWS_RUN(P, run),
    SL_ROW_END};
#undef P

#define R eval_result
static const sl_row result[] = {
    SL_R_RECORD(R, run, sl_rec_run, sl_rows_run, "The run."),
    SL_R_INT(R, resumed, "samples", "Samples scored before an interruption, not scored again."),
    SL_R_RECORDS(R, alternatives, sl_rec_alternative, sl_rows_alternative,
                 "Pipelines that were tried."),
    SL_R_TEXTS(R, notes, "Class-map and contract remarks."), SL_ROW_END};
#undef R

/*RUN*/
const sl_op sl_op_eval = {
    .info = {.name = "eval",
             .title = "Evaluate a model",
             .help = "Run a model over a dataset version and keep every score.",
             .example = "slitlamp eval model.onnx d1",
             .since = "0.1.0",
             .flags = SL_OP_SLOW | SL_OP_UNTRUSTED | SL_OP_WRITES | SL_OP_LOCAL,
             .params = params,
             .params_size = sizeof(eval_params),
             .result = result,
             .result_size = sizeof(eval_result)},
    .run = NULL};
