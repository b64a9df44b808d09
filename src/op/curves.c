// SPDX-License-Identifier: Apache-2.0
// Operation "curves": ROC and precision-recall of classes.
#include "op/choices.h"
#include "op/curve_record.h"
#include "op/op.h"
#include "op/records.h"
#include "op/run_data.h"

typedef struct curves_params {
  const char *run;
  sl_texts classes;
  int64_t points;
} curves_params;

typedef struct curves_result {
  sl_records curves;
} curves_result;

#define P curves_params
static const sl_row params[] = {
    SL_P_ID(P, run, "run", SL_ROW_POSITIONAL, "Run; the newest one when left out."),
    SL_P_TEXTS(P, classes, 0, "Class names; the micro average when left out."),
    SL_P_INT(P, points, 8, 4096, 256, NULL, "Most points of a curve."), SL_ROW_END};
#undef P

#define R curves_result
static const sl_row result[] = {
    SL_R_RECORDS(R, curves, sl_rec_curve, sl_rows_curve, "ROC and precision-recall of each class."),
    SL_ROW_END};
#undef R

static sl_status class_index(const sl_run_data *data, const char *name, int32_t *out,
                             sl_error *err) {
  for (int64_t i = 0; i < data->classes.count; i++) {
    if (!sl_streq(data->classes.at[i], name)) continue;
    *out = (int32_t)i;
    return SL_OK;
  }
  sl_fail(err, SL_E_NOT_FOUND, "the model has no class \"%.64s\"", name);
  const char *near = sl_nearest(name, data->classes.at, (size_t)data->classes.count);
  if (near != NULL) return sl_hint(err, SL_E_NOT_FOUND, "Did you mean \"%s\"?", near);
  return SL_E_NOT_FOUND;
}

static sl_status resolve(sl_op_call *call, void *params_in, sl_text *key, sl_error *err) {
  curves_params *in = params_in;
  sl_run_row row;
  SL_TRY(sl_need_done_run(call, in->run, &row, err));
  in->run = sl_id_text(call->arena, SL_RECORD_RUN, row.id);
  sl_text_printf(key, "%s\n", row.key);
  return SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const curves_params *in = params_in;
  curves_result *out = result_out;
  sl_run_data data;
  SL_TRY(sl_run_data_open(call, in->run, &data, err));
  sl_metric_options options = {
      .curve_points = (int32_t)in->points, .threads = call->threads, .cancel = call->cancel};
  sl_record_list list = {0};
  int64_t count = in->classes.count > 0 ? in->classes.count : 1;
  for (int64_t i = 0; i < count; i++) {
    int32_t index = -1;
    sl_metric_curve pair[2];
    if (in->classes.count > 0) SL_TRY(class_index(&data, in->classes.at[i], &index, err));
    SL_TRY(sl_metric_curves(call->arena, &data.input, &options, index, pair, err));
    for (int k = 0; k < 2; k++)
      sl_curve_record(&pair[k], index < 0 ? "micro average" : data.classes.at[index],
                      sl_record_add(call->arena, &list, sizeof(sl_rec_curve)));
  }
  out->curves = sl_record_done(&list);
  return SL_OK;
}

const sl_op sl_op_curves = {
    .info = {.name = "curves",
             .title = "Curves of classes",
             .help = "ROC and precision-recall curves, one class against the rest.",
             .example = "slitlamp curves r1 --classes Shirt",
             .since = "0.1.0",
             .flags = SL_OP_CACHED | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(curves_params),
             .result = result,
             .result_size = sizeof(curves_result)},
    .run = run,
    .resolve = resolve};
