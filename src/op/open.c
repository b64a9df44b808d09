// SPDX-License-Identifier: Apache-2.0
// Operation "open": import, eval and report in one.
#include "base/file.h"
#include "data/predictions_file.h"
#include "model/contract.h"
#include "op/choices.h"
#include "op/inner.h"
#include "op/lookup.h"
#include "op/op.h"
#include "op/records.h"
#include "op/report_html.h"

typedef struct open_params {
  const char *model;
  sl_texts data;
  sl_import_params import;
  sl_run_params run;
  const char *html;
  bool serve;
  int64_t port;
} open_params;

#define P open_params
static const sl_row params[] = {
    SL_P_TEXT_(P, model, SL_T_PATH, SL_ROW_REQUIRED | SL_ROW_POSITIONAL, NULL, NULL,
               "Model as an .onnx file, or predictions made elsewhere (.csv, .jsonl, .npy)."),
    SL_P_PATHS(P, data, SL_ROW_REQUIRED | SL_ROW_POSITIONAL, "Folders or files with the images."),
    SL_ROWS_IMPORT(P, import),
    SL_ROWS_RUN(P, run),
    SL_P_PATH(P, html, 0, "Also write the report as one self-contained HTML file."),
    SL_P_BOOL(P, serve, true, "Serve the pages afterwards and print their address."),
    SL_P_INT(P, port, 0, 65535, 0, NULL, "Port of the pages; 0 takes a free one near 7171."),
    SL_ROW_END};
#undef P

// A file called .onnx is meant as a model, whatever it holds; its reader says what is wrong.
static int is_model(const char *path) {
  return sl_ends_with(path, ".onnx") || !sl_predictions_looks_like(path);
}

// What is wrong with a model is told before a long import, not after it.
static sl_status check_model(const char *path, sl_error *err) {
  sl_model *model;
  if (!sl_file_exists(path)) {
    sl_fail(err, SL_E_NOT_FOUND, "there is no model \"%s\"", path);
    return sl_hint(err, SL_E_NOT_FOUND,
                   "Give an .onnx file first, then the folders with the images.");
  }
  if (!is_model(path)) return SL_OK;
  SL_TRY(sl_model_open(NULL, path, &model, err));
  sl_model_close(model);
  return SL_OK;
}

static sl_status import_data(sl_op_call *call, const open_params *in, const char **version,
                             sl_texts *notes, sl_error *err) {
  sl_import_op_params inner = {.data = in->data, .import = in->import};
  sl_import_op_result imported = {0};
  SL_TRY(sl_op_run_inner(call, &sl_op_import, &inner, &imported, err));
  *version = imported.dataset.version;
  *notes = imported.notes;
  return SL_OK;
}

static sl_status make_run(sl_op_call *call, const open_params *in, const char *version,
                          const char **run_id, sl_error *err) {
  if (is_model(in->model)) {
    sl_eval_op_params inner = {.model = in->model, .dataset = version, .run = in->run};
    sl_eval_op_result evaluated = {0};
    SL_TRY(sl_op_run_inner(call, &sl_op_eval, &inner, &evaluated, err));
    *run_id = evaluated.run.id;
    return SL_OK;
  }
  sl_predictions_op_params inner = {
      .file = in->model, .dataset = version, .classes = in->run.classes, .scores = in->run.scores};
  sl_predictions_op_result made = {0};
  SL_TRY(sl_op_run_inner(call, &sl_op_predictions, &inner, &made, err));
  *run_id = made.run.id;
  return SL_OK;
}

// What was left out of the data is part of what the person must know.
static void add_notes(sl_op_call *call, const sl_texts *notes, sl_rec_report *report) {
  sl_text_list list = {0};
  for (int64_t i = 0; i < notes->count; i++) sl_text_list_add(call->arena, &list, notes->at[i]);
  for (int64_t i = 0; i < report->notes.count; i++)
    sl_text_list_add(call->arena, &list, report->notes.at[i]);
  report->notes = sl_text_list_done(&list);
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const open_params *in = params_in;
  const char *version, *run_id;
  sl_texts notes = {0};
  if (in->html != NULL) SL_TRY(sl_report_html_check(in->html, err));
  if (sl_record_parse(SL_RECORD_MODEL, in->model) == 0) SL_TRY(check_model(in->model, err));
  SL_TRY(import_data(call, in, &version, &notes, err));
  SL_TRY(make_run(call, in, version, &run_id, err));
  sl_report_op_params inner = {.run = run_id, .html = in->html, .resamples = 1000, .seed = 1};
  SL_TRY(sl_op_run_inner(call, &sl_op_report, &inner, result_out, err));
  add_notes(call, &notes, result_out);
  return SL_OK;
}

const sl_op sl_op_open = {
    .info = {.name = "open",
             .title = "Open a model on data",
             .help = "Import the data, evaluate the model, report its failures and serve the "
                     "pages: the main job in one command.",
             .example = "slitlamp open model.onnx images/",
             .since = "0.1.0",
             .flags = SL_OP_SLOW | SL_OP_UNTRUSTED | SL_OP_WRITES | SL_OP_LOCAL | SL_OP_SERVES,
             .params = params,
             .params_size = sizeof(open_params),
             .result = sl_rows_report,
             .result_size = sizeof(sl_rec_report)},
    .run = run};
