// SPDX-License-Identifier: Apache-2.0
// Operation "demo": two models on Fashion-MNIST; the report is that of the better one.
#include "base/file.h"
#include "op/choices.h"
#include "op/demo_data.h"
#include "op/inner.h"
#include "op/op.h"
#include "op/records.h"
#include "op/report_html.h"

typedef struct demo_params {
  bool train;
  bool serve;
  int64_t port;
  const char *html;
} demo_params;

#define P demo_params
static const sl_row params[] = {
    SL_P_BOOL(P, train, false, "Also evaluate on the 60,000 training images."),
    SL_P_BOOL(P, serve, true, "Serve the pages afterwards and print their address."),
    SL_P_INT(P, port, 0, 65535, 0, NULL, "Port of the pages; 0 takes a free one near 7171."),
    SL_P_PATH(P, html, 0, "Also write the report as one self-contained HTML file."), SL_ROW_END};
#undef P

static sl_status find_parts(sl_op_call *call, const char **data, const char *models[2],
                            sl_error *err) {
  *data = sl_demo_data_find(call->arena);
  if (*data == NULL) {
    sl_fail(err, SL_E_NOT_FOUND, "the demo images are not installed");
    return sl_hint(err, SL_E_NOT_FOUND, "apt-get install dataset-fashion-mnist");
  }
  models[0] = sl_demo_model_find(call->arena, "v1.onnx");
  models[1] = sl_demo_model_find(call->arena, "v2.onnx");
  if (models[0] != NULL && models[1] != NULL) return SL_OK;
  sl_fail(err, SL_E_NOT_FOUND, "the demo models are not beside the program");
  return sl_hint(err, SL_E_NOT_FOUND,
                 "Set SLITLAMP_EXAMPLES to the folder \"examples\" of the source tree.");
}

static sl_status evaluate(sl_op_call *call, const char *images, const char *name,
                          const char *models[2], const char **run_id, sl_error *err) {
  sl_import_op_params import = {.data = {&images, 1}, .import = {.name = name}};
  sl_import_op_result imported = {0};
  SL_TRY(sl_op_run_inner(call, &sl_op_import, &import, &imported, err));
  for (int i = 0; i < 2; i++) {
    sl_eval_op_params eval = {.model = models[i], .dataset = imported.dataset.version};
    sl_eval_op_result evaluated = {0};
    SL_TRY(sl_op_run_inner(call, &sl_op_eval, &eval, &evaluated, err));
    sl_report_op_params report = {.run = evaluated.run.id, .resamples = 1000, .seed = 1};
    sl_rec_report made = {0};
    SL_TRY(sl_op_run_inner(call, &sl_op_report, &report, &made, err));
    *run_id = evaluated.run.id;
  }
  return SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const demo_params *in = params_in;
  const char *data, *models[2], *run_id;
  if (in->html != NULL) SL_TRY(sl_report_html_check(in->html, err));
  SL_TRY(find_parts(call, &data, models, err));
  if (in->train)
    SL_TRY(evaluate(call, sl_path_join(call->arena, data, "train-images-idx3-ubyte.gz"),
                    "fashion-mnist train", models, &run_id, err));
  SL_TRY(evaluate(call, sl_path_join(call->arena, data, "t10k-images-idx3-ubyte.gz"),
                  "fashion-mnist test", models, &run_id, err));
  sl_report_op_params inner = {.run = run_id, .html = in->html, .resamples = 1000, .seed = 1};
  return sl_op_run_inner(call, &sl_op_report, &inner, result_out, err);
}

const sl_op sl_op_demo = {.info = {.name = "demo",
                                   .title = "Demonstrate",
                                   .help = "Evaluate two small models on the 10,000 real test "
                                           "images of Fashion-MNIST and show what they get wrong.",
                                   .example = "slitlamp demo --no-serve",
                                   .since = "0.1.0",
                                   .flags = SL_OP_SLOW | SL_OP_WRITES | SL_OP_LOCAL | SL_OP_SERVES,
                                   .params = params,
                                   .params_size = sizeof(demo_params),
                                   .result = sl_rows_report,
                                   .result_size = sizeof(sl_rec_report)},
                          .run = run};
