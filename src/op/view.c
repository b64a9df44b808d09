// SPDX-License-Identifier: Apache-2.0
// Operation "view": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

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

/*RUN*/
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
    .run = NULL};
