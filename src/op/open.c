// SPDX-License-Identifier: Apache-2.0
// Operation "open": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

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

/*RUN*/
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
    .run = NULL};
