// SPDX-License-Identifier: Apache-2.0
// Operation "resume": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct resume_params {
  const char *job;
} resume_params;

typedef struct resume_result {
  const char *job, *op, *reply;
} resume_result;

#define P resume_params
static const sl_row params[] = {
    SL_P_ID(P, job, "job", SL_ROW_POSITIONAL, "Interrupted job; the newest one when left out."),
    SL_ROW_END};
#undef P

#define R resume_result
static const sl_row result[] = {SL_R_ID(R, job, "job", "The job."),
                                SL_R_TEXT(R, op, "Its operation."),
                                SL_R_TEXT(R, reply, "Its result as JSON."), SL_ROW_END};
#undef R

/*RUN*/
const sl_op sl_op_resume = {
    .info = {.name = "resume",
             .title = "Resume a job",
             .help = "Go on with an import or evaluation that was interrupted.",
             .example = "slitlamp resume",
             .since = "0.1.0",
             .flags = SL_OP_SLOW | SL_OP_WRITES,
             .params = params,
             .params_size = sizeof(resume_params),
             .result = result,
             .result_size = sizeof(resume_result)},
    .run = NULL};
