// SPDX-License-Identifier: Apache-2.0
// Operation "show": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct show_params {
  const char *id;
} show_params;

typedef struct show_result {
  const char *id, *kind, *title;
  sl_records facts;
} show_result;

#define P show_params
static const sl_row params[] = {SL_P_ID(P, id, NULL, SL_ROW_REQUIRED | SL_ROW_POSITIONAL,
                                        "Id of anything: r1, d1, v1, m1, s1, j1 or b1."),
                                SL_ROW_END};
#undef P

#define R show_result
static const sl_row result[] = {
    SL_R_TEXT(R, id, "The id."),
    SL_R_TEXT(R, kind, "run, dataset, version, model, sample, journal or job."),
    SL_R_TEXT(R, title, "Name of the thing."),
    SL_R_RECORDS(R, facts, sl_rec_fact, sl_rows_fact,
                 "All that is known of it, and since which call."),
    SL_ROW_END};
#undef R

/*RUN*/
const sl_op sl_op_show = {
    .info = {.name = "show",
             .title = "Show one thing",
             .help = "Everything known of a run, dataset, version, model, sample, call or job.",
             .example = "slitlamp show r1",
             .since = "0.1.0",
             .flags = SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(show_params),
             .result = result,
             .result_size = sizeof(show_result)},
    .run = NULL};
