// SPDX-License-Identifier: Apache-2.0
// Operation "ls": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct ls_params {
  int32_t what;
  int64_t offset, limit;
  sl_view_params view;
} ls_params;

typedef struct ls_result {
  int64_t total;
  sl_records samples, runs, datasets, models, journal, jobs;
} ls_result;

static const sl_choice what_choices[] = {{"runs", "evaluations"},
                                         {"samples", "images of a view"},
                                         {"datasets", "imported data"},
                                         {"models", "models seen"},
                                         {"journal", "every recorded call"},
                                         {"jobs", "long calls"},
                                         {0}};
#define P ls_params
static const sl_row params[] = {{.name = "what",
                                 .type = SL_T_ENUM,
                                 .flags = SL_ROW_POSITIONAL,
                                 .offset = SL_FIELD(P, what, int32_t),
                                 .choices = what_choices,
                                 .help = "What to list."},
                                SL_P_INT(P, offset, 0, 1e12, 0, NULL, "First row."),
                                SL_P_INT(P, limit, 1, 10000, 50, NULL, "Most rows."),
                                SL_ROWS_VIEW(P, view),
                                SL_ROW_END};
#undef P

#define R ls_result
static const sl_row result[] = {
    SL_R_INT(R, total, NULL, "Rows in all."),
    SL_R_RECORDS(R, samples, sl_rec_sample, sl_rows_sample, "Samples, when asked for."),
    SL_R_RECORDS(R, runs, sl_rec_run, sl_rows_run, "Runs, newest first, when asked for."),
    SL_R_RECORDS(R, datasets, sl_rec_dataset, sl_rows_dataset, "Datasets, when asked for."),
    SL_R_RECORDS(R, models, sl_rec_model, sl_rows_model, "Models, when asked for."),
    SL_R_RECORDS(R, journal, sl_rec_journal, sl_rows_journal,
                 "Calls, newest first, when asked for."),
    SL_R_RECORDS(R, jobs, sl_rec_job, sl_rows_job, "Jobs, newest first, when asked for."),
    SL_ROW_END};
#undef R

/*RUN*/
const sl_op sl_op_ls = {
    .info = {.name = "ls",
             .title = "List",
             .help = "List runs, samples, datasets, models, the journal or jobs.",
             .example = "slitlamp ls runs",
             .since = "0.1.0",
             .flags = SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(ls_params),
             .result = result,
             .result_size = sizeof(ls_result)},
    .run = NULL};
