// SPDX-License-Identifier: Apache-2.0
// Operation "eval": a model over a dataset version, every score kept; the work is in evaluation.c.
#include <string.h>

#include "op/choices.h"
#include "op/evaluation.h"
#include "op/inner.h"
#include "op/op.h"
#include "op/records.h"

#define P sl_eval_op_params
static const sl_row params[] = {
    SL_P_TEXT_(P, model, SL_T_PATH, SL_ROW_REQUIRED | SL_ROW_POSITIONAL, NULL, NULL,
               "Model as an .onnx file, or the id of one seen before."),
    SL_P_ID(P, dataset, "dataset", SL_ROW_POSITIONAL,
            "Dataset or version; the newest one when left out."),
    SL_P_TEXT(P, name, NULL, "Name of the run; else model and dataset."), SL_ROWS_RUN(P, run),
    SL_ROW_END};
#undef P

#define R sl_eval_op_result
static const sl_row result[] = {
    SL_R_RECORD(R, run, sl_rec_run, sl_rows_run, "The run."),
    SL_R_INT(R, resumed, "samples", "Samples scored before an interruption, not scored again."),
    SL_R_RECORDS(R, alternatives, sl_rec_alternative, sl_rows_alternative,
                 "Pipelines that were tried."),
    SL_R_TEXTS(R, notes, "Class-map and contract remarks."), SL_ROW_END};
#undef R

static const char *default_name(sl_op_call *call, const sl_evaluation *e, sl_error *err,
                                sl_status *status) {
  sl_dataset_row dataset;
  *status = sl_store_get_dataset(call->store, call->arena, e->version.dataset, &dataset, err);
  if (*status != SL_OK) return NULL;
  const char *model = sl_display(call->arena, e->model->name, strlen(e->model->name));
  return sl_arena_printf(call->arena, "%s on %s", model,
                         sl_display(call->arena, dataset.name, strlen(dataset.name)));
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const sl_eval_op_params *in = params_in;
  sl_eval_op_result *out = result_out;
  sl_version_row version;
  sl_evaluation e;
  int64_t id;
  sl_status status;
  SL_TRY(sl_need_version(call, in->dataset, &version, err));
  SL_TRY(sl_op_reads(call, sl_id_text(call->arena, SL_RECORD_VERSION, version.id), err));
  SL_TRY(sl_evaluation_open(call, in->model, &version, &in->run, &e, err));
  SL_TRY(sl_evaluation_search(&e, err));
  SL_TRY(sl_evaluation_observe(&e, err));
  const char *name = in->name != NULL ? in->name : default_name(call, &e, err, &status);
  if (name == NULL) return status;
  SL_TRY(sl_evaluation_run(&e, name, &id, &out->resumed, err));
  SL_TRY(sl_op_writes(call, sl_id_text(call->arena, SL_RECORD_RUN, id), err));
  sl_run_row row;
  SL_TRY(sl_store_get_run(call->store, call->arena, id, &row, err));
  out->alternatives = e.notes.alternatives;
  out->notes = sl_text_list_done(&e.remarks);
  return sl_fill_run(call, &row, &out->run, err);
}

const sl_op sl_op_eval = {
    .info = {.name = "eval",
             .title = "Evaluate a model",
             .help = "Run a model over a dataset version and keep every score.",
             .example = "slitlamp eval model.onnx d1",
             .since = "0.1.0",
             .flags = SL_OP_SLOW | SL_OP_UNTRUSTED | SL_OP_WRITES | SL_OP_LOCAL,
             .params = params,
             .params_size = sizeof(sl_eval_op_params),
             .result = result,
             .result_size = sizeof(sl_eval_op_result)},
    .run = run};
