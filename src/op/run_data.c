// SPDX-License-Identifier: Apache-2.0
// Opening a run for the metrics: maps, no copies.
#include "op/run_data.h"

#include <string.h>

static sl_status open_column(sl_op_call *call, int64_t run, const char *name, sl_column_type type,
                             int64_t rows, sl_column *out, sl_error *err) {
  sl_record_ref owner = {SL_RECORD_RUN, run};
  SL_TRY(sl_column_open(call->store, call->arena, owner, name, out, err));
  if (out->type == type && (rows < 0 || out->rows == rows)) return SL_OK;
  return sl_fail(err, SL_E_STORE, "column \"%s\" of run \"r%lld\" has the wrong type or length",
                 name, (long long)run);
}

static sl_status open_scores(sl_op_call *call, sl_run_data *data, sl_error *err) {
  sl_record_ref owner = {SL_RECORD_RUN, data->row.id};
  sl_column scores, targets;
  int exists;
  sl_metric_input *input = &data->input;
  SL_TRY(sl_column_exists(call->store, owner, SL_COLUMN_SCORES, &exists, err));
  if (exists) {
    SL_TRY(sl_column_open(call->store, call->arena, owner, SL_COLUMN_SCORES, &scores, err));
    input->scores =
        (sl_metric_scores){.data = scores.values,
                           .dtype = scores.type == SL_COLUMN_F16 ? SL_DTYPE_F16 : SL_DTYPE_F32,
                           .columns = (int32_t)scores.cols,
                           .kind = SL_METRIC_PROBABILITY};
  }
  SL_TRY(sl_column_exists(call->store, owner, SL_COLUMN_TARGETS, &exists, err));
  if (!exists) return SL_OK;
  SL_TRY(sl_column_open(call->store, call->arena, owner, SL_COLUMN_TARGETS, &targets, err));
  input->multi_label = true;
  input->label = NULL;
  input->targets = targets.values;
  return SL_OK;
}

sl_status sl_run_data_open(sl_op_call *call, const char *run, sl_run_data *out, sl_error *err) {
  sl_column target, pred, confidence, outcome;
  memset(out, 0, sizeof *out);
  SL_TRY(sl_need_done_run(call, run, &out->row, err));
  int64_t id = out->row.id;
  SL_TRY(sl_store_get_version(call->store, call->arena, out->row.version, &out->version, err));
  SL_TRY(sl_fill_run(call, &out->row, &out->record, err));
  SL_TRY(sl_run_notes_parse(call->arena, out->row.notes, &out->notes, err));
  out->classes = sl_texts_of_json(call->arena, out->row.classes);
  SL_TRY(open_column(call, id, SL_COLUMN_TARGET, SL_COLUMN_I32, -1, &target, err));
  out->rows = target.rows;
  SL_TRY(open_column(call, id, SL_COLUMN_PRED, SL_COLUMN_I32, out->rows, &pred, err));
  SL_TRY(open_column(call, id, SL_COLUMN_CONFIDENCE, SL_COLUMN_F32, out->rows, &confidence, err));
  SL_TRY(open_column(call, id, SL_COLUMN_OUTCOME, SL_COLUMN_U8, out->rows, &outcome, err));
  out->target = target.values;
  out->pred = pred.values;
  out->confidence = confidence.values;
  out->outcome = outcome.values;
  out->input = (sl_metric_input){.samples = out->rows,
                                 .classes = (int32_t)out->classes.count,
                                 .label = out->target,
                                 .pred = out->pred,
                                 .confidence = out->confidence};
  return open_scores(call, out, err);
}
