// SPDX-License-Identifier: Apache-2.0
// Operation "curves": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

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

/*RUN*/
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
    .run = NULL};
