// SPDX-License-Identifier: Apache-2.0
// Operation "report": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct report_params {
  const char *run;
  const char *html;
  int64_t resamples;
  int64_t seed;
} report_params;

#define P report_params
static const sl_row params[] = {
    SL_P_ID(P, run, "run", SL_ROW_POSITIONAL, "Run to report on; the newest one when left out."),
    SL_P_PATH(P, html, 0, "Also write the report as one self-contained HTML file."),
    SL_P_INT(P, resamples, 0, 100000, 1000, NULL, "Bootstrap resamples of each interval."),
    SL_P_INT(P, seed, 0, 1e15, 1, NULL, "Seed of the bootstrap."), SL_ROW_END};
#undef P

/*RUN*/
const sl_op sl_op_report = {.info = {.name = "report",
                                     .title = "Report on a run",
                                     .help = "Every number of a run with its interval, and the "
                                             "findings, most errors explained first.",
                                     .example = "slitlamp report r1",
                                     .since = "0.1.0",
                                     .flags = SL_OP_CACHED | SL_OP_PEEK,
                                     .params = params,
                                     .params_size = sizeof(report_params),
                                     .result = sl_rows_report,
                                     .result_size = sizeof(sl_rec_report)},
                            .run = NULL};
