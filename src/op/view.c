// SPDX-License-Identifier: Apache-2.0
// Operation "view": a page of the samples of a view.
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"
#include "op/table_cache.h"

typedef struct view_params {
  sl_view_params view;
  int64_t offset, limit;
} view_params;

typedef struct view_result {
  int64_t total, matched, errors, scored;
  const char *run, *version;
  sl_records samples;
} view_result;

#define P view_params
static const sl_row params[] = {
    SL_ROWS_VIEW(P, view), SL_P_INT(P, offset, 0, 1e12, 0, NULL, "First position in the view."),
    SL_P_INT(P, limit, 0, 1000, 100, NULL, "Most samples."), SL_ROW_END};
#undef P

#define R view_result
static const sl_row result[] = {
    SL_R_INT(R, total, "samples", "Samples of the dataset version."),
    SL_R_INT(R, matched, "samples", "Samples in the view."),
    SL_R_INT(R, errors, "samples", "Of those, wrong."),
    SL_R_INT(R, scored, "samples", "Of those, labelled and predicted."),
    SL_R_ID(R, run, "run", "Run looked at."),
    SL_R_ID(R, version, "version", "Dataset version looked at."),
    SL_R_RECORDS(R, samples, sl_rec_sample, sl_rows_sample, "The samples from offset on."),
    SL_ROW_END};
#undef R

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const view_params *in = params_in;
  view_result *out = result_out;
  sl_open_view *view;
  SL_TRY(sl_view_open(call, &in->view, &view, err));
  out->total = view->table->table->rows;
  out->matched = view->order.count;
  out->run = sl_id_text(call->arena, SL_RECORD_RUN, view->table->run);
  out->version = sl_id_text(call->arena, SL_RECORD_VERSION, view->table->version);
  const sl_field *outcome = sl_table_find(view->table->table, "outcome");
  for (int64_t i = 0; outcome != NULL && i < view->order.count; i++) {
    uint32_t is = ((const uint32_t *)outcome->values)[view->order.rows[i]];
    out->errors += is == SL_OUTCOME_WRONG;
    out->scored += is == SL_OUTCOME_WRONG || is == SL_OUTCOME_RIGHT;
  }
  sl_record_list list = {0};
  for (int64_t i = in->offset; i < view->order.count && list.count < in->limit; i++) {
    sl_rec_sample *sample = sl_record_add(call->arena, &list, sizeof *sample);
    sl_view_sample(call, view, view->order.rows[i], sample);
  }
  out->samples = sl_record_done(&list);
  sl_view_release(call, view);
  return SL_OK;
}

const sl_op sl_op_view = {
    .info = {.name = "view",
             .title = "Look at samples",
             .help = "A page of the samples that meet every clause, in order.",
             .example = "slitlamp view --where outcome=wrong --sort -confidence --limit 20",
             .since = "0.1.0",
             .flags = SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(view_params),
             .result = result,
             .result_size = sizeof(view_result)},
    .run = run};
